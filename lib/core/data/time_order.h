// SPDX-License-Identifier: Apache-2.0
// Rows from the oldest to the newest, and the cuts between two different times.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace candor {

class TimeOrder {
 public:
  // One finite time per row; at least one row.
  explicit TimeOrder(std::span<const double> times);

  // Different times; one more than there are cuts.
  std::int64_t times() const { return static_cast<std::int64_t>(cuts_.size()) + 1; }
  // The rows at places [begin, end) of the order; those of one time by their number.
  std::span<const std::int64_t> rows(std::int64_t begin, std::int64_t end) const {
    return {rows_.data() + begin, static_cast<std::size_t>(end - begin)};
  }

  struct Cut {
    std::int64_t index = 0;  // among the cuts, from the oldest
    std::int64_t place = 0;  // rows before it
  };
  // Of the cuts [first, last) the one nearest to `place`; the older one of two. first < last.
  Cut cut_near(std::int64_t place, std::int64_t first, std::int64_t last) const;

 private:
  std::vector<std::int64_t> rows_;
  std::vector<std::int64_t> cuts_;
};

}  // namespace candor
