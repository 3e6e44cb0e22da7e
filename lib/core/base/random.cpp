// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace candor {
namespace {

std::array<std::uint32_t, 2> words(std::uint64_t value) {
  return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
}

// Mixes two words through one Philox block; the domain word keeps keys and draws apart.
std::uint64_t mix(std::uint64_t key, std::uint64_t value, std::uint32_t domain) {
  const auto v = words(value);
  const auto out = philox({v[0], v[1], domain, 0}, words(key));
  return out[0] | (static_cast<std::uint64_t>(out[1]) << 32);
}

__extension__ using Wide = unsigned __int128;

constexpr std::uint32_t kDrawDomain = 0;
constexpr std::uint32_t kChildDomain = 1;
constexpr std::uint32_t kNameDomain = 2;

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : key_(seed) {
  for (const char c : name) key_ = mix(key_, static_cast<unsigned char>(c), kNameDomain);
}

RandomStream RandomStream::at(std::uint64_t index) const {
  return RandomStream(mix(key_, index, kChildDomain));
}

std::uint64_t RandomStream::bits(std::uint64_t position) const {
  return mix(key_, position, kDrawDomain);
}

double RandomStream::uniform(std::uint64_t position) const {
  return static_cast<double>(bits(position) >> 11) * 0x1p-53;
}

std::uint64_t RandomStream::below(std::uint64_t position, std::uint64_t bound) const {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(position)) * bound) >> 64);
}

double RandomStream::normal(std::uint64_t position) const {
  const auto radius = std::sqrt(-2.0 * std::log1p(-uniform(2 * position)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform(2 * position + 1));
}

std::vector<std::int64_t> permutation(std::int64_t count, const RandomStream& stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = count - 1; i > 0; --i) {
    const auto j = static_cast<std::int64_t>(
        stream.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i) + 1));
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
  }
  return order;
}

}  // namespace candor
