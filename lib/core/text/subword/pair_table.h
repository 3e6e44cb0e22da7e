// SPDX-License-Identifier: Apache-2.0
// Merges of a byte pair encoding: (left id, right id) -> rank and the id of the whole.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace candor {

struct Merge {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::uint32_t rank = kNone;  // lower goes first
  std::uint32_t id = 0;
};

class PairTable {
 public:
  explicit PairTable(std::size_t pairs)
      : slots_(std::bit_ceil(2 * pairs + 2)), shift_(64 - std::bit_width(slots_.size() - 1)) {}

  // The rank of a pair that is there already is replaced.
  void insert(std::uint32_t left, std::uint32_t right, Merge merge) {
    const auto key = key_of(left, right);
    auto place = start(key);
    while (slots_[place].key != kEmpty && slots_[place].key != key) place = after(place);
    slots_[place] = {key, merge};
  }

  // Rank kNone where the pair does not merge.
  Merge find(std::uint32_t left, std::uint32_t right) const {
    const auto key = key_of(left, right);
    auto place = start(key);
    while (slots_[place].key != key) {
      if (slots_[place].key == kEmpty) return {};
      place = after(place);
    }
    return slots_[place].merge;
  }

 private:
  // No id is 2^32 - 1.
  static constexpr std::uint64_t kEmpty = ~0ull;
  struct Slot {
    std::uint64_t key = kEmpty;
    Merge merge;
  };
  static std::uint64_t key_of(std::uint32_t left, std::uint32_t right) {
    return static_cast<std::uint64_t>(left) << 32 | right;
  }
  std::size_t start(std::uint64_t key) const {
    return (key ^ key >> 29) * 0x9E3779B97F4A7C15ull >> shift_;
  }
  std::size_t after(std::size_t place) const { return (place + 1) & (slots_.size() - 1); }

  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  int shift_;
};

}  // namespace candor
