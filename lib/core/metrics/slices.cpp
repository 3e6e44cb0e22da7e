// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/slices.h"

#include <algorithm>
#include <cmath>

#include "core/metrics/group_difference.h"
#include "core/metrics/group_metrics.h"
#include "core/metrics/paired_tests.h"

namespace candor {
namespace {

constexpr std::size_t kMostSlices = 10;

struct Candidate {
  const GroupTable* table = nullptr;
  std::size_t code = 0;
  Slice slice;
  double p = 1.0;
};

double value_of(const GroupSums& sums) {
  return sums.classes.empty() ? sums.mean(sums.absolute_error)
                              : accuracy_share(sums).hit / sums.weight;
}

std::optional<GroupDifference> compare(const GroupSums& own, const GroupSums& rest,
                                       double confidence) {
  if (own.classes.empty()) {
    return compare_means(own, rest, &GroupSums::absolute_error, confidence);
  }
  return compare_shares(accuracy_share(own), accuracy_share(rest), confidence).difference;
}

class Search {
 public:
  Search(const GroupTables& tables, std::int64_t min_count, double confidence)
      : tables_(tables),
        min_count_(min_count),
        confidence_(confidence),
        lower_is_worse_(!tables.all.classes.empty()) {}

  Slices run() {
    Slices result;
    result.metric = lower_is_worse_ ? "accuracy" : "mae";
    auto candidates = all_candidates();
    result.tested = static_cast<std::int64_t>(candidates.size());
    std::vector<double> p;
    for (const auto& one : candidates) p.push_back(one.p);
    const auto corrected = holm(p);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      auto& one = candidates[i];
      one.slice.p_holm = corrected[i];
      const auto significant = corrected[i] <= 1.0 - confidence_;
      if (significant && worse(one.slice.value, one.slice.rest) && beyond_parts(one)) {
        result.worst.push_back(std::move(one.slice));
      }
    }
    std::stable_sort(result.worst.begin(), result.worst.end(), [](const auto& a, const auto& b) {
      return std::abs(a.difference) > std::abs(b.difference);
    });
    if (result.worst.size() > kMostSlices) result.worst.resize(kMostSlices);
    return result;
  }

 private:
  bool worse(double a, double b) const { return lower_is_worse_ ? a < b : a > b; }

  std::vector<Candidate> all_candidates() const {
    std::vector<Candidate> candidates;
    for (const auto& table : tables_.tables) {
      if (table.column->columns.size() > 2) continue;
      for (std::size_t code = 0; code < table.groups.size(); ++code) {
        const auto& own = table.groups[code];
        const auto other_rows = tables_.all.rows - own.rows;
        if (own.rows < min_count_ || other_rows < std::max<std::int64_t>(min_count_, 1)) continue;
        if (own.weight <= 0.0 || tables_.all.weight - own.weight <= 0.0) continue;
        candidates.push_back(candidate(table, code));
      }
    }
    return candidates;
  }

  Candidate candidate(const GroupTable& table, std::size_t code) const {
    const auto& own = table.groups[code];
    const auto rest = sums_of_rest(tables_.all, own);
    Candidate result{&table, code, {}, 1.0};
    auto& slice = result.slice;
    slice.columns = table.column->columns;
    for (std::size_t i = 0; i < slice.columns.size(); ++i) {
      slice.values.push_back(single(slice.columns[i]).column->values[table.column->parts[code][i]]);
    }
    slice.count = own.rows;
    slice.value = value_of(own);
    slice.rest = value_of(rest);
    slice.difference = slice.value - slice.rest;
    if (const auto found = compare(own, rest, confidence_)) {
      slice.low = found->low;
      slice.high = found->high;
      result.p = found->p;
    }
    return result;
  }

  const GroupTable& single(const std::string& column) const {
    return *std::find_if(tables_.tables.begin(), tables_.tables.end(), [&](const auto& table) {
      return table.column->columns.size() == 1 && table.column->columns.front() == column;
    });
  }

  // The good end of the interval of a slice's own value.
  double best_value(const GroupSums& own) const {
    if (lower_is_worse_)
      return share_estimate(accuracy_share(own), confidence_, false).interval.high;
    const auto error = own.standard_error(own.absolute_error);
    if (error <= 0.0) return value_of(own);
    return value_of(own) - student_factor(own.effective_rows() - 1.0, confidence_) * error;
  }

  // A pair whose own interval holds what one of its values does alone says nothing new.
  bool beyond_parts(const Candidate& candidate) const {
    const auto& column = *candidate.table->column;
    if (column.columns.size() == 1) return true;
    const auto best = best_value(candidate.table->groups[candidate.code]);
    for (std::size_t i = 0; i < column.columns.size(); ++i) {
      const auto& whole = single(column.columns[i]).groups[column.parts[candidate.code][i]];
      if (!worse(best, value_of(whole))) return false;
    }
    return true;
  }

  const GroupTables& tables_;
  std::int64_t min_count_;
  double confidence_;
  bool lower_is_worse_;
};

}  // namespace

Slices worst_slices(const GroupTables& tables, std::int64_t min_count, double confidence) {
  return Search(tables, min_count, confidence).run();
}

}  // namespace candor
