// SPDX-License-Identifier: Apache-2.0
#include "core/decide/group_thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <candor/error.h>

#include "core/base/nearest.h"
#include "core/decide/group_cuts.h"

namespace candor {
namespace {

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

struct Sums {
  double weight = 0.0, selected = 0.0;
  double positives = 0.0, true_positives = 0.0;

  double negatives() const { return weight - positives; }
  double false_positives() const { return selected - true_positives; }
};

void add(Sums& sums, double weight, bool positive, double selection) {
  sums.weight += weight;
  sums.selected += weight * selection;
  if (!positive) return;
  sums.positives += weight;
  sums.true_positives += weight * selection;
}

template <class Rate>
double range_of(const std::vector<GroupRates>& groups, Rate rate) {
  double low = 1.0, high = 0.0;
  for (const auto& group : groups) {
    low = std::min(low, rate(group));
    high = std::max(high, rate(group));
  }
  return std::max(0.0, high - low);
}

void check_input(const CalibrationRows& rows, const std::string& column,
                 const GroupChoice& choice) {
  check_rows(rows);
  check_two_classes(rows, "thresholds by group");
  if (rows.groups.empty()) {
    throw Error(ErrorKind::failed,
                "thresholds by group: the rows have no values of '" + column + "'");
  }
  if (!(choice.max_difference >= 0.0 && choice.max_difference <= 1.0)) {
    throw Error(ErrorKind::config,
                fmt::format("thresholds by group: found the gap {}; allowed: 0 to 1",
                            choice.max_difference));
  }
}

std::vector<double> selections(const CalibrationRows& rows, const GroupThresholds& thresholds) {
  std::vector<double> selection;
  selection.reserve(rows.count());
  for (std::size_t i = 0; i < rows.count(); ++i) {
    selection.push_back(
        rows.weight(i) > 0.0 ? thresholds.selection(rows.positive(i), rows.groups[i]) : 0.0);
  }
  return selection;
}

}  // namespace

double GroupThresholds::selection(double score, const std::string& group) const {
  const auto found = groups.find(group);
  if (found == groups.end()) {
    std::vector<std::string> known;
    for (const auto& [name, mix] : groups) known.push_back(name);
    throw Error(ErrorKind::request, "column '" + column +
                                        "': a group the thresholds do not know; " +
                                        "allowed: " + join(known));
  }
  double probability = 0.0;
  for (const auto& part : found->second) {
    if (score >= part.threshold) probability += part.probability;
  }
  return std::min(1.0, probability);
}

GroupEffect measure_group_effect(const CalibrationRows& rows,
                                 const std::vector<double>& selection) {
  std::map<std::string, Sums> by_group;
  Sums all;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (rows.weight(i) == 0.0) continue;
    add(by_group[rows.groups[i]], rows.weight(i), rows.labels[i] == 1, selection[i]);
    add(all, rows.weight(i), rows.labels[i] == 1, selection[i]);
  }
  GroupEffect effect;
  for (const auto& [name, sums] : by_group) {
    effect.groups.push_back({name, sums.weight, ratio(sums.selected, sums.weight),
                             ratio(sums.true_positives, sums.positives),
                             ratio(sums.false_positives(), sums.negatives())});
  }
  effect.demographic_parity_difference =
      range_of(effect.groups, [](const GroupRates& group) { return group.selection; });
  effect.equalized_odds_difference =
      std::max(range_of(effect.groups, [](const GroupRates& g) { return g.true_positive_rate; }),
               range_of(effect.groups, [](const GroupRates& g) { return g.false_positive_rate; }));
  const auto true_negatives = all.negatives() - all.false_positives();
  effect.accuracy = ratio(all.true_positives + true_negatives, all.weight);
  effect.balanced_accuracy =
      (ratio(all.true_positives, all.positives) + ratio(true_negatives, all.negatives())) / 2;
  return effect;
}

GroupFit fit_group_thresholds(const CalibrationRows& rows, const std::string& column,
                              const GroupChoice& choice, double threshold) {
  check_input(rows, column, choice);
  const auto groups = group_cuts(rows);
  if (groups.size() < 2) {
    throw Error(ErrorKind::data, fmt::format("thresholds by group: column '{}' has {} group on the "
                                             "calibration rows; two at least are needed",
                                             column, groups.size()));
  }
  GroupFit fit;
  fit.thresholds = {column, choice.constraint, choice.objective, choice.max_difference, {}};
  fit.thresholds.groups = choice.constraint == GroupConstraint::demographic_parity
                              ? parity_thresholds(groups, choice)
                              : odds_thresholds(groups, choice);
  std::vector<double> before;
  for (std::size_t i = 0; i < rows.count(); ++i) before.push_back(rows.positive(i) >= threshold);
  fit.before = measure_group_effect(rows, before);
  fit.after = measure_group_effect(rows, selections(rows, fit.thresholds));
  fit.cost = choice.objective == GroupObjective::accuracy
                 ? fit.before.accuracy - fit.after.accuracy
                 : fit.before.balanced_accuracy - fit.after.balanced_accuracy;
  return fit;
}

}  // namespace candor
