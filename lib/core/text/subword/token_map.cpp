// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/token_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace candor {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load(const char* from, std::size_t count) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, count);
  return value;
}

constexpr std::uint64_t kFirst = 0xA0761D6478BD642Full, kSecond = 0xE7037ED1A0B428DBull;

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) {
  std::uint64_t hash = kFirst ^ bytes.size();
  const char* at = bytes.data();
  auto left = bytes.size();
  for (; left > 16; at += 16, left -= 16) {
    hash = fold(load(at, 8) ^ kSecond, load(at + 8, 8) ^ hash);
  }
  const auto low = left < 8 ? left : 8;
  return fold(load(at, low) ^ kSecond, load(at + low, left - low) ^ hash);
}

TokenMap::TokenMap(const std::vector<std::string>& tokens)
    : slots_(std::bit_ceil(2 * tokens.size() + 2)) {
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const auto& token = tokens[id];
    if (token.empty()) continue;
    longest_ = std::max(longest_, token.size());
    const auto hash = hash_bytes(token);
    auto place = hash & (slots_.size() - 1);
    while (slots_[place].id != kNone &&
           (slots_[place].hash != hash ||
            text_.compare(slots_[place].begin, slots_[place].length, token) != 0)) {
      place = (place + 1) & (slots_.size() - 1);
    }
    auto& slot = slots_[place];
    if (slot.id == kNone) {
      slot = {hash, static_cast<std::uint32_t>(text_.size()),
              static_cast<std::uint32_t>(token.size()), 0};
      text_ += token;
    }
    slot.id = static_cast<std::int32_t>(id);
  }
}

std::int32_t TokenMap::find(std::string_view token) const {
  if (token.size() > longest_) return kNone;
  const auto hash = hash_bytes(token);
  for (auto place = hash & (slots_.size() - 1);; place = (place + 1) & (slots_.size() - 1)) {
    const auto& slot = slots_[place];
    if (slot.id == kNone) return kNone;
    if (slot.hash == hash && slot.length == token.size() &&
        std::memcmp(text_.data() + slot.begin, token.data(), token.size()) == 0) {
      return slot.id;
    }
  }
}

}  // namespace candor
