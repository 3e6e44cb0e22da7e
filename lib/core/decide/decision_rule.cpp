// SPDX-License-Identifier: Apache-2.0
#include "core/decide/decision_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include <candor/error.h>

#include "core/base/printable.h"
#include "core/decide/decision_names.h"

namespace candor {
namespace {

std::optional<std::string> value_of(const RowGroups& groups, const std::string& column) {
  const auto found = groups.find(column);
  if (found == groups.end()) return std::nullopt;
  return found->second;
}

std::string group_of(const GroupThresholds& thresholds, const RowGroups& groups) {
  auto group = value_of(groups, thresholds.column);
  if (group) return *std::move(group);
  throw Error(ErrorKind::request, "column '" + thresholds.column +
                                      "' is missing: this model decides by it; send its value");
}

bool selected_by_group(const GroupThresholds& thresholds, double positive,
                       std::span<const double> probabilities, const RowGroups& groups) {
  const auto selection = thresholds.selection(positive, group_of(thresholds, groups));
  // The same row is always decided alike.
  return uniform_of(probabilities, "thresholds by group") < selection;
}

std::int64_t label_of(const DecisionRule& rule, const std::vector<double>& adjusted,
                      std::span<const double> probabilities, const RowGroups& groups) {
  if (rule.group_thresholds) {
    return selected_by_group(*rule.group_thresholds, adjusted.back(), probabilities, groups);
  }
  if (rule.threshold) return adjusted.back() >= rule.threshold->value;
  return std::max_element(adjusted.begin(), adjusted.end()) - adjusted.begin();
}

void add_calibration(std::vector<std::string>& lines, const DecisionRule& rule) {
  if (const auto* temperature = std::get_if<Temperature>(&rule.calibration)) {
    lines.push_back(fmt::format("probabilities at temperature {:.4g}", temperature->value));
  } else if (std::holds_alternative<Isotonic>(rule.calibration)) {
    lines.emplace_back("probabilities by isotonic regression");
  }
}

std::string conformal_line(const Conformal& conformal) {
  const auto what = conformal.method == ConformalMethod::absolute_residual
                        ? "intervals"
                        : fmt::format("sets ({})", name_of(conformal.method));
  const auto share = fmt::format("{:.4g} %", 100 * (1 - conformal.alpha));
  const auto by =
      conformal.group_column.empty() ? "" : " in each group of " + conformal.group_column;
  if (conformal.folds == 0) return what + " that hold the truth in " + share + by;
  return fmt::format(
      "{} meant for {}{}, by what the models of {} folds said of {} rows that they had not seen: "
      "nothing is proven of this model, so go by the coverage that is measured",
      what, share, by, conformal.folds, conformal.rows);
}

// Thresholds that no probability reaches, or that every one does, have names.
std::string threshold_text(double threshold) {
  if (threshold <= kSelectAlways) return "always";
  if (threshold >= kSelectNever) return "never";
  return fmt::format("{:.4g}", threshold);
}

// "0.31", or drawn: "0.31 for 40 %, 0.52 for 60 %".
std::string mix_text(const std::vector<MixedThreshold>& mix) {
  if (mix.size() == 1) return threshold_text(mix.front().threshold);
  std::string text;
  for (const auto& part : mix) {
    text += fmt::format("{}{} for {:.3g} %", text.empty() ? "" : ", ",
                        threshold_text(part.threshold), 100 * part.probability);
  }
  return text;
}

constexpr std::size_t kMostThresholds = 24;  // that are told

void add_group_thresholds(std::vector<std::string>& lines, const GroupThresholds& thresholds) {
  std::size_t told = 0;
  for (const auto& [group, mix] : thresholds.groups) {
    if (++told > kMostThresholds) break;
    lines.push_back(fmt::format("threshold of {} {}: {}", one_line(thresholds.column),
                                one_line(group), mix_text(mix)));
  }
  if (thresholds.groups.size() <= kMostThresholds) return;
  lines.push_back(fmt::format("{} more thresholds are in decision.json",
                              thresholds.groups.size() - kMostThresholds));
}

}  // namespace

bool DecisionRule::plain() const {
  return std::holds_alternative<std::monostate>(calibration) && !priors && !threshold &&
         !group_thresholds && !conformal && !abstention;
}

std::vector<std::string> DecisionRule::group_columns() const {
  std::vector<std::string> columns;
  if (group_thresholds) columns.push_back(group_thresholds->column);
  if (conformal && !conformal->group_column.empty() &&
      (columns.empty() || columns.front() != conformal->group_column)) {
    columns.push_back(conformal->group_column);
  }
  return columns;
}

std::string DecisionRule::decided_by() const {
  if (group_thresholds) {
    return fmt::format("thresholds by {} ({})", group_thresholds->column,
                       name_of(group_thresholds->constraint));
  }
  if (threshold)
    return fmt::format("threshold {:.4g} ({})", threshold->value, threshold->chosen_by);
  return classes > 0 ? "the most probable class" : "";
}

std::vector<std::string> DecisionRule::summary() const {
  std::vector<std::string> lines;
  add_calibration(lines, *this);
  if (priors) lines.push_back("class frequencies: " + priors->chosen_by);
  if (classes > 0) lines.push_back(decided_by());
  if (group_thresholds) add_group_thresholds(lines, *group_thresholds);
  if (conformal) lines.push_back(conformal_line(*conformal));
  if (abstention) {
    lines.push_back(fmt::format("no answer below a probability of {:.4g} ({})", abstention->bound,
                                abstention->chosen_by));
  }
  return lines;
}

Decision decide(const DecisionRule& rule, std::span<const double> probabilities,
                const RowGroups& groups) {
  if (probabilities.size() != rule.classes || rule.classes < 2) {
    throw Error(ErrorKind::failed, fmt::format("decision: {} probabilities for {} classes",
                                               probabilities.size(), rule.classes));
  }
  Decision decision;
  auto& adjusted = decision.probabilities;
  adjusted.assign(probabilities.begin(), probabilities.end());
  calibrate(rule.calibration, adjusted);
  if (rule.priors) adjust_priors(*rule.priors, adjusted);
  decision.label = label_of(rule, adjusted, probabilities, groups);
  if (rule.conformal) {
    decision.set = prediction_set(*rule.conformal, probabilities,
                                  value_of(groups, rule.conformal->group_column));
  }
  if (rule.abstention) {
    decision.abstained =
        *std::max_element(adjusted.begin(), adjusted.end()) < rule.abstention->bound;
  }
  return decision;
}

void check_groups(const DecisionRule& rule, const RowGroups& groups) {
  if (!rule.group_thresholds) return;
  rule.group_thresholds->selection(0.0, group_of(*rule.group_thresholds, groups));
}

std::optional<PredictionInterval> decide_interval(const DecisionRule& rule, double prediction,
                                                  const RowGroups& groups) {
  if (!rule.conformal) return std::nullopt;
  return prediction_interval(*rule.conformal, prediction,
                             value_of(groups, rule.conformal->group_column));
}

}  // namespace candor
