// SPDX-License-Identifier: Apache-2.0
// What a table stage says of a row besides its features: class or target, and weight.
#include <candor/error.h>

#include <cmath>

#include "core/base/row_weight.h"
#include "core/table/number.h"
#include "core/table/table_stage.h"

namespace candor {

std::int64_t TableStage::target_column(const Table& table) const {
  const auto column = table.find(target_);
  if (column < 0) throw Error(ErrorKind::data, "the target: " + table.no_column(target_));
  return column;
}

std::vector<std::int64_t> TableStage::labels(const Table& table,
                                             std::span<const std::int64_t> rows) const {
  const auto column = target_column(table);
  std::vector<std::int64_t> labels;
  labels.reserve(rows.size());
  for (const auto row : rows) {
    const auto cell = table.cell(column, row);
    const auto label = cell.empty() ? -1 : position(label_index_, cell);
    if (cell.empty()) {
      throw Error(ErrorKind::data, table.place(row) + ": the target '" + target_ +
                                       "' is missing; fill it in, or remove the row");
    }
    if (label < 0) {
      throw Error(ErrorKind::data, table.place(row) + ": a class of '" + target_ +
                                       "' that training never saw (it saw " +
                                       std::to_string(signature_.labels.size()) +
                                       " classes); remove the row, or map it in data.columns." +
                                       target_ + ".values");
    }
    labels.push_back(label);
  }
  return labels;
}

std::vector<double> TableStage::targets(const Table& table,
                                        std::span<const std::int64_t> rows) const {
  const auto column = target_column(table);
  std::vector<double> targets;
  targets.reserve(rows.size());
  for (const auto row : rows) {
    const auto parsed = table.number(column, row);
    if (!fits_float(parsed)) {
      const char* found = table.missing(column, row)              ? "is missing"
                          : parsed.kind == NumberKind::text       ? "is not a number"
                          : parsed.kind == NumberKind::not_finite ? "is not finite"
                                                                  : "is beyond float32";
      throw Error(ErrorKind::data, table.place(row) + ": the target '" + target_ + "' " + found +
                                       "; regression needs a finite number in every row");
    }
    if (target_transform_ == TargetTransform::log && parsed.value <= -1.0) {
      throw Error(ErrorKind::data, table.place(row) + ": the target '" + target_ +
                                       "' is -1 or below, but task.target_transform log learns "
                                       "log(1 + target); set it to standard");
    }
    targets.push_back(parsed.value);
  }
  return targets;
}

std::vector<double> TableStage::weights(const Table& table,
                                        std::span<const std::int64_t> rows) const {
  std::vector<double> weights(rows.size(), 1.0);
  if (weight_.empty()) return weights;
  const auto column = table.find(weight_);
  if (column < 0) throw Error(ErrorKind::data, "the weights: " + table.no_column(weight_));
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto parsed = table.number(column, rows[i]);
    if (parsed.kind != NumberKind::number || !is_row_weight(parsed.value)) {
      throw Error(ErrorKind::data,
                  table.place(rows[i]) + ": the weight '" + weight_ + "' is " + kRowWeights);
    }
    sum += weights[i] = parsed.value;
  }
  if (!rows.empty() && sum <= 0) {
    throw Error(ErrorKind::data,
                table.path() + ": every weight in '" + weight_ + "' is 0; some row must count");
  }
  return weights;
}

EncodingTargets TableStage::encoding_targets(const Table& table,
                                             std::span<const std::int64_t> rows) const {
  if (signature_.output == OutputKind::classification) {
    return class_targets(labels(table, rows), signature_.labels.size());
  }
  EncodingTargets result{1, targets(table, rows)};
  if (target_transform_ == TargetTransform::log) {
    for (auto& value : result.values) value = std::log1p(value);
  }
  return result;
}

}  // namespace candor
