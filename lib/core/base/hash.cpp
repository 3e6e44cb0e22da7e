// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"

#include <cstring>

namespace candor {
namespace {

__extension__ using Wide = unsigned __int128;

template <class T>
std::uint64_t load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

constexpr std::uint64_t kA = 0x9E3779B97F4A7C15ull;
constexpr std::uint64_t kB = 0xD6E8FEB86659FD93ull;
constexpr std::uint64_t kC = 0xA0761D6478BD642Full;

}  // namespace

std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_bytes(std::string_view bytes) {
  const char* at = bytes.data();
  auto left = bytes.size();
  std::uint64_t state = kC ^ left;
  for (; left > 16; left -= 16, at += 16) {
    state = fold_product(load<std::uint64_t>(at) ^ kA, load<std::uint64_t>(at + 8) ^ state);
  }
  std::uint64_t low = 0, high = 0;
  if (left >= 8) {
    low = load<std::uint64_t>(at);
    high = load<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    low = load<std::uint32_t>(at);
    high = load<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    low = (static_cast<std::uint64_t>(static_cast<unsigned char>(at[0])) << 16) |
          (static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8) |
          static_cast<unsigned char>(at[left - 1]);
  }
  const auto hash = fold_product(fold_product(low ^ kA, high ^ state) ^ kB, bytes.size() ^ kC);
  return hash == 0 ? 1 : hash;  // 0 marks an empty slot
}

}  // namespace candor
