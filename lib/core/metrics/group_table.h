// SPDX-License-Identifier: Apache-2.0
// Sums by group, from one pass over the rows, whatever the number of columns: everything that the
// metrics of a group, the gaps between groups and the search for bad slices need.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/metrics/calibration_error.h"
#include "core/metrics/group_columns.h"
#include "core/metrics/measures.h"
#include "core/metrics/ranking.h"

namespace candor {

// Rows of a class by weight: truly of it, predicted so, and both; the squares of their weights; and
// how many have a weight above 0.
struct ClassSums {
  double truth = 0.0, predicted = 0.0, hit = 0.0;
  double truth_squares = 0.0, predicted_squares = 0.0, hit_squares = 0.0;
  double truth_rows = 0.0, predicted_rows = 0.0, hit_rows = 0.0;
};

struct GroupSums {
  std::int64_t rows = 0;
  bool weighted = false;
  double weight = 0.0;
  double weight_squares = 0.0;
  // classification
  std::vector<ClassSums> classes;
  Moments log_loss, brier;
  // Of two classes the positive one's probability less 0 or 1; of more the highest probability less
  // whether it was right.
  Moments calibration;
  std::array<CalibrationBin, kCalibrationBins> bins{};
  // regression
  Moments error, absolute_error, squared_error;

  double effective_rows() const { return effective_size(weight, weight_squares); }
  bool few_are_heavy() const {
    return WeightSums{weight, weight_squares, static_cast<std::size_t>(rows)}.few_are_heavy();
  }
  double mean(const Moments& moments) const { return moments.wx / weight; }
  // Of a mean; 0 when there are fewer than two rows.
  double standard_error(const Moments& moments) const;
};

// Of the rows that are in `all` and not in `part`.
GroupSums sums_of_rest(const GroupSums& all, const GroupSums& part);

struct GroupTable {
  const GroupColumn* column = nullptr;
  std::vector<GroupSums> groups;  // by code
  // By code, two classes only: area under the ROC curve; empty where one class is missing.
  std::vector<std::optional<Auc>> auc;
};

struct GroupTables {
  GroupSums all;
  std::vector<GroupTable> tables;  // by column
};

// `columns` must outlive the result. `with_auc` false leaves the areas out, which need sorting.
GroupTables sum_groups(const Scored& scored, const std::vector<GroupColumn>& columns,
                       bool with_auc = true);

}  // namespace candor
