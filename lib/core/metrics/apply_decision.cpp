// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include <candor/error.h>

#include "core/metrics/decisions.h"
#include "core/metrics/group_columns.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

// Groups of one row, of the columns that a rule asks for.
RowGroups groups_of(const Scored& scored, const std::vector<std::string>& columns,
                    std::size_t row) {
  RowGroups groups;
  for (const auto& column : columns) {
    const auto found = scored.groups.find(column);
    if (found != scored.groups.end()) groups[column] = found->second[row];
  }
  return groups;
}

Decision decide_row(const DecisionRule& rule, const Scored& scored,
                    std::span<const double> probabilities, const RowGroups& groups,
                    std::size_t row) {
  try {
    return decide(rule, probabilities, groups);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::request) throw;
    const auto place = scored.ids.empty() ? fmt::format("row {}", row) : scored.ids[row];
    throw Error(ErrorKind::data, place + ": " + error.what());
  }
}

DecisionTally tally_for(const DecisionRule& rule) {
  DecisionTally tally;
  tally.classes = rule.conformal ? rule.classes : 0;
  tally.intervals = rule.conformal && rule.classes == 0;
  tally.abstention = rule.abstention.has_value();
  return tally;
}

void add_row(DecisionTally& tally, double size, double weight) {
  if (weight > 0.0) {
    tally.sizes.add(size, weight);
    tally.smallest = std::min(tally.smallest, size);
    tally.largest = std::max(tally.largest, size);
  }
  tally.weight += weight;
  tally.weight_squares += weight * weight;
  ++tally.rows;
}

void add(DecisionTally& tally, const Decision& decision, std::int64_t target, double weight) {
  double size = 0.0;
  if (decision.set) {
    const auto& set = *decision.set;
    tally.covered.add(std::find(set.begin(), set.end(), target) != set.end(), weight);
    size = static_cast<double>(set.size());
  }
  add_row(tally, size, weight);
  tally.answered.add(!decision.abstained, weight);
  if (!decision.abstained) tally.right_of_answered.add(decision.label == target, weight);
}

void add(DecisionTally& tally, const PredictionInterval& interval, double target, double weight) {
  tally.covered.add(interval.low <= target && target <= interval.high, weight);
  add_row(tally, interval.high - interval.low, weight);
}

// Of all rows, and of each group.
class Tallies {
 public:
  Tallies(const Scored& scored, const DecisionRule& rule)
      : weights_(row_weights(scored)),
        columns_(group_columns(scored.groups, /*most_crossed=*/1)),
        all_(tally_for(rule)) {
    for (const auto& column : columns_) by_group_.emplace_back(column.values.size(), all_);
  }

  template <class Answer, class Target>
  void count(std::size_t row, const Answer& answer, const Target& target) {
    add(all_, answer, target, weights_[row]);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      add(by_group_[c][columns_[c].codes[row]], answer, target, weights_[row]);
    }
  }

  void fill(DecisionReport& report, double confidence) const {
    report.all = all_;
    report.metrics = decision_metrics(all_, confidence);
    if (report.metrics.empty()) return;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (std::size_t value = 0; value < columns_[c].values.size(); ++value) {
        const auto& tally = by_group_[c][value];
        report.by_group.push_back(tally);
        report.groups.push_back({columns_[c].name(), columns_[c].values[value], tally.rows,
                                 decision_metrics(tally, confidence)});
      }
    }
  }

 private:
  std::vector<double> weights_;
  std::vector<GroupColumn> columns_;
  DecisionTally all_;
  std::vector<std::vector<DecisionTally>> by_group_;  // [column][value]
};

// The rule does not keep their names.
void add_unknown_groups(const Scored& scored, const Conformal& conformal,
                        std::vector<std::string>& lines) {
  const auto found = scored.groups.find(conformal.group_column);
  if (found == scored.groups.end()) return;
  const std::set<std::string> all(found->second.begin(), found->second.end());
  const auto count = std::count_if(all.begin(), all.end(), [&](const std::string& group) {
    return !conformal.group_quantiles.contains(group);
  });
  if (count == 0) return;
  lines.push_back(
      fmt::format("rows of {} of {} groups of {} get every answer: fewer than {} calibration rows",
                  count, all.size(), conformal.group_column, rows_needed(conformal.alpha)));
}

void apply_to_classes(Scored& scored, const DecisionRule& rule, Tallies& tallies) {
  const auto classes = scored.labels.size();
  const auto columns = rule.group_columns();
  std::vector<double> own(classes);
  scored.decided.clear();
  for (std::size_t row = 0; row < scored.target.size(); ++row) {
    auto* probabilities = scored.probabilities.data() + row * classes;
    std::copy(probabilities, probabilities + classes, own.begin());
    const auto decision = decide_row(rule, scored, own, groups_of(scored, columns, row), row);
    for (std::size_t k = 0; k < classes; ++k) {
      probabilities[k] = static_cast<float>(decision.probabilities[k]);
    }
    scored.decided.push_back(decision.label);
    tallies.count(row, decision, scored.target[row]);
  }
  if (rule.threshold) scored.threshold = {rule.threshold->value, rule.threshold->chosen_by};
  scored.decided_by = rule.decided_by();
}

void apply_to_values(const Scored& scored, const DecisionRule& rule, Tallies& tallies) {
  const auto columns = rule.group_columns();
  for (std::size_t row = 0; row < scored.value.size(); ++row) {
    const auto interval = decide_interval(rule, scored.value[row], groups_of(scored, columns, row));
    if (interval) tallies.count(row, *interval, scored.target_value[row]);
  }
}

std::vector<ClassFrequency> frequencies_of(const Scored& scored, const PriorShift& shift) {
  std::vector<ClassFrequency> frequencies;
  for (std::size_t k = 0; k < scored.labels.size(); ++k) {
    ClassFrequency frequency;
    frequency.label = scored.labels[k];
    frequency.training = shift.training[k];
    frequency.assumed = shift.target[k];
    if (!shift.low.empty()) {
      frequency.low = shift.low[k];
      frequency.high = shift.high[k];
    }
    frequencies.push_back(std::move(frequency));
  }
  const auto rows = static_cast<double>(scored.target.size());
  for (const auto label : scored.target) ++frequencies[static_cast<std::size_t>(label)].observed;
  for (auto& frequency : frequencies) frequency.observed /= rows > 0.0 ? rows : 1.0;
  return frequencies;
}

}  // namespace

void apply_decision(Scored& scored, const DecisionRule& rule, double confidence) {
  if (rule.plain()) return;
  Tallies tallies(scored, rule);
  if (scored.kind == OutputKind::classification) {
    apply_to_classes(scored, rule, tallies);
  } else if (scored.kind == OutputKind::regression) {
    apply_to_values(scored, rule, tallies);
  }
  auto& report = scored.decision.emplace();
  report.rule = rule.summary();
  if (rule.priors) report.frequencies = frequencies_of(scored, *rule.priors);
  if (rule.conformal) add_unknown_groups(scored, *rule.conformal, report.rule);
  tallies.fill(report, confidence);
}

}  // namespace candor
