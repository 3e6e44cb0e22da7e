// SPDX-License-Identifier: Apache-2.0
// Token text to id. Read by several threads at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

class TokenMap {
 public:
  static constexpr std::int32_t kNone = -1;

  // Tokens by id; where two are equal, the last one counts. Empty ones are left out.
  explicit TokenMap(const std::vector<std::string>& tokens);

  // The id, or kNone.
  std::int32_t find(std::string_view token) const;
  // Bytes of the longest token.
  std::size_t longest() const { return longest_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t begin = 0, length = 0;  // in text_
    std::int32_t id = kNone;
  };
  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  std::string text_;
  std::size_t longest_ = 0;
};

}  // namespace candor
