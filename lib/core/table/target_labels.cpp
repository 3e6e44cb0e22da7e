// SPDX-License-Identifier: Apache-2.0
#include "core/table/target_labels.h"

#include <candor/error.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/base/nearest.h"
#include "core/table/number.h"

namespace candor {
namespace {

// Digits of any length compare without overflow: sign, then length, then digits.
bool smaller_integer(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& text) {
    const bool negative = text.front() == '-';
    std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    return std::tuple(negative, digits.size(), digits);
  };
  const auto [a_negative, a_size, a_digits] = key(a);
  const auto [b_negative, b_size, b_digits] = key(b);
  if (a_negative != b_negative) return a_negative;
  const auto left = std::tie(a_size, a_digits);
  const auto right = std::tie(b_size, b_digits);
  if (left == right) return a < b;  // "1" and "01" stay two classes
  return a_negative ? right < left : left < right;
}

std::vector<std::string> distinct(const Table& table, std::span<const std::int64_t> rows,
                                  std::int64_t column) {
  std::unordered_set<std::string_view> seen;
  for (const auto row : rows) {
    const auto cell = table.cell(column, row);
    if (cell.empty()) {
      throw Error(ErrorKind::data, table.place(row) + ": the target '" +
                                       table.columns()[static_cast<std::size_t>(column)] +
                                       "' is missing; fill it in, or remove the row");
    }
    seen.insert(cell);
  }
  return {seen.begin(), seen.end()};
}

void check_count(const std::vector<std::string>& labels, const Table& table,
                 const std::string& target) {
  const auto start = table.path() + ": the target '" + target + "' has ";
  if (labels.size() < 2) {
    throw Error(ErrorKind::data,
                start + std::to_string(labels.size()) +
                    " class in the training rows; classification needs two or more");
  }
  if (labels.size() <= kMostClasses) return;
  const bool numbers = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return parse_number(label).kind == NumberKind::number;
  });
  throw Error(ErrorKind::data,
              start + std::to_string(labels.size()) + " classes, " + std::to_string(kMostClasses) +
                  " are allowed; " +
                  (numbers ? "it looks like a number: set task.type to regression"
                           : "set task.target to a column with fewer different values"));
}

void move_positive_last(std::vector<std::string>& labels, const std::string& positive,
                        const std::string& target) {
  const auto found = std::find(labels.begin(), labels.end(), positive);
  if (labels.size() != 2) {
    throw Error(ErrorKind::config,
                "task.positive: only a target with two classes has a positive one; '" + target +
                    "' has " + std::to_string(labels.size()) + "; remove task.positive");
  }
  if (found == labels.end()) {
    const auto near = nearest_name(positive, labels);
    throw Error(ErrorKind::config, "task.positive: '" + positive + "' is not a class of '" +
                                       target + "'" +
                                       (near ? " (did you mean '" + *near + "'?)" : "") +
                                       "; classes: " + join(labels));
  }
  if (found == labels.begin()) std::swap(labels[0], labels[1]);
}

}  // namespace

void sort_labels(std::vector<std::string>& labels) {
  const bool integers = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return is_integer_text(label);
  });
  if (integers) {
    std::sort(labels.begin(), labels.end(), smaller_integer);
  } else {
    std::sort(labels.begin(), labels.end());
  }
}

std::vector<std::string> fit_labels(const Table& table, std::span<const std::int64_t> rows,
                                    std::int64_t target, const TaskConfig& task) {
  const auto& name = table.columns()[static_cast<std::size_t>(target)];
  auto labels = distinct(table, rows, target);
  sort_labels(labels);
  check_count(labels, table, name);
  if (task.positive) move_positive_last(labels, *task.positive, name);
  return labels;
}

}  // namespace candor
