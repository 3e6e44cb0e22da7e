// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/group_auc.h"

namespace candor {
namespace {

// Rows at once: what they give to every table stays in the cache.
constexpr std::size_t kBlock = 1024;

// What one row gives to the sums.
struct RowValues {
  double weight = 1.0;
  std::uint32_t target = 0, predicted = 0;
  std::uint32_t bin = 0;
  bool top_right = false;  // whether the most probable class is the true one
  double log_loss = 0.0, brier = 0.0, calibration = 0.0, confidence = 0.0;
  double error = 0.0;
};

double brier_of(const float* p, std::size_t classes, std::size_t target) {
  double sum = 0.0;
  for (std::size_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    const auto difference = static_cast<double>(p[k]) - (k == target ? 1.0 : 0.0);
    sum += difference * difference;
  }
  return sum;
}

void read_class_row(const Scored& scored, std::size_t row, RowValues& values) {
  // As the log loss of all rows has it: 2^-52 away from 0 and 1.
  constexpr auto kEpsilon = std::numeric_limits<double>::epsilon();
  const auto classes = scored.labels.size();
  const auto* p = scored.probabilities.data() + row * classes;
  const auto target = static_cast<std::size_t>(scored.target[row]);
  // With a threshold another class than the most probable one may have been decided on.
  const auto top = scored.decided.empty()
                       ? std::size_t{values.predicted}
                       : static_cast<std::size_t>(std::max_element(p, p + classes) - p);
  const double confidence = p[top];
  const auto right = target == top ? 1.0 : 0.0;
  values.target = static_cast<std::uint32_t>(target);
  values.bin = static_cast<std::uint32_t>(calibration_bin(confidence));
  values.log_loss = -std::log(std::clamp<double>(p[target], kEpsilon, 1.0 - kEpsilon));
  values.brier = brier_of(p, classes, target);
  values.top_right = target == top;
  values.confidence = confidence;
  values.calibration =
      classes == 2 ? static_cast<double>(p[1]) - (target == 1 ? 1.0 : 0.0) : confidence - right;
}

template <bool weighted>
void add(Moments& moments, double x, double w) {
  if constexpr (weighted) {
    moments.add(x, w);
  } else {
    moments.wx += x;
    moments.w2x2 += x * x;
  }
}

template <bool weighted>
void add_class_row(GroupSums& group, const RowValues& row) {
  const auto w = weighted ? row.weight : 1.0;
  const auto right = row.target == row.predicted;
  auto& truth = group.classes[row.target];
  auto& guess = group.classes[row.predicted];
  truth.truth += w;
  guess.predicted += w;
  if (right) truth.hit += w;
  if constexpr (weighted) {
    const auto counts = w > 0.0 ? 1.0 : 0.0;
    truth.truth_squares += w * w;
    guess.predicted_squares += w * w;
    truth.truth_rows += counts;
    guess.predicted_rows += counts;
    if (right) truth.hit_squares += w * w;
    if (right) truth.hit_rows += counts;
  }
  add<weighted>(group.log_loss, row.log_loss, w);
  add<weighted>(group.brier, row.brier, w);
  add<weighted>(group.calibration, row.calibration, w);
  group.bins[row.bin].add(w, row.confidence, row.top_right);
}

template <bool weighted>
void add_row(GroupSums& group, const RowValues& row, bool classification) {
  ++group.rows;
  if constexpr (weighted) {
    group.weight += row.weight;
    group.weight_squares += row.weight * row.weight;
  }
  if (classification) return add_class_row<weighted>(group, row);
  const auto w = weighted ? row.weight : 1.0;
  add<weighted>(group.error, row.error, w);
  add<weighted>(group.absolute_error, std::abs(row.error), w);
  add<weighted>(group.squared_error, row.error * row.error, w);
}

void for_moments(GroupSums& group, const auto& action) {
  for (auto* moments : {&group.log_loss, &group.brier, &group.calibration, &group.error,
                        &group.absolute_error, &group.squared_error}) {
    action(*moments);
  }
}

// What the pass leaves out where every weight is 1.
void finish_unweighted(GroupSums& group) {
  group.weight = group.weight_squares = static_cast<double>(group.rows);
  for (auto& one : group.classes) {
    one.truth_squares = one.truth_rows = one.truth;
    one.predicted_squares = one.predicted_rows = one.predicted;
    one.hit_squares = one.hit_rows = one.hit;
  }
  for_moments(group, [](Moments& moments) { moments.w2x = moments.wx; });
}

class Pass {
 public:
  Pass(const Scored& scored, GroupTables& result)
      : scored_(scored),
        result_(result),
        classification_(scored.kind == OutputKind::classification),
        predicted_(classification_ ? predicted_classes(scored) : std::vector<std::int64_t>{}) {}

  template <bool weighted>
  void run() {
    const auto rows = row_count(scored_);
    block_.resize(std::min(kBlock, rows));
    for (std::size_t begin = 0; begin < rows; begin += kBlock) {
      const auto count = std::min(kBlock, rows - begin);
      for (std::size_t i = 0; i < count; ++i) read(begin + i, block_[i]);
      for (std::size_t i = 0; i < count; ++i) {
        add_row<weighted>(result_.all, block_[i], classification_);
      }
      for (auto& table : result_.tables) {
        const auto* codes = table.column->codes.data() + begin;
        for (std::size_t i = 0; i < count; ++i) {
          add_row<weighted>(table.groups[codes[i]], block_[i], classification_);
        }
      }
    }
  }

  const std::vector<std::int64_t>& predicted() const { return predicted_; }

 private:
  void read(std::size_t row, RowValues& values) const {
    if (!scored_.weight.empty()) values.weight = scored_.weight[row];
    if (!classification_) {
      values.error = scored_.value[row] - scored_.target_value[row];
      return;
    }
    values.predicted = static_cast<std::uint32_t>(predicted_[row]);
    read_class_row(scored_, row, values);
  }

  const Scored& scored_;
  GroupTables& result_;
  bool classification_;
  std::vector<std::int64_t> predicted_;
  std::vector<RowValues> block_;
};

GroupSums empty_sums(const Scored& scored) {
  GroupSums sums;
  sums.weighted = !scored.weight.empty();
  sums.classes.resize(scored.labels.size());
  return sums;
}

}  // namespace

double GroupSums::standard_error(const Moments& moments) const {
  return mean_error(moments, weight, weight_squares);
}

GroupSums sums_of_rest(const GroupSums& all, const GroupSums& part) {
  auto rest = all;
  rest.rows -= part.rows;
  rest.weight -= part.weight;
  rest.weight_squares -= part.weight_squares;
  for (std::size_t k = 0; k < rest.classes.size(); ++k) {
    for (const auto member :
         {&ClassSums::truth, &ClassSums::predicted, &ClassSums::hit, &ClassSums::truth_squares,
          &ClassSums::predicted_squares, &ClassSums::hit_squares, &ClassSums::truth_rows,
          &ClassSums::predicted_rows, &ClassSums::hit_rows}) {
      rest.classes[k].*member -= part.classes[k].*member;
    }
  }
  const auto subtract = [](Moments& a, const Moments& b) {
    a.wx -= b.wx;
    a.w2x -= b.w2x;
    a.w2x2 -= b.w2x2;
  };
  subtract(rest.log_loss, part.log_loss);
  subtract(rest.brier, part.brier);
  subtract(rest.calibration, part.calibration);
  subtract(rest.error, part.error);
  subtract(rest.absolute_error, part.absolute_error);
  subtract(rest.squared_error, part.squared_error);
  for (std::size_t i = 0; i < rest.bins.size(); ++i) {
    for (const auto member :
         {&CalibrationBin::weight, &CalibrationBin::squares, &CalibrationBin::confidence,
          &CalibrationBin::right, &CalibrationBin::right_squares}) {
      rest.bins[i].*member -= part.bins[i].*member;
    }
  }
  return rest;
}

GroupTables sum_groups(const Scored& scored, const std::vector<GroupColumn>& columns,
                       bool with_auc) {
  GroupTables result;
  result.all = empty_sums(scored);
  for (const auto& column : columns) {
    GroupTable table;
    table.column = &column;
    table.groups.assign(column.values.size(), result.all);
    result.tables.push_back(std::move(table));
  }
  Pass pass(scored, result);
  if (!scored.weight.empty()) {
    pass.run<true>();
  } else {
    pass.run<false>();
    finish_unweighted(result.all);
    for (auto& table : result.tables) {
      for (auto& group : table.groups) finish_unweighted(group);
    }
  }
  const bool two_classes = scored.kind == OutputKind::classification && scored.labels.size() == 2;
  if (!with_auc || !two_classes) return result;
  for (auto& table : result.tables) table.auc = group_auc(scored, *table.column);
  return result;
}

}  // namespace candor
