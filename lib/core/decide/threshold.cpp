// SPDX-License-Identifier: Apache-2.0
#include "core/decide/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <candor/error.h>

#include "core/base/nearest.h"

namespace candor {
namespace {

// Sums of the same rows in another order differ by less; thresholds that differ by less are equal.
constexpr double kEqual = 1e-12;

constexpr std::pair<ThresholdMetric, const char*> kNames[] = {
    {ThresholdMetric::accuracy, "accuracy"},
    {ThresholdMetric::balanced_accuracy, "balanced_accuracy"},
    {ThresholdMetric::f1, "f1"},
    {ThresholdMetric::mcc, "mcc"},
    {ThresholdMetric::youden, "youden"}};

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

// Between two distinct scores, and above the lower one even where no number lies between them.
double between(double lower, double higher) {
  const auto middle = lower + (higher - lower) / 2;
  return middle > lower ? middle : higher;
}

double mcc(const Outcomes& o) {
  const auto rejected = o.true_negative + o.false_negative;
  const auto scale = std::sqrt(o.selected()) * std::sqrt(rejected) * std::sqrt(o.positives()) *
                     std::sqrt(o.negatives());
  return ratio(o.true_positive * o.true_negative - o.false_positive * o.false_negative, scale);
}

// True when `a` is to be preferred to `b` among equally good thresholds.
bool nearer_to_half(double a, double b) {
  const auto distance = std::abs(a - 0.5);
  const auto other = std::abs(b - 0.5);
  return distance != other ? distance < other : a < b;
}

const Cut& best_cut(const std::vector<Cut>& all, ThresholdMetric metric) {
  std::vector<double> values;
  values.reserve(all.size());
  for (const auto& cut : all) values.push_back(metric_of(metric, cut.outcomes));
  const auto highest = *std::max_element(values.begin(), values.end());
  const Cut* best = nullptr;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (values[i] < highest - kEqual) continue;
    if (best == nullptr || nearer_to_half(all[i].threshold, best->threshold)) best = &all[i];
  }
  return *best;
}

// `all` falls, so the first is the highest.
const Cut& cut_at_recall(const std::vector<Cut>& all, double recall) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Cut& cut) {
    return cut.outcomes.recall() >= recall - kEqual;
  });
  return found == all.end() ? all.back() : *found;
}

const Cut& cut_at_precision(const std::vector<Cut>& all, double precision) {
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Cut& cut) {
    return cut.outcomes.precision() >= precision - kEqual;
  });
  if (found != all.rend()) return *found;
  const auto& highest = *std::max_element(all.begin(), all.end(), [](const Cut& a, const Cut& b) {
    return a.outcomes.precision() < b.outcomes.precision();
  });
  throw Error(ErrorKind::data,
              fmt::format("task.threshold: no threshold has a precision of {} on the calibration "
                          "rows; the highest is {:.4g}, at {:.4g} with a recall of {:.4g}; ask for "
                          "less, or give data.split.calibration more rows",
                          precision, highest.outcomes.precision(), highest.threshold,
                          highest.outcomes.recall()));
}

void check_share(const char* name, double value) {
  if (value > 0.0 && value <= 1.0) return;
  throw Error(ErrorKind::config,
              fmt::format("task.threshold.{}: found {}; allowed: above 0, to 1", name, value));
}

void check_choice(const ThresholdChoice& choice) {
  if (const auto* fixed = std::get_if<FixedThreshold>(&choice);
      fixed && !std::isfinite(fixed->value)) {
    throw Error(ErrorKind::config, "task.threshold: found a number that is not finite");
  }
  if (const auto* at = std::get_if<ThresholdAtRecall>(&choice)) check_share("recall", at->recall);
  if (const auto* at = std::get_if<ThresholdAtPrecision>(&choice)) {
    check_share("precision", at->precision);
  }
}

void check_both_classes(const Cut& cut) {
  if (cut.outcomes.positives() > 0.0 && cut.outcomes.negatives() > 0.0) return;
  throw Error(
      ErrorKind::data,
      fmt::format("task.threshold: the calibration rows have no {} one, so that no threshold "
                  "can be chosen; give a number, or data.split.calibration more rows",
                  cut.outcomes.positives() > 0.0 ? "negative" : "positive"));
}

Outcomes outcomes_at(const BinaryScores& scores, double threshold) {
  Outcomes outcomes;
  for (std::size_t i = 0; i < scores.score.size(); ++i) {
    const auto weight = scores.weight.empty() ? 1.0 : scores.weight[i];
    const bool selected = scores.score[i] >= threshold;
    (scores.positive[i] ? (selected ? outcomes.true_positive : outcomes.false_negative)
                        : (selected ? outcomes.false_positive : outcomes.true_negative)) += weight;
  }
  return outcomes;
}

}  // namespace

double Outcomes::recall() const { return ratio(true_positive, positives()); }
double Outcomes::precision() const { return ratio(true_positive, selected()); }

double metric_of(ThresholdMetric metric, const Outcomes& o) {
  const auto true_positive_rate = o.recall();
  const auto true_negative_rate = ratio(o.true_negative, o.negatives());
  switch (metric) {
    case ThresholdMetric::accuracy: return ratio(o.true_positive + o.true_negative, o.total());
    case ThresholdMetric::balanced_accuracy: return (true_positive_rate + true_negative_rate) / 2;
    case ThresholdMetric::f1:
      return ratio(2 * o.true_positive, 2 * o.true_positive + o.false_positive + o.false_negative);
    case ThresholdMetric::mcc: return mcc(o);
    case ThresholdMetric::youden: return true_positive_rate + true_negative_rate - 1;
  }
  return 0.0;
}

BinaryScores binary_scores(const CalibrationRows& rows) {
  check_two_classes(rows, "task.threshold");
  BinaryScores scores;
  scores.weight = rows.weights;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    scores.score.push_back(rows.positive(i));
    scores.positive.push_back(rows.labels[i] == 1);
  }
  return scores;
}

std::vector<Cut> cuts(const BinaryScores& scores) {
  std::vector<std::size_t> order;
  Outcomes outcomes;
  for (std::size_t i = 0; i < scores.score.size(); ++i) {
    if (!std::isfinite(scores.score[i])) {
      throw Error(
          ErrorKind::data,
          fmt::format("score of row {}: found {}; allowed: a finite number", i, scores.score[i]));
    }
    const auto weight = scores.weight.empty() ? 1.0 : scores.weight[i];
    if (weight == 0.0) continue;
    (scores.positive[i] ? outcomes.false_negative : outcomes.true_negative) += weight;
    order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scores.score[a] != scores.score[b] ? scores.score[a] > scores.score[b] : a < b;
  });
  std::vector<Cut> all;
  if (order.empty()) return all;
  const auto highest = scores.score[order.front()];
  all.push_back({std::nextafter(highest, std::numeric_limits<double>::infinity()), outcomes});
  const auto positives = outcomes.false_negative;
  const auto negatives = outcomes.true_negative;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto row = order[i];
    const auto weight = scores.weight.empty() ? 1.0 : scores.weight[row];
    (scores.positive[row] ? outcomes.true_positive : outcomes.false_positive) += weight;
    const bool last = i + 1 == order.size();
    const auto score = scores.score[row];
    if (!last && scores.score[order[i + 1]] == score) continue;
    // The rest by subtraction, and exactly nothing at the end.
    outcomes.false_negative = last ? 0.0 : std::max(0.0, positives - outcomes.true_positive);
    outcomes.true_negative = last ? 0.0 : std::max(0.0, negatives - outcomes.false_positive);
    all.push_back({last ? score : between(scores.score[order[i + 1]], score), outcomes});
  }
  return all;
}

ChosenThreshold choose_threshold(const BinaryScores& scores, const ThresholdChoice& choice) {
  check_choice(choice);
  const auto how = describe(choice);
  if (const auto* fixed = std::get_if<FixedThreshold>(&choice)) {
    return {fixed->value, how, outcomes_at(scores, fixed->value)};
  }
  const auto all = cuts(scores);
  if (all.empty()) {
    throw Error(ErrorKind::data, "task.threshold: there are no calibration rows with weight");
  }
  check_both_classes(all.front());
  const auto& cut = [&]() -> const Cut& {
    if (const auto* maximize = std::get_if<MaximizeMetric>(&choice)) {
      return best_cut(all, maximize->metric);
    }
    if (const auto* at = std::get_if<ThresholdAtRecall>(&choice)) {
      return cut_at_recall(all, at->recall);
    }
    return cut_at_precision(all, std::get<ThresholdAtPrecision>(choice).precision);
  }();
  return {cut.threshold, how, cut.outcomes};
}

std::string describe(const ThresholdChoice& choice) {
  if (const auto* maximize = std::get_if<MaximizeMetric>(&choice)) {
    return "maximum of " + threshold_metric_names()[static_cast<std::size_t>(maximize->metric)];
  }
  if (const auto* at = std::get_if<ThresholdAtRecall>(&choice)) {
    return fmt::format("recall of at least {}", at->recall);
  }
  if (const auto* at = std::get_if<ThresholdAtPrecision>(&choice)) {
    return fmt::format("precision of at least {}", at->precision);
  }
  return "fixed";
}

std::vector<std::string> threshold_metric_names() {
  std::vector<std::string> names;
  for (const auto& [metric, name] : kNames) names.emplace_back(name);
  return names;
}

ThresholdMetric threshold_metric(const std::string& name, const std::string& where) {
  for (const auto& [metric, known] : kNames) {
    if (name == known) return metric;
  }
  throw Error(ErrorKind::config,
              where + ": found '" + name + "'; allowed: " + join(threshold_metric_names()));
}

}  // namespace candor
