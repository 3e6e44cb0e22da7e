// SPDX-License-Identifier: Apache-2.0
// The paired difference of a metric of the report.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string_view>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/classification_statistics.h"
#include "core/metrics/group_intervals.h"
#include "core/metrics/measures.h"
#include "core/metrics/paired_tests.h"
#include "core/metrics/regression_statistics.h"
#include "core/metrics/token_resample.h"

namespace candor {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::failed, "cannot compare: " + what);
}

const char* kind_name(OutputKind kind) {
  switch (kind) {
    case OutputKind::classification: return "classification";
    case OutputKind::regression: return "regression";
    case OutputKind::language_model: return "language_model";
  }
  return "";
}

void check_pair(const Scored& a, const Scored& b) {
  if (a.kind != b.kind) {
    refuse(fmt::format("one model does {}, the other {}", kind_name(a.kind), kind_name(b.kind)));
  }
  check_scored(a);
  check_scored(b);
  if (row_count(a) != row_count(b)) {
    refuse(fmt::format("one model has {} rows, the other {}", row_count(a), row_count(b)));
  }
  const auto both_have_ids = !a.ids.empty() && !b.ids.empty();
  if (both_have_ids && a.ids != b.ids) refuse("the rows have different ids, or another order");
  if (a.labels != b.labels) refuse("the models know different classes, or in another order");
  if (a.target != b.target || a.target_value != b.target_value) {
    refuse("the rows have different true labels or targets");
  }
  if (row_weights(a) != row_weights(b)) refuse("the rows have different weights");
  if (a.document_starts != b.document_starts) refuse("the documents begin at different tokens");
}

OutputKind kind_of(TaskType task) {
  if (task == TaskType::regression) return OutputKind::regression;
  if (task == TaskType::language_model) return OutputKind::language_model;
  return OutputKind::classification;
}

std::optional<Metric> metric_of(const std::string& name, const Scored& scored) {
  const MeasureOptions values{0.95, false};
  const auto metrics = scored.kind == OutputKind::classification
                           ? measure_classification(scored, values)
                       : scored.kind == OutputKind::regression ? measure_regression(scored, values)
                                                               : measure_language(scored, values);
  const auto* metric = find_metric(metrics, name);
  return metric == nullptr ? std::nullopt : std::optional(*metric);
}

void set_interval(Difference& difference, const std::optional<Interval>& interval,
                  std::string method) {
  if (!interval) return;
  difference.low = interval->low;
  difference.high = interval->high;
  difference.method = std::move(method);
}

// By the delta method, on the plain scale: differences have no end nearby.
void set_linearised(Difference& difference, double standard_error, double degrees,
                    double confidence, const std::string& method, double lowest, double highest) {
  if (!(standard_error > 0.0)) return;
  const auto half = student_factor(degrees, confidence) * standard_error;
  set_interval(difference,
               Interval{std::max(*difference.value - half, lowest),
                        std::min(*difference.value + half, highest)},
               method);
  difference.p = student_p(*difference.value, standard_error, degrees);
}

std::vector<double> subtract(std::vector<double> a, const std::vector<double>& b) {
  std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::minus<>());
  return a;
}

// What resampling needs of one model's metric.
struct Resampled {
  std::vector<double> samples;  // none where the delta method is to do
  std::vector<double> influence;
};

bool worth_resampling(const std::vector<double>& weight) {
  return !is_weighted(weight) && resample_count(weight.size()) == kFullResamples;
}

Resampled resampled_regression(const std::string& name, const Scored& scored) {
  const RegressionStatistics statistics(scored);
  const auto weight = row_weights(scored);
  Resampled result;
  result.influence = statistics.influence(name, weight);
  if (!worth_resampling(weight)) return result;
  const auto samples = bootstrap_samples(statistics, weight, kFullResamples);
  for (std::size_t m = 0; m < std::size(kRegressionMetrics); ++m) {
    if (kRegressionMetrics[m].name == name) result.samples = samples[m];
  }
  return result;
}

bool is_share(const std::string& name) {
  return name == "accuracy" || name == "top_5_accuracy" || equals_accuracy(name);
}

// Of a share of rows: which rows count.
std::vector<bool> hits(const std::string& name, const Scored& scored) {
  if (name == "top_5_accuracy") return among_top(scored);
  const auto predicted = predicted_classes(scored);
  std::vector<bool> right(predicted.size());
  for (std::size_t i = 0; i < right.size(); ++i) right[i] = predicted[i] == scored.target[i];
  return right;
}

void compare_shares(Difference& difference, const std::vector<bool>& a, const std::vector<bool>& b,
                    double confidence) {
  PairedCounts counts;
  for (std::size_t i = 0; i < a.size(); ++i) {
    (a[i] ? (b[i] ? counts.both : counts.only_a) : (b[i] ? counts.only_b : counts.neither)) += 1.0;
  }
  set_interval(difference, newcombe_paired(counts, confidence), "newcombe, mcnemar");
  difference.p = mcnemar_exact(static_cast<std::size_t>(counts.only_a),
                               static_cast<std::size_t>(counts.only_b));
}

std::vector<double> share_influence(const std::vector<bool>& hit,
                                    const std::vector<double>& weight) {
  double total = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < hit.size(); ++i) {
    total += weight[i];
    sum += hit[i] ? weight[i] : 0.0;
  }
  std::vector<double> influence;
  for (std::size_t i = 0; i < hit.size(); ++i) {
    influence.push_back(weight[i] * ((hit[i] ? 1.0 : 0.0) - sum / total) / total);
  }
  return influence;
}

Auc auc_of(const Scored& scored) {
  const auto weight = row_weights(scored);
  std::vector<RankedClass> ranked;
  const auto labels = ranked_labels(scored, weight);
  RankMeans means(scored, weight, labels.size(), false);
  for (const auto label : labels) means.add(rank_class(scored, label));
  return means.auc();
}

void compare_auc(Difference& difference, const Scored& a, const Scored& b, double confidence) {
  const auto one = auc_of(a);
  const auto other = auc_of(b);
  const auto variance =
      variance_by_class(subtract(one.influence, other.influence), a.target, row_weights(a));
  if (!variance) {
    difference.reason = too_few_of_class(a.target, row_weights(a));
    return;
  }
  set_linearised(difference, std::sqrt(*variance), std::numeric_limits<double>::infinity(),
                 confidence, "delong", -1.0, 1.0);
}

Resampled resampled_classification(const std::string& name, const Scored& scored) {
  const auto weight = row_weights(scored);
  const auto facts = row_facts(scored);
  const auto precision = name == "average_precision";
  std::vector<RankedClass> ranked;
  Resampled result;
  if (precision) {
    const auto labels = ranked_labels(scored, weight);
    RankMeans means(scored, weight, labels.size(), true);
    for (const auto label : labels) {
      ranked.push_back(rank_class(scored, label));
      means.add(ranked.back());
      if (labels.size() * facts.size() > kMostRankedEntries) ranked.clear();
    }
    result.influence = means.precision_influence();
  } else if (is_share(name)) {
    result.influence = share_influence(hits(name, scored), weight);
    return result;
  } else {
    const auto tally = whole_tally(facts, weight, scored.labels.size());
    result.influence = tally_influence(name, tally, facts, weight);
  }
  if (!worth_resampling(weight) || (precision && ranked.empty())) return result;
  const ClassificationStatistics statistics(facts, ranked, scored.labels.size(), weight);
  const auto samples = bootstrap_samples(statistics, weight, kFullResamples);
  if (precision) result.samples = samples[kAveragePrecision];
  for (std::size_t m = 0; m < std::size(kTallyMetrics); ++m) {
    if (kTallyMetrics[m].name == name) result.samples = samples[m];
  }
  return result;
}

void compare_resampled(Difference& difference, const Resampled& a, const Resampled& b,
                       const std::vector<double>& weight, double confidence) {
  const auto infinity = std::numeric_limits<double>::infinity();
  const auto spread = spread_of(subtract(a.influence, b.influence), weight);
  difference.reason = too_few_to_judge(spread.weights);
  if (!difference.reason.empty()) return;
  if (a.samples.empty() || b.samples.empty()) {
    return set_linearised(difference, spread.standard_error, spread.rows - 1.0, confidence,
                          "linearisation", -infinity, infinity);
  }
  const auto samples = subtract(a.samples, b.samples);
  // A resampled `ece` is biased upwards, which BCa would take for a skew.
  const auto biased = difference.metric == "ece";
  const auto interval =
      biased ? bootstrap_interval(*difference.value, samples, confidence, -infinity, infinity)
             : bca_interval(*difference.value, samples, spread.acceleration, spread.rows,
                            confidence, -infinity, infinity);
  set_interval(difference, interval, biased ? "bootstrap" : "bca bootstrap");
  if (interval) difference.p = bootstrap_p(*difference.value, samples);
}

const std::vector<double>& series_of(const std::string& name, const Scored& scored) {
  if (name == "predictive_entropy") return scored.entropy;
  return name.starts_with("sliding_") ? scored.sliding_nll : scored.nll;
}

// Of means per token; perplexity, which is none, by its logarithm's sign has the same p.
void compare_tokens(Difference& difference, const std::string& name, const Scored& a,
                    const Scored& b, double confidence) {
  const auto& one = series_of(name, a);
  const auto& other = series_of(name, b);
  const auto gaps = subtract(one, other);
  const auto resamples = resample_tokens(a.document_starts, {&one, &other, &gaps});
  const auto value = [&](double x, double y) {
    if (name.ends_with("perplexity")) return std::exp(x) - std::exp(y);
    if (name == "cross_entropy_bits_per_token") return (x - y) / std::numbers::ln2;
    if (name == "bits_per_byte") {
      return (x - y) * static_cast<double>(one.size()) /
             (std::numbers::ln2 * static_cast<double>(a.bytes));
    }
    return x - y;
  };
  std::vector<double> samples;
  for (std::size_t r = 0; r < resamples.means[0].size(); ++r) {
    samples.push_back(value(resamples.means[0][r], resamples.means[1][r]));
  }
  const auto infinity = std::numeric_limits<double>::infinity();
  const auto interval =
      resamples.spreads.empty()
          ? bootstrap_interval(*difference.value, samples, confidence, -infinity, infinity)
          : bca_interval(*difference.value, samples, resamples.spreads[2].acceleration,
                         resamples.spreads[2].rows, confidence, -infinity, infinity);
  set_interval(difference, interval, resamples.method);
  if (interval) difference.p = bootstrap_p(*difference.value, samples);
}

void compare_values(Difference& difference, const Scored& a, const Scored& b, double confidence) {
  const auto& name = difference.metric;
  if (a.kind == OutputKind::language_model) {
    return compare_tokens(difference, name, a, b, confidence);
  }
  const auto weight = row_weights(a);
  if (is_share(name) && !is_weighted(weight)) {
    return compare_shares(difference, hits(name, a), hits(name, b), confidence);
  }
  if (name == "roc_auc") return compare_auc(difference, a, b, confidence);
  if (name == "rms_calibration_error") {
    difference.reason = "it is no smooth function of sums, so that there is no test for it";
    return;
  }
  const auto of = [&](const Scored& scored) {
    return a.kind == OutputKind::regression ? resampled_regression(name, scored)
                                            : resampled_classification(name, scored);
  };
  compare_resampled(difference, of(a), of(b), weight, confidence);
}

}  // namespace

Difference compare_scored(const std::string& metric, const Scored& a, const Scored& b,
                          double confidence) {
  check_pair(a, b);
  const auto* info = find_metric_info(metric);
  if (info == nullptr || kind_of(info->task) != a.kind) {
    refuse(fmt::format("{} has no metric '{}'", kind_name(a.kind), metric));
  }
  const auto one = metric_of(metric, a);
  const auto other = metric_of(metric, b);
  // Those of sliding windows.
  if (!one || !other) return undefined_difference(metric, "not measured");
  if (!one->value || !other->value) {
    return undefined_difference(metric, one->value ? other->reason : one->reason);
  }
  Difference difference;
  difference.metric = metric;
  difference.value = *one->value - *other->value;
  compare_values(difference, a, b, confidence);
  if (!difference.low && difference.reason.empty()) {
    difference.reason = kNoSpread;
  }
  return difference;
}

}  // namespace candor
