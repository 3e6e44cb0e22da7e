// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/token_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/hash.h"

namespace candor {
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
