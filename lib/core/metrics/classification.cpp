// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/measures.h"
#include "core/metrics/ranking.h"

namespace candor {
namespace {

// Cost limit of resampled average precision: rows times ranked classes.
constexpr std::size_t kMostRankedEntries = 10'000'000;

// What the sum-like metrics need to know about one row.
struct RowFacts {
  std::int64_t target = 0;
  std::int64_t predicted = 0;
  double log_loss = 0.0;
  double brier = 0.0;
  double confidence = 0.0;  // the highest probability
  std::size_t bin = 0;
};

// -log p of the true class; p is kept 2^-52 away from 0 and 1, scikit-learn's clip for doubles.
double row_log_loss(double p) {
  constexpr auto kEpsilon = std::numeric_limits<double>::epsilon();
  return -std::log(std::clamp(p, kEpsilon, 1.0 - kEpsilon));
}

// Two classes: (p - y)^2 of the positive one; more: summed over all classes.
double row_brier(const float* p, std::size_t classes, std::int64_t target) {
  double sum = 0.0;
  for (std::size_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    const auto difference = static_cast<double>(p[k]) - (std::cmp_equal(k, target) ? 1.0 : 0.0);
    sum += difference * difference;
  }
  return sum;
}

std::vector<RowFacts> row_facts(const Scored& scored) {
  const auto classes = scored.labels.size();
  const auto predicted = predicted_classes(scored);
  std::vector<RowFacts> facts(scored.target.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto* p = scored.probabilities.data() + i * classes;
    auto& row = facts[i];
    row.target = scored.target[i];
    row.predicted = predicted[i];
    row.log_loss = row_log_loss(p[row.target]);
    row.brier = row_brier(p, classes, row.target);
    row.confidence = p[row.predicted];
    row.bin = calibration_bin(row.confidence);
  }
  return facts;
}

// Weighted sums over rows, and the metrics that follow from them.
class Tally {
 public:
  explicit Tally(std::size_t classes) : true_(classes), predicted_(classes), hit_(classes) {}

  void add(const RowFacts& row, double weight) {
    total_ += weight;
    log_loss_ += weight * row.log_loss;
    brier_ += weight * row.brier;
    auto& bin = bins_[row.bin];
    bin.confidence += weight * row.confidence;
    true_[static_cast<std::size_t>(row.target)] += weight;
    predicted_[static_cast<std::size_t>(row.predicted)] += weight;
    if (row.target != row.predicted) return;
    bin.right += weight;
    hit_[static_cast<std::size_t>(row.target)] += weight;
  }

  double log_loss() const { return log_loss_ / total_; }
  double brier() const { return brier_ / total_; }

  double ece() const {
    double sum = 0.0;
    for (const auto& bin : bins_) sum += std::abs(bin.right - bin.confidence);
    return sum / total_;
  }

  double recall() const {
    return macro([this](std::size_t k) { return hit_[k] / true_[k]; });
  }
  // 0 for a class that was never predicted.
  double precision() const {
    return macro(
        [this](std::size_t k) { return predicted_[k] > 0.0 ? hit_[k] / predicted_[k] : 0.0; });
  }
  double f1() const {
    return macro([this](std::size_t k) { return 2.0 * hit_[k] / (true_[k] + predicted_[k]); });
  }

 private:
  // Mean over the classes that occur among the true labels.
  template <class Score>
  double macro(const Score& score) const {
    double sum = 0.0;
    double classes = 0.0;
    for (std::size_t k = 0; k < true_.size(); ++k) {
      if (true_[k] <= 0.0) continue;
      sum += score(k);
      classes += 1.0;
    }
    return sum / classes;
  }

  struct Bin {
    double confidence = 0.0;
    double right = 0.0;
  };
  double total_ = 0.0;
  double log_loss_ = 0.0;
  double brier_ = 0.0;
  std::array<Bin, kCalibrationBins> bins_{};
  std::vector<double> true_, predicted_, hit_;
};

struct TallyMetric {
  const char* name;
  double (Tally::*value)() const;
};
constexpr TallyMetric kTallyMetrics[] = {
    {"balanced_accuracy", &Tally::recall},
    {"recall_macro", &Tally::recall},
    {"precision_macro", &Tally::precision},
    {"f1_macro", &Tally::f1},
    {"log_loss", &Tally::log_loss},
    {"brier", &Tally::brier},
    {"ece", &Tally::ece},
};

class Classification {
 public:
  Classification(const Scored& scored, const MeasureOptions& options)
      : scored_(scored),
        options_(options),
        weight_(row_weights(scored)),
        facts_(row_facts(scored)) {
    for (const auto label : ranked_labels(scored, weight_)) {
      ranked_.push_back(rank_class(scored, label));
    }
  }

  std::vector<Metric> measure() {
    std::vector<Metric> metrics = {accuracy()};
    Tally tally(scored_.labels.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) tally.add(facts_[i], weight_[i]);
    for (const auto& [name, value] : kTallyMetrics) {
      metrics.push_back(valued_metric(name, (tally.*value)()));
    }
    metrics.insert(metrics.begin() + 5, {roc_auc(), average_precision_metric()});
    if (options_.intervals) resample(metrics);
    return metrics;
  }

 private:
  Metric accuracy() const {
    Share share;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      share.add(facts_[i].target == facts_[i].predicted, weight_[i]);
    }
    return share_metric("accuracy", share, "no rows", options_);
  }

  Metric roc_auc() const {
    if (ranked_.empty()) return undefined_metric("roc_auc", kOneClass);
    const auto auc = mean_auc(scored_, ranked_, weight_);
    auto metric = valued_metric("roc_auc", auc.value);
    if (!options_.intervals) return metric;
    std::string method;
    set_interval(metric, auc_interval(auc, options_.confidence, method), method);
    return metric;
  }

  // Mean over the ranked classes that occur under these weights.
  std::optional<double> mean_precision(std::span<const double> weight) const {
    double sum = 0.0;
    double classes = 0.0;
    for (const auto& ranked : ranked_) {
      const auto one = average_precision(ranked, weight);
      if (!one) continue;
      sum += *one;
      classes += 1.0;
    }
    if (classes == 0.0) return std::nullopt;
    return sum / classes;
  }

  Metric average_precision_metric() const {
    if (ranked_.empty()) return undefined_metric("average_precision", kOneClass);
    return valued_metric("average_precision", mean_precision(weight_).value_or(0.0));
  }

  void resample(std::vector<Metric>& metrics) const {
    std::vector<std::vector<double>> samples(std::size(kTallyMetrics));
    std::vector<double> precisions;
    std::vector<std::uint32_t> counts;
    std::vector<double> drawn(facts_.size());
    const auto rank = !ranked_.empty() && ranked_.size() * facts_.size() <= kMostRankedEntries;
    const auto work = facts_.size() * (1 + ranked_.size() / 3);
    for (std::size_t r = 0; r < resample_count(work); ++r) {
      draw_counts(facts_.size(), r, counts);
      Tally tally(scored_.labels.size());
      bool any = false;
      for (std::size_t i = 0; i < facts_.size(); ++i) {
        drawn[i] = weight_[i] * counts[i];
        if (drawn[i] <= 0.0) continue;
        tally.add(facts_[i], drawn[i]);
        any = true;
      }
      if (!any) continue;
      for (std::size_t m = 0; m < samples.size(); ++m) {
        samples[m].push_back((tally.*kTallyMetrics[m].value)());
      }
      if (!rank) continue;
      if (const auto precision = mean_precision(drawn)) precisions.push_back(*precision);
    }
    for (std::size_t m = 0; m < samples.size(); ++m) {
      set_bootstrap(metrics, kTallyMetrics[m].name, std::move(samples[m]));
    }
    set_bootstrap(metrics, "average_precision", std::move(precisions));
  }

  void set_bootstrap(std::vector<Metric>& metrics, const std::string& name,
                     std::vector<double> samples) const {
    auto& metric = *std::find_if(metrics.begin(), metrics.end(),
                                 [&](const Metric& one) { return one.name == name; });
    if (!metric.value) return;
    const auto& info = *find_metric_info(name);
    if (*metric.value >= 1.0 && info.higher_is_better && name != "average_precision") {
      return set_interval(metric, all_right_interval(), "exact");
    }
    set_interval(metric,
                 bootstrap_interval(*metric.value, std::move(samples), options_.confidence,
                                    info.lowest, info.highest),
                 "bootstrap");
  }

  // No resample of rows that are all right has an error. But some class has a score no higher than
  // the macro average, and all of its rows were right: with n rows in the rarest class, an average
  // below (1 - confidence)^(1/n) would show this with a chance of less than 1 - confidence.
  Interval all_right_interval() const {
    std::vector<std::size_t> rows(scored_.labels.size(), 0);
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (weight_[i] > 0.0) ++rows[static_cast<std::size_t>(facts_[i].target)];
    }
    auto fewest = facts_.size();
    for (const auto count : rows) fewest = count > 0 ? std::min(fewest, count) : fewest;
    return constant_outcome_interval(1.0, fewest, options_.confidence);
  }

  static constexpr const char* kOneClass = "only one class among the true labels";
  const Scored& scored_;
  const MeasureOptions& options_;
  std::vector<double> weight_;
  std::vector<RowFacts> facts_;
  std::vector<RankedClass> ranked_;
};

// F1 = 2 J / (1 + J) with J the share of hits among the rows that are of the class or predicted so.
Interval f1_of_share(const Interval& share) {
  const auto f1 = [](double j) { return 2.0 * j / (1.0 + j); };
  return {f1(share.low), f1(share.high)};
}

Metric class_f1(const Share& either, const MeasureOptions& options) {
  auto metric = share_metric("f1", either, "class neither occurs nor is predicted", options);
  if (!metric.value) return metric;
  const auto j = *metric.value;
  metric.value = 2.0 * j / (1.0 + j);
  if (metric.low) set_interval(metric, f1_of_share({*metric.low, *metric.high}), metric.method);
  return metric;
}

struct ClassShares {
  Share precision, recall, either;
};

}  // namespace

std::size_t calibration_bin(double confidence) {
  const auto bin = static_cast<std::int64_t>(std::ceil(confidence * kCalibrationBins)) - 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, kCalibrationBins - 1));
}

std::vector<Metric> measure_classification(const Scored& scored, const MeasureOptions& options) {
  const auto weight = row_weights(scored);
  const auto total = std::accumulate(weight.begin(), weight.end(), 0.0);
  if (total > 0.0) return Classification(scored, options).measure();
  std::vector<Metric> metrics;
  for (const auto& name : metric_names(TaskType::classification)) {
    metrics.push_back(undefined_metric(name, weight.empty() ? "no rows" : "all weights are zero"));
  }
  return metrics;
}

std::vector<ClassRow> measure_classes(const Scored& scored, const MeasureOptions& options) {
  std::vector<ClassShares> shares(scored.labels.size());
  std::vector<ClassRow> rows(scored.labels.size());
  const auto weight = row_weights(scored);
  const auto predicted = predicted_classes(scored);
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    const auto truth = static_cast<std::size_t>(scored.target[i]);
    const auto guess = static_cast<std::size_t>(predicted[i]);
    const auto hit = truth == guess;
    ++rows[truth].count;
    shares[truth].recall.add(hit, weight[i]);
    shares[guess].precision.add(hit, weight[i]);
    shares[truth].either.add(hit, weight[i]);
    if (!hit) shares[guess].either.add(false, weight[i]);
  }
  for (std::size_t k = 0; k < rows.size(); ++k) {
    rows[k].label = scored.labels[k];
    rows[k].precision =
        share_metric("precision", shares[k].precision, "class is never predicted", options);
    rows[k].recall = share_metric("recall", shares[k].recall, "class does not occur", options);
    rows[k].f1 = class_f1(shares[k].either, options);
  }
  return rows;
}

std::vector<std::vector<std::int64_t>> confusion_matrix(const Scored& scored) {
  const auto classes = scored.labels.size();
  std::vector<std::vector<std::int64_t>> matrix(classes, std::vector<std::int64_t>(classes, 0));
  const auto predicted = predicted_classes(scored);
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    ++matrix[static_cast<std::size_t>(scored.target[i])][static_cast<std::size_t>(predicted[i])];
  }
  return matrix;
}

}  // namespace candor
