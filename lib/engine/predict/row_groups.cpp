// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/row_groups.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/table/table.h"

namespace candor {
namespace {

// Groups that the rule has something to say about.
std::vector<std::string> known_values(const DecisionRule& rule, const std::string& column) {
  std::set<std::string> values;
  const auto add = [&](const auto& groups) {
    for (const auto& [value, what] : groups) values.insert(value);
  };
  if (rule.group_thresholds && rule.group_thresholds->column == column) {
    add(rule.group_thresholds->groups);
  }
  if (rule.conformal && rule.conformal->group_column == column) {
    add(rule.conformal->group_quantiles);
  }
  return {values.begin(), values.end()};
}

}  // namespace

RowGroupReader::RowGroupReader(const DecisionRule& rule, const RunConfig& config,
                               const std::vector<InputField>& inputs)
    : columns_(rule.group_columns()), rule_(rule) {
  const auto* table = std::get_if<TableData>(&config.data);
  if (table != nullptr) markers_ = MissingMarkers(table->format.missing);
  for (const auto& column : columns_) {
    values_.push_back(known_values(rule, column));
    auto& rules = rules_.emplace_back();
    if (table != nullptr) {
      rules.trim = table->format.trim;
      const auto found = table->columns.find(column);
      if (found != table->columns.end()) {
        for (const auto& [from, to] : found->second.values) rules.values[from] = to;
      }
    }
    const auto own = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const InputField& field) { return field.name == column; });
    places_.push_back(own != inputs.end() ? static_cast<std::size_t>(own - inputs.begin())
                                          : inputs.size() + more_.size());
    if (own == inputs.end()) more_.push_back({column, InputKind::category});
  }
}

std::string RowGroupReader::value_of(std::size_t column, const Value& value) const {
  std::string text;
  if (const auto* number = std::get_if<double>(&value)) {
    if (!std::isnan(*number)) text = fmt::format("{}", *number);
  } else if (const auto* given = std::get_if<std::string>(&value)) {
    text = *given;
  } else if (std::holds_alternative<Pixels>(value)) {
    throw Error(ErrorKind::request,
                "input '" + columns_[column] + "': expected text, found an image");
  }
  const auto cell = rules_[column].apply(text, markers_);
  return std::string(cell.empty() ? kMissingGroup : cell);
}

RowGroups RowGroupReader::of_row(const Row& row) const {
  RowGroups groups;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (places_[i] < row.size()) groups[columns_[i]] = value_of(i, row[places_[i]]);
  }
  return groups;
}

void RowGroupReader::append(ModelInputs& inputs, const RowGroups& groups) const {
  if (columns_.empty()) return;
  check_groups(rule_, groups);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto found = groups.find(columns_[i]);
    const auto& known = values_[i];
    const auto at =
        found == groups.end() ? known.end() : std::find(known.begin(), known.end(), found->second);
    inputs.categorical.push_back(at - known.begin());
  }
}

std::vector<RowGroups> RowGroupReader::take(ModelInputs& inputs) const {
  const auto rows = static_cast<std::size_t>(inputs.rows);
  std::vector<RowGroups> groups(rows);
  if (columns_.empty() || rows == 0) return groups;
  const auto width = inputs.categorical.size() / rows;
  const auto own = width - columns_.size();
  std::vector<std::int64_t> categories;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* begin = inputs.categorical.data() + row * width;
    categories.insert(categories.end(), begin, begin + own);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto index = static_cast<std::size_t>(begin[own + i]);
      if (index < values_[i].size()) groups[row][columns_[i]] = values_[i][index];
    }
  }
  inputs.categorical = std::move(categories);
  return groups;
}

}  // namespace candor
