// SPDX-License-Identifier: Apache-2.0
// Terms (byte strings) to numbers 0, 1, ... in order of arrival: open addressing over bytes that
// lie in one block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

// The same on every machine; `seed` gives another function.
std::uint64_t term_hash(std::string_view term, std::uint64_t seed);

class TermTable {
 public:
  TermTable();
  std::size_t size() const { return ends_.size(); }
  std::string_view term(std::size_t index) const;
  // Number of `term`, or -1.
  std::int64_t find(std::string_view term) const;
  // Number of `term`, which is added if it is new.
  std::size_t add(std::string_view term);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::int64_t index = -1;
  };
  std::size_t slot_of(std::uint64_t hash, std::string_view term) const;
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::vector<std::size_t> ends_;
  std::string bytes_;
};

}  // namespace candor
