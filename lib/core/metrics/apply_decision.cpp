// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

// A group with too few calibration rows has intervals without ends.
Metric mean_metric(const std::string& name, double sum, double weight) {
  auto metric = weight > 0.0 && std::isfinite(sum)
                    ? valued_metric(name, sum / weight)
                    : undefined_metric(
                          name, weight > 0.0 ? "some intervals have no ends" : "there are no rows");
  metric.higher_is_better = false;
  metric.method = "none";
  return metric;
}

// What is counted of the decisions on some rows.
struct Tally {
  Share covered, answered, right_of_answered;
  double sizes = 0.0;  // classes of the sets, or the intervals' widths
  double weight = 0.0;
  std::int64_t rows = 0;

  void add(const Decision& decision, std::int64_t target, double row_weight) {
    add_row(row_weight);
    if (decision.set) {
      const auto& set = *decision.set;
      covered.add(std::find(set.begin(), set.end(), target) != set.end(), row_weight);
      sizes += row_weight * static_cast<double>(set.size());
    }
    answered.add(!decision.abstained, row_weight);
    if (!decision.abstained) right_of_answered.add(decision.label == target, row_weight);
  }

  void add(const PredictionInterval& interval, double target, double row_weight) {
    add_row(row_weight);
    covered.add(interval.low <= target && target <= interval.high, row_weight);
    sizes += row_weight * (interval.high - interval.low);
  }

  std::vector<Metric> metrics(const DecisionRule& rule, const MeasureOptions& options) const {
    const std::string kind = rule.classes > 0 ? "set" : "interval";
    std::vector<Metric> metrics;
    if (rule.conformal) {
      metrics.push_back(share_metric(kind + "_coverage", covered, "there are no rows", options));
      metrics.push_back(
          mean_metric(rule.classes > 0 ? "set_size" : "interval_width", sizes, weight));
    }
    if (rule.abstention) {
      metrics.push_back(share_metric("answered", answered, "there are no rows", options));
      metrics.push_back(
          share_metric("accuracy_answered", right_of_answered, "no row is answered", options));
    }
    return metrics;
  }

 private:
  void add_row(double row_weight) {
    weight += row_weight;
    ++rows;
  }
};

// Of all rows, and of each group.
class Tallies {
 public:
  explicit Tallies(const Scored& scored)
      : weights_(row_weights(scored)), columns_(group_columns(scored.groups, /*most_crossed=*/1)) {
    for (const auto& column : columns_) by_group_.emplace_back(column.values.size());
  }

  template <class Answer, class Target>
  void add(std::size_t row, const Answer& answer, const Target& target) {
    all_.add(answer, target, weights_[row]);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      by_group_[c][columns_[c].codes[row]].add(answer, target, weights_[row]);
    }
  }

  void fill(DecisionReport& report, const DecisionRule& rule, const MeasureOptions& options) const {
    report.metrics = all_.metrics(rule, options);
    if (report.metrics.empty()) return;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (std::size_t value = 0; value < columns_[c].values.size(); ++value) {
        const auto& tally = by_group_[c][value];
        report.groups.push_back({columns_[c].name(), columns_[c].values[value], tally.rows,
                                 tally.metrics(rule, options)});
      }
    }
  }

 private:
  std::vector<double> weights_;
  std::vector<GroupColumn> columns_;
  Tally all_;
  std::vector<std::vector<Tally>> by_group_;  // [column][value]
};

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
    tallies.add(row, decision, scored.target[row]);
  }
  if (rule.threshold) scored.threshold = {rule.threshold->value, rule.threshold->chosen_by};
  scored.decided_by = rule.decided_by();
}

void apply_to_values(const Scored& scored, const DecisionRule& rule, Tallies& tallies) {
  const auto columns = rule.group_columns();
  for (std::size_t row = 0; row < scored.value.size(); ++row) {
    const auto interval = decide_interval(rule, scored.value[row], groups_of(scored, columns, row));
    if (interval) tallies.add(row, *interval, scored.target_value[row]);
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
  Tallies tallies(scored);
  if (scored.kind == OutputKind::classification) {
    apply_to_classes(scored, rule, tallies);
  } else if (scored.kind == OutputKind::regression) {
    apply_to_values(scored, rule, tallies);
  }
  auto& report = scored.decision.emplace();
  report.rule = rule.summary();
  if (rule.priors) report.frequencies = frequencies_of(scored, *rule.priors);
  tallies.fill(report, rule, MeasureOptions{confidence, true});
}

}  // namespace candor
