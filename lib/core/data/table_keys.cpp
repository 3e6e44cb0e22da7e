// SPDX-License-Identifier: Apache-2.0
#include "core/data/table_keys.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <candor/error.h>

#include "core/data/duplicates.h"
#include "core/data/row_sampler.h"
#include "core/table/date_time.h"

namespace candor {
namespace {

std::int64_t column_of(const Table& table, const std::string& name, const std::string& key) {
  const auto column = table.find(name);
  if (column >= 0) return column;
  throw Error(ErrorKind::config, key + ": " + table.no_column(name));
}

[[noreturn]] void refuse(const Table& table, std::int64_t row, const std::string& key,
                         const std::string& column, const std::string& what) {
  throw Error(ErrorKind::data,
              table.place(row) + ": column '" + column + "', which " + key + " names, " + what);
}

void require_values(const Table& table, std::int64_t column, const std::string& key,
                    const std::string& name) {
  if (table.summary(column).missing == 0) return;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    if (!table.missing(column, row)) continue;
    refuse(table, row, key, name, "has no value here; fill it in, or take the row out");
  }
}

// All numbers, or all dates, as the first row has it.
std::vector<double> times_of(const Table& table, std::int64_t column, const std::string& name) {
  const std::string key = "data.split.time";
  const auto is_number = [&](std::int64_t row) {
    return table.number(column, row).kind == NumberKind::number;
  };
  const auto order = table.summary(column).date_order;
  const bool numbers = is_number(0);
  std::vector<double> times(static_cast<std::size_t>(table.rows()));
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    auto& time = times[static_cast<std::size_t>(row)];
    if (numbers) {
      if (!is_number(row)) {
        refuse(table, row, key, name, "holds no number here, as it does in the first row");
      }
      time = table.number(column, row).value;
      continue;
    }
    const auto date = parse_date_time(table.cell(column, row), order);
    if (!date) {
      refuse(table, row, key, name,
             "holds neither a number nor a date here; write dates as 2024-03-31 or "
             "2024-03-31T13:05:59");
    }
    time = date->seconds;
  }
  return times;
}

// Of the values of `column` in `rows`.
std::vector<double> balanced_by(const Table& table, std::span<const std::int64_t> rows,
                                std::int64_t column) {
  const auto ranks = ranks_of(table, column);
  std::vector<std::int64_t> strata;
  strata.reserve(rows.size());
  for (const auto row : rows) strata.push_back(ranks[static_cast<std::size_t>(row)]);
  return balanced_weights(strata);
}

std::vector<double> weights_in(const Table& table, std::span<const std::int64_t> rows,
                               std::int64_t column, const std::string& name) {
  const std::string key = "train.sampling.column";
  std::vector<double> weights;
  weights.reserve(rows.size());
  for (const auto row : rows) {
    const auto number = table.number(column, row);
    if (number.kind != NumberKind::number || number.value < 0.0) {
      refuse(table, row, key, name, "holds no number from 0 on here; a weight is one");
    }
    weights.push_back(number.value);
  }
  if (std::none_of(weights.begin(), weights.end(), [](double weight) { return weight > 0.0; })) {
    throw Error(ErrorKind::data, table.path() + ": column '" + name + "', which " + key +
                                     " names, is 0 in all training rows; one at least must weigh "
                                     "something");
  }
  return weights;
}

}  // namespace

std::vector<std::int64_t> ranks_of(const Table& table, std::int64_t column) {
  std::unordered_map<std::string_view, std::int64_t> index;
  for (std::int64_t row = 0; row < table.rows(); ++row) index.emplace(table.cell(column, row), 0);
  std::vector<std::string_view> texts;
  for (const auto& entry : index) texts.push_back(entry.first);
  std::sort(texts.begin(), texts.end());
  for (std::size_t i = 0; i < texts.size(); ++i) index[texts[i]] = static_cast<std::int64_t>(i);
  std::vector<std::int64_t> ranks(static_cast<std::size_t>(table.rows()));
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    ranks[static_cast<std::size_t>(row)] = index.find(table.cell(column, row))->second;
  }
  return ranks;
}

SplitKeys split_keys(const Table& table, const TaskConfig& task, const SplitConfig& split) {
  SplitKeys keys;
  keys.rows = table.rows();
  if (!split.validation && !split.test) return keys;
  if (split.time) {
    const auto column = column_of(table, *split.time, "data.split.time");
    require_values(table, column, "data.split.time", *split.time);
    keys.times = times_of(table, column, *split.time);
    return keys;
  }
  if (split.stratify && task.type == TaskType::classification && task.target) {
    const auto column = table.find(*task.target);
    if (column >= 0) keys.strata = ranks_of(table, column);
  }
  if (split.group) {
    const auto column = column_of(table, *split.group, "data.split.group");
    require_values(table, column, "data.split.group", *split.group);
    keys.groups = ranks_of(table, column);
    return keys;
  }
  keys.duplicates = first_equal_rows(table);
  if (count_repeats(keys.duplicates) == 0) keys.duplicates.clear();
  return keys;
}

std::vector<double> sampling_weights(const Table& table, std::span<const std::int64_t> rows,
                                     const TaskConfig& task, const SamplingConfig& sampling) {
  const std::string key = "train.sampling.column";
  switch (sampling.by) {
    case SamplingBy::uniform: return {};
    case SamplingBy::by_class:
      return balanced_by(table, rows, column_of(table, *task.target, "task.target"));
    case SamplingBy::group:
      return balanced_by(table, rows, column_of(table, *sampling.column, key));
    case SamplingBy::weight:
      return weights_in(table, rows, column_of(table, *sampling.column, key), *sampling.column);
  }
  return {};
}

}  // namespace candor
