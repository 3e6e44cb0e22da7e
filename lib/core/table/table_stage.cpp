// SPDX-License-Identifier: Apache-2.0
#include "core/table/table_stage.h"

#include <candor/error.h>

#include <cmath>
#include <limits>

#include "core/base/nearest.h"
#include "core/table/number.h"
#include "core/table/refuse_cell.h"

namespace candor {
namespace {

constexpr double kLargestWeight = 1e30;  // many of them add up within float32
constexpr std::int64_t kMissing = 0;
constexpr std::int64_t kUnknown = 1;
constexpr std::int64_t kFirstCategory = 2;

[[noreturn]] void refuse_field(const std::string& name, const std::string& expected,
                               const Value& value) {
  const bool text = std::holds_alternative<std::string>(value);
  const bool image = std::holds_alternative<Pixels>(value);
  throw Error(ErrorKind::request, "input '" + name + "': expected " + expected +
                                      (text    ? ", got text"
                                       : image ? ", got an image"
                                               : ""));
}

StringIndex index_of(const std::vector<std::string>& names) {
  StringIndex index;
  index.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    index.emplace(names[i], static_cast<std::int64_t>(i));
  }
  return index;
}

std::int64_t category_index(const StringIndex& index, std::string_view text) {
  if (text.empty()) return kMissing;
  const auto found = position(index, text);
  return found < 0 ? kUnknown : kFirstCategory + found;
}

// Where the columns of one kind lie in a row-major block.
struct Slot {
  std::size_t next = 0;
  std::size_t width = 0;
};

}  // namespace

void TableStage::finish() {
  signature_.inputs.clear();
  numeric_names_.clear();
  category_names_.clear();
  for (auto& feature : features_) {
    const auto kind = feature.number ? InputKind::number : InputKind::category;
    signature_.inputs.push_back({feature.name, kind});
    (feature.number ? numeric_names_ : category_names_).push_back(feature.name);
    feature.index = index_of(feature.categories);
  }
  label_index_ = index_of(signature_.labels);
}

std::vector<std::int64_t> TableStage::category_sizes() const {
  std::vector<std::int64_t> sizes;
  for (const auto& feature : features_) {
    if (feature.number) continue;
    sizes.push_back(kFirstCategory + static_cast<std::int64_t>(feature.categories.size()));
  }
  return sizes;
}

std::vector<std::int64_t> TableStage::feature_columns(const Table& table) const {
  std::vector<std::int64_t> columns;
  std::vector<std::string> problems;
  for (const auto& feature : features_) {
    columns.push_back(table.find(feature.name));
    if (columns.back() < 0) problems.push_back(table.no_column(feature.name));
  }
  if (!problems.empty()) throw Error(ErrorKind::data, join(problems, "\n"));
  return columns;
}

ModelInputs TableStage::apply(const Table& table, std::span<const std::int64_t> rows) const {
  const auto columns = feature_columns(table);
  ModelInputs inputs;
  inputs.rows = static_cast<std::int64_t>(rows.size());
  Slot numeric{0, numeric_names_.size()};
  Slot category{0, category_names_.size()};
  inputs.numeric.resize(rows.size() * numeric.width);
  inputs.categorical.resize(rows.size() * category.width);
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const auto& feature = features_[f];
    auto at = feature.number ? numeric.next++ : category.next++;
    for (const auto row : rows) {
      const auto cell = table.cell(columns[f], row);
      if (!feature.number) {
        inputs.categorical[at] = category_index(feature.index, cell);
        at += category.width;
        continue;
      }
      auto value = std::numeric_limits<float>::quiet_NaN();
      if (!cell.empty()) {
        const auto parsed = parse_number(cell);
        if (!fits_float(parsed)) refuse_cell(table.place(row), feature.name, parsed.kind);
        value = static_cast<float>(parsed.value);
      }
      inputs.numeric[at] = value;
      at += numeric.width;
    }
  }
  return inputs;
}

float TableStage::number_of(const Feature& feature, const Value& value) const {
  constexpr auto kNaN = std::numeric_limits<float>::quiet_NaN();
  if (std::holds_alternative<std::monostate>(value)) return kNaN;
  if (std::holds_alternative<Pixels>(value)) refuse_field(feature.name, "a number", value);
  std::string numeral;
  std::string_view text;
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return kNaN;
    if (!fits_float({NumberKind::number, *number})) {
      refuse_field(feature.name, "a finite number within float32", value);
    }
    // A map or marker may stand for a number ("-999"), so it has to be looked at as a cell's text.
    if (feature.rules.values.empty() && !markers_.has_number()) return static_cast<float>(*number);
    numeral = number_text(*number);
    text = numeral;
  } else {
    text = std::get<std::string>(value);
  }
  text = feature.rules.apply(text, markers_);
  if (text.empty()) return kNaN;
  const auto parsed = parse_number(text);
  if (parsed.kind == NumberKind::text) refuse_field(feature.name, "a number", value);
  if (!fits_float(parsed)) refuse_field(feature.name, "a finite number within float32", Value{});
  return static_cast<float>(parsed.value);
}

std::int64_t TableStage::category_of(const Feature& feature, const Value& value) const {
  if (std::holds_alternative<std::monostate>(value)) return kMissing;
  if (std::holds_alternative<Pixels>(value)) refuse_field(feature.name, "text", value);
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return kMissing;
    if (std::isinf(*number)) refuse_field(feature.name, "text or a finite number", value);
    return category_index(feature.index, feature.rules.apply(number_text(*number), markers_));
  }
  return category_index(feature.index, feature.rules.apply(std::get<std::string>(value), markers_));
}

ModelInputs TableStage::prepare(const Row& row) const {
  if (row.size() != features_.size()) {
    throw Error(ErrorKind::request, "expected " + std::to_string(features_.size()) +
                                        " inputs, got " + std::to_string(row.size()));
  }
  ModelInputs inputs;
  inputs.rows = 1;
  inputs.numeric.reserve(numeric_names_.size());
  inputs.categorical.reserve(category_names_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto& feature = features_[i];
    if (feature.number) {
      inputs.numeric.push_back(number_of(feature, row[i]));
    } else {
      inputs.categorical.push_back(category_of(feature, row[i]));
    }
  }
  return inputs;
}

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
    const auto parsed = parse_number(table.cell(column, row));
    if (!fits_float(parsed)) {
      const char* found = table.missing(column, row)              ? "is missing"
                          : parsed.kind == NumberKind::text       ? "is not a number"
                          : parsed.kind == NumberKind::not_finite ? "is not finite"
                                                                  : "is beyond float32";
      throw Error(ErrorKind::data, table.place(row) + ": the target '" + target_ + "' " + found +
                                       "; regression needs a finite number in every row");
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
    const auto parsed = parse_number(table.cell(column, rows[i]));
    if (parsed.kind != NumberKind::number || parsed.value < 0 || parsed.value > kLargestWeight) {
      throw Error(ErrorKind::data, table.place(rows[i]) + ": the weight '" + weight_ +
                                       "' is not a number between 0 and 1e30");
    }
    sum += weights[i] = parsed.value;
  }
  if (!rows.empty() && sum <= 0) {
    throw Error(ErrorKind::data,
                table.path() + ": every weight in '" + weight_ + "' is 0; some row must count");
  }
  return weights;
}

}  // namespace candor
