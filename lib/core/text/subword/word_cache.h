// SPDX-License-Identifier: Apache-2.0
// Words that were encoded lately, with their ids: most of a text are a few thousand words. Bounded:
// a new word takes the place of another one with the same slot. For one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace candor {

class WordCache {
 public:
  static constexpr std::size_t kLongestWord = 15;  // bytes
  static constexpr std::size_t kMostIds = 3;

  WordCache() : slots_(kSlots) {}

  struct Slot {
    std::array<std::uint64_t, 2> key{};  // the word's bytes, and its length in the last one
    std::uint32_t count = 0;             // of ids; 0: empty
    std::array<std::uint32_t, kMostIds> ids{};
  };

  // The slot for a word of 1 to kLongestWord bytes, whose 16 bytes from its start on may be read
  // where `padded`. It holds the word when its key is that of the word.
  Slot& slot_of(std::string_view word, bool padded, std::array<std::uint64_t, 2>& key) {
    key = {};
    if (padded) {
      std::memcpy(key.data(), word.data(), 16);
      const auto bits = 8 * word.size();
      if (bits < 64) {
        key[0] &= (1ull << bits) - 1;
        key[1] = 0;
      } else {
        key[1] &= (1ull << (bits - 64)) - 1;
      }
    } else {
      std::memcpy(key.data(), word.data(), word.size());
    }
    key[1] |= static_cast<std::uint64_t>(word.size()) << 56;
    const auto hash = (key[0] ^ (key[1] << 25 | key[1] >> 39)) * 0x9E3779B97F4A7C15ull;
    return slots_[(hash ^ hash >> 32) * 0x9E3779B97F4A7C15ull >> (64 - kSlotBits)];
  }

 private:
  static constexpr int kSlotBits = 15;
  static constexpr std::size_t kSlots = 1u << kSlotBits;
  std::vector<Slot> slots_;
};

}  // namespace candor
