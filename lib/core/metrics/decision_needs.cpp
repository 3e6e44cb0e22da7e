// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/decision_needs.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/base/counted.h"
#include "core/config/check_evaluate.h"
#include "core/decide/conformal.h"

namespace candor {
namespace {

// Where the rows come from, and the way to more of them.
std::string source_of(const RunConfig& config) {
  return sets_from_folds(config) ? "rows that cross_validation holds out"
                                 : "calibration rows of data.split.calibration";
}
std::string more_rows(const RunConfig& config) {
  return sets_from_folds(config) ? "give more data" : "raise data.split.calibration";
}

// Rows of each class, without those that weigh nothing.
struct ClassCounts {
  std::size_t negative = 0, positive = 0;

  bool both() const { return negative > 0 && positive > 0; }
};

bool counts(const FittingRows& rows, std::size_t row) {
  return rows.weights.empty() || rows.weights[row] > 0.0;
}

void add(ClassCounts& counts, std::int64_t label) {
  ++(label == 1 ? counts.positive : counts.negative);
}

std::map<std::string, std::size_t> group_sizes(const std::vector<std::string>& values) {
  std::map<std::string, std::size_t> sizes;
  for (const auto& value : values) ++sizes[value];
  return sizes;
}

std::size_t too_small(const std::map<std::string, std::size_t>& sizes, std::size_t needed) {
  return static_cast<std::size_t>(std::count_if(
      sizes.begin(), sizes.end(), [needed](const auto& group) { return group.second < needed; }));
}

void check_sets(const RunConfig& config, const FittingRows& rows) {
  const auto& conformal = *config.calibration.conformal;
  const auto needed = rows_needed(conformal.alpha);
  if (rows.count < needed) {
    throw Error(ErrorKind::data,
                fmt::format("calibration.conformal.alpha {} needs {} {}; there are {}; {}, or set "
                            "alpha to {:.4g} or more",
                            conformal.alpha, needed, source_of(config), rows.count,
                            more_rows(config), smallest_alpha(rows.count)));
  }
  if (!conformal.group) return;
  const auto sizes = group_sizes(rows.groups.at(*conformal.group));
  if (too_small(sizes, needed) < sizes.size()) return;
  std::size_t most = 0;
  for (const auto& [group, size] : sizes) most = std::max(most, size);
  throw Error(ErrorKind::data,
              fmt::format("calibration.conformal.group '{}': alpha {} needs {} {} in a group, and "
                          "the largest of {} has {}, so that every row would get every answer; {}, "
                          "set alpha to {:.4g} or more, or remove the group "
                          "(~calibration.conformal.group)",
                          *conformal.group, conformal.alpha, needed, source_of(config),
                          counted(static_cast<std::int64_t>(sizes.size()), "group"), most,
                          more_rows(config), smallest_alpha(most)));
}

// The key that asks for a threshold which rows decide.
std::string chosen_threshold(const ThresholdConfig& threshold) {
  return threshold.maximize ? "maximize" : threshold.recall ? "recall" : "precision";
}

void check_threshold(const RunConfig& config, const FittingRows& rows) {
  ClassCounts found;
  for (std::size_t row = 0; row < rows.labels.size(); ++row) {
    if (counts(rows, row)) add(found, rows.labels[row]);
  }
  if (found.both()) return;
  throw Error(ErrorKind::data,
              fmt::format("task.threshold.{} needs rows of both classes among the {}; of {} there "
                          "are {} positive and {} negative ones; {}, or give a number",
                          chosen_threshold(*config.task.threshold), source_of(config), rows.count,
                          found.positive, found.negative, more_rows(config)));
}

std::map<std::string, ClassCounts> class_counts_of_groups(const FittingRows& rows,
                                                          const std::string& column) {
  const auto& values = rows.groups.at(column);
  std::map<std::string, ClassCounts> groups;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (counts(rows, row)) add(groups[values[row]], rows.labels[row]);
  }
  return groups;
}

[[noreturn]] void refuse_group_thresholds(const RunConfig& config, const std::string& what,
                                          const std::string& other_way = "") {
  throw Error(ErrorKind::data, fmt::format("calibration.group_thresholds.group '{}': {}; {}{}",
                                           config.calibration.group_thresholds->group, what,
                                           other_way, more_rows(config)));
}

void check_group_thresholds(const RunConfig& config, const FittingRows& rows) {
  const auto& thresholds = *config.calibration.group_thresholds;
  const auto groups = class_counts_of_groups(rows, thresholds.group);
  if (groups.size() < 2) {
    refuse_group_thresholds(
        config,
        fmt::format("needs rows of two groups at least; the {} {} have {}", rows.count,
                    source_of(config), counted(static_cast<std::int64_t>(groups.size()), "group")));
  }
  const auto one_sided = std::count_if(groups.begin(), groups.end(),
                                       [](const auto& group) { return !group.second.both(); });
  if (thresholds.constraint == GroupConstraint::equalized_odds && one_sided > 0) {
    refuse_group_thresholds(
        config,
        fmt::format("equalized_odds compares both classes, and {} of {} groups have rows "
                    "of one alone among the {}",
                    one_sided, groups.size(), source_of(config)),
        "set constraint to demographic_parity, or ");
  }
  const auto decided = rows.decided.find(thresholds.group);
  if (decided == rows.decided.end()) return;
  const auto sizes = group_sizes(decided->second);
  std::size_t unknown = 0, unknown_rows = 0;
  for (const auto& [group, size] : sizes) {
    if (groups.contains(group)) continue;
    ++unknown;
    unknown_rows += size;
  }
  if (unknown == 0) return;
  refuse_group_thresholds(
      config,
      fmt::format("{} of the {} groups that are to be decided on ({}) have none of the {} "
                  "{}, and so no threshold",
                  unknown, sizes.size(), counted(static_cast<std::int64_t>(unknown_rows), "row"),
                  rows.count, source_of(config)));
}

}  // namespace

std::vector<std::string> decision_columns(const RunConfig& config) {
  std::vector<std::string> columns;
  const auto& calibration = config.calibration;
  if (calibration.group_thresholds) columns.push_back(calibration.group_thresholds->group);
  if (calibration.conformal && calibration.conformal->group) {
    const auto& group = *calibration.conformal->group;
    if (columns.empty() || columns.front() != group) columns.push_back(group);
  }
  return columns;
}

void check_two_labels(const RunConfig& config, const std::vector<std::string>& labels) {
  if (config.task.type != TaskType::classification || labels.size() == 2) return;
  const bool threshold = config.task.threshold.has_value();
  if (!(threshold || config.calibration.group_thresholds)) return;
  const auto* key = threshold ? "task.threshold" : "calibration.group_thresholds";
  throw Error(ErrorKind::config,
              fmt::format("{}: a threshold decides between two classes, and the data has {}; "
                          "remove it (~{})",
                          key, labels.size(), key));
}

void check_fitting_rows(const RunConfig& config, const FittingRows& rows) {
  const auto& threshold = config.task.threshold;
  if (threshold && !threshold->value) check_threshold(config, rows);
  if (config.calibration.group_thresholds) check_group_thresholds(config, rows);
  if (config.calibration.conformal) check_sets(config, rows);
}

std::vector<std::string> fitting_warnings(const RunConfig& config, const FittingRows& rows) {
  const auto& conformal = config.calibration.conformal;
  if (!conformal || !conformal->group) return {};
  const auto needed = rows_needed(conformal->alpha);
  const auto sizes = group_sizes(rows.groups.at(*conformal->group));
  const auto small = too_small(sizes, needed);
  if (small == 0) return {};
  return {fmt::format(
      "calibration.conformal.group '{}': {} of {} groups have fewer than {} {}, "
      "which alpha {} needs; their rows get every answer",
      *conformal->group, small, sizes.size(), needed, source_of(config), conformal->alpha)};
}

}  // namespace candor
