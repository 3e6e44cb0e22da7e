// SPDX-License-Identifier: Apache-2.0
// How many different values a column has, in bounded memory: the k smallest hashes ("KMV",
// Bar-Yossef et al., "Counting distinct elements in a data stream", 2002). What is kept is a
// uniform sample of the different values, so that facts about it hold for all. The result depends
// on the set of values alone, not on order or parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "core/base/hash.h"

namespace candor {

// Of a number; -0 and 0 are the same.
inline std::uint64_t hash_number(double value) {
  std::uint64_t bits = 0;
  value += 0.0;  // -0 becomes 0
  __builtin_memcpy(&bits, &value, sizeof(bits));
  bits = (bits ^ (bits >> 32)) * 0x9E3779B97F4A7C15ull;
  bits = (bits ^ (bits >> 29)) * 0xBF58476D1CE4E5B9ull;
  bits ^= bits >> 32;
  return bits == 0 ? 1 : bits;  // 0 marks an empty slot
}

class DistinctSketch {
 public:
  static constexpr std::size_t kExact = 1024;  // k

  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t bytes = 0;  // of a text; 0 for a number
    std::uint32_t words = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  void add_number(double value) { add_hash(hash_number(value)); }
  void add_text(std::string_view text) {
    const auto hash = hash_bytes(text);
    if (hash >= limit_ || hash == newest_) return;
    newest_ = hash;
    insert_text(hash, text);
  }
  void merge(const DistinctSketch& other);

  std::int64_t count() const;
  bool exact() const { return size_ <= kExact && limit_ == kNoLimit; }
  // The kept sample, by rising hash.
  std::vector<Entry> sample() const;

 private:
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  void add_hash(std::uint64_t hash) {
    if (hash >= limit_ || hash == newest_) return;
    newest_ = hash;
    insert({hash, 0, 0});
  }
  void insert_text(std::uint64_t hash, std::string_view text);
  void insert(const Entry& entry);
  bool find_slot(std::uint64_t hash, std::size_t& slot) const;
  std::vector<Entry> entries() const;
  void rebuild(const std::vector<Entry>& entries);
  void prune();

  std::vector<Entry> slots_;  // open addressing; a hash of 0 is an empty slot
  std::size_t size_ = 0;
  std::uint64_t limit_ = kNoLimit;  // hashes from here on are not among the k smallest
  std::uint64_t newest_ = 0;        // columns often repeat the value of the row before
};

}  // namespace candor
