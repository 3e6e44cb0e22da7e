// SPDX-License-Identifier: Apache-2.0
// Groups of rows and how many of each class they hold, for splits that keep groups whole.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace candor {

// How many rows of a class a group has.
struct StratumCount {
  std::size_t stratum = 0;
  double rows = 0.0;
};

class GroupedRows {
 public:
  // Of the rows that `wanted` says. `groups` and `strata` count from 0; strata empty: all rows are
  // of class 0. Groups without such rows are left out, and the others numbered anew.
  GroupedRows(std::span<const std::int64_t> groups, std::span<const std::int64_t> strata,
              const std::function<bool(std::int64_t row)>& wanted);

  std::int64_t count() const { return static_cast<std::int64_t>(ends_.size()); }
  std::span<const std::int64_t> rows_of(std::int64_t group) const;
  // Valid until the next call.
  const std::vector<StratumCount>& strata_of(std::int64_t group);
  // Rows of each class, in all groups.
  const std::vector<double>& stratum_sizes() const { return sizes_; }

 private:
  std::size_t stratum(std::int64_t row) const {
    return strata_.empty() ? 0 : static_cast<std::size_t>(strata_[static_cast<std::size_t>(row)]);
  }

  std::span<const std::int64_t> strata_;
  std::vector<std::int64_t> rows_;  // group by group
  std::vector<std::size_t> ends_;   // of each group in rows_
  std::vector<double> sizes_;
  std::vector<double> scratch_;  // a count per class, all 0 between two calls
  std::vector<StratumCount> counts_;
};

// How far a part is from its share of every class and of all rows: the sum over both of the squared
// difference in rows, by the size of the class, or of all.
class ShareBalance {
 public:
  ShareBalance(const std::vector<double>& sizes, double fraction);

  // By how much that distance grows when a group enters the part, or leaves it; negative: it
  // shrinks.
  double change(const std::vector<StratumCount>& counts, bool enters) const;
  void move(const std::vector<StratumCount>& counts, bool enters);

 private:
  std::vector<double> sizes_;  // of each class; the last is of all rows
  std::vector<double> over_;   // rows in the part above its share
};

}  // namespace candor
