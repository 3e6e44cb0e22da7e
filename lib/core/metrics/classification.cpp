// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/calibration_error.h"
#include "core/metrics/class_tally.h"
#include "core/metrics/classification_statistics.h"
#include "core/metrics/measures.h"
#include "core/metrics/ranking.h"

namespace candor {
namespace {

class Classification {
 public:
  Classification(const Scored& scored, const MeasureOptions& options)
      : scored_(scored),
        options_(options),
        weight_(row_weights(scored)),
        weighted_(is_weighted(weight_)),
        facts_(row_facts(scored)),
        tally_(whole_tally(facts_, weight_, scored.labels.size())),
        classes_(measure_classes(scored, options)) {}

  std::vector<Metric> measure() {
    add_shares();
    for (const auto& [name, value, by_formula] : kTallyMetrics) {
      if (!by_formula) add_tally_metric(name, (tally_.*value)());
    }
    add(valued_metric("ece", tally_.ece()));
    add_ranks();
    add_mass_calibration();
    if (options_.intervals) set_intervals();
    return in_report_order();
  }

 private:
  void add(Metric metric) { metrics_.push_back(std::move(metric)); }

  void add_shares() {
    Share right;
    std::vector<Share> recalls(scored_.labels.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      right.add(facts_[i].right(), weight_[i]);
      recalls[facts_[i].target].add(facts_[i].right(), weight_[i]);
    }
    // With one label to a row, each wrong row is one class's false positive and another's miss.
    add(share_metric("accuracy", right, "no rows", options_));
    for (const auto name : kEqualToAccuracy) {
      add(share_metric(std::string(name), right, "no rows", options_));
    }
    add_top();
    add_mean_recall("balanced_accuracy", recalls);
    add_mean_recall("recall_macro", recalls);
    add_positive("precision", &ClassRow::precision);
    add_positive("recall", &ClassRow::recall);
    add_positive("f1", &ClassRow::f1);
  }

  void add_top() {
    if (scored_.labels.size() <= kTop) {
      return add(undefined_metric("top_5_accuracy", "five classes or fewer"));
    }
    const auto top = among_top(scored_);
    Share share;
    for (std::size_t i = 0; i < top.size(); ++i) share.add(top[i], weight_[i]);
    add(share_metric("top_5_accuracy", share, "no rows", options_));
  }

  void add_mean_recall(const char* name, const std::vector<Share>& recalls) {
    std::vector<Estimate> parts;
    double sum = 0.0;
    for (const auto& share : recalls) {
      if (share.total <= 0.0) continue;
      const auto value = share.hit / share.total;
      sum += value;
      parts.push_back({value, *share.interval(options_.confidence)});
    }
    auto metric = valued_metric(name, sum / static_cast<double>(parts.size()));
    if (options_.intervals) {
      set_interval(metric, mover_mean(parts), weighted_ ? "mover, effective n" : "mover");
    }
    add(std::move(metric));
  }

  // Of two classes the last.
  void add_positive(const char* name, Metric ClassRow::*part) {
    if (classes_.size() != 2) return add(undefined_metric(name, "not two classes: see per_class"));
    auto metric = classes_.back().*part;
    metric.name = name;
    add(std::move(metric));
  }

  void add_tally_metric(const char* name, double value) {
    add(std::isnan(value)
            ? undefined_metric(name, "only one class among the true or the predicted labels")
            : valued_metric(name, value));
  }

  void add_ranks() {
    const auto labels = ranked_labels(scored_, weight_);
    if (labels.empty()) {
      constexpr auto kOneClass = "only one class among the true labels";
      add(undefined_metric("roc_auc", kOneClass));
      return add(undefined_metric("average_precision", kOneClass));
    }
    RankMeans means(scored_, weight_, labels.size(), options_.intervals);
    const auto keep =
        options_.intervals && !weighted_ && labels.size() * facts_.size() <= kMostRankedEntries;
    for (const auto label : labels) {
      auto ranked = rank_class(scored_, label);
      means.add(ranked);
      if (keep) ranked_.push_back(std::move(ranked));
    }
    add_roc_auc(means.auc(), labels.size());
    add(valued_metric("average_precision", means.average_precision()));
    precision_influence_ = means.precision_influence();
  }

  void add_roc_auc(const Auc& auc, std::size_t labels) {
    auto metric = valued_metric("roc_auc", auc.value);
    if (options_.intervals) {
      std::string method;
      auto interval = auc_interval(auc, options_, method);
      if (interval && method == "delong" && labels > 1 && !ranked_.empty() && resamples() > 0) {
        const auto spread = spread_of(auc.influence, weight_);
        const auto drawn =
            bca_interval(auc.value, stratified_auc_samples(scored_, ranked_, resamples()),
                         spread.acceleration, spread.rows, options_.confidence, 0.0, 1.0);
        if (drawn) method = "stratified bootstrap";
        if (drawn) interval = drawn;
      }
      set_interval(metric, interval, method);
      if (!interval && !auc.too_few.empty()) refuse_interval(metric, auc.too_few);
    }
    add(std::move(metric));
  }

  void add_mass_calibration() {
    std::vector<double> confidence, right;
    for (const auto& row : facts_) {
      confidence.push_back(row.confidence);
      right.push_back(row.top_right() ? 1.0 : 0.0);
    }
    constexpr double kMostUnjudged = 0.1;
    const auto error = mass_calibration_error(confidence, right, weight_);
    if (weighted_ && error.judged < 1.0 - kMostUnjudged) {
      return add(undefined_metric(
          "rms_calibration_error",
          std::string(kHeavyRows) + ", and one row says nothing of its own error"));
    }
    auto metric = valued_metric("rms_calibration_error", error.value);
    if (options_.intervals) {
      set_interval(metric, calibration_error_interval(error, options_.confidence),
                   "unified, chi-square");
    }
    add(std::move(metric));
  }

  // 0: too many rows to be worth it, and the delta method is as good.
  std::size_t resamples() const {
    const auto work = facts_.size() * (1 + ranked_.size() / 3);
    return resample_count(work) < kFullResamples ? 0 : kFullResamples;
  }

  void set_intervals() {
    if (weighted_) heavy_class_ = too_few_of_class(scored_.target, weight_);
    const ClassificationStatistics statistics(facts_, ranked_, scored_.labels.size(), weight_);
    const auto samples = bootstrap_samples(statistics, weight_, resamples());
    for (std::size_t m = 0; m < std::size(kTallyMetrics); ++m) {
      const std::string name = kTallyMetrics[m].name;
      if (kTallyMetrics[m].by_formula) continue;
      const auto error = name == "log_loss" ? kLogLossError : kBrierError;
      const auto is_mean = name == "log_loss" || name == "brier";
      set_tally_interval(name, weighted_ && !is_mean ? std::vector<double>() : samples[m],
                         is_mean ? samples[error] : std::vector<double>());
    }
    set_ece_interval();
    auto& precision = find("average_precision");
    if (!precision.value) return;
    if (*precision.value >= 1.0 && !weighted_)
      return set_interval(precision, all_right_interval(), "exact");
    if (!heavy_class_.empty()) return refuse_interval(precision, heavy_class_);
    const auto spread = spread_of(precision_influence_, weight_);
    set_smooth_interval(precision,
                        ranked_.empty() ? std::vector<double>() : samples[kAveragePrecision], {},
                        spread, options_.confidence);
  }

  void set_ece_interval() {
    auto& metric = find("ece");
    set_interval(metric,
                 ece_interval(*metric.value, calibration_gaps(calibration_bins(facts_, weight_)),
                              options_.confidence),
                 "unified, folded normal");
  }

  void set_tally_interval(const std::string& name, const std::vector<double>& samples,
                          const std::vector<double>& errors) {
    auto& metric = find(name);
    if (!metric.value) return;
    const auto& info = *find_metric_info(name);
    const bool by_class = info.higher_is_better;  // losses are of all rows alike
    if (by_class && !heavy_class_.empty()) return refuse_interval(metric, heavy_class_);
    if (*metric.value >= 1.0 && by_class && !weighted_ && name != "mcc") {
      return set_interval(metric, all_right_interval(), "exact");
    }
    const auto spread = spread_of(tally_influence(name, tally_, facts_, weight_), weight_);
    set_smooth_interval(metric, samples, errors, spread, options_.confidence);
    // The list's range is that of more classes.
    if (name == "brier" && scored_.labels.size() == 2 && metric.high) {
      metric.high = std::min(*metric.high, 1.0);
    }
  }

  // No resample of rows that are all right has an error. But some class has a score no higher than
  // the average, and all of its rows were right: with n rows in the rarest class, an average below
  // (1 - confidence)^(1/n) would show this with a chance of less than 1 - confidence.
  Interval all_right_interval() const {
    std::vector<std::size_t> rows(scored_.labels.size(), 0);
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (weight_[i] > 0.0) ++rows[facts_[i].target];
    }
    auto fewest = facts_.size();
    for (const auto count : rows) fewest = count > 0 ? std::min(fewest, count) : fewest;
    return constant_outcome_interval(1.0, fewest, options_.one_end());
  }

  Metric& find(const std::string& name) {
    return *std::find_if(metrics_.begin(), metrics_.end(),
                         [&](const Metric& metric) { return metric.name == name; });
  }

  std::vector<Metric> in_report_order() {
    std::vector<Metric> ordered;
    for (const auto& name : metric_names(TaskType::classification)) ordered.push_back(find(name));
    return ordered;
  }

  const Scored& scored_;
  const MeasureOptions& options_;
  std::vector<double> weight_;
  bool weighted_;
  std::vector<RowFacts> facts_;
  ClassTally tally_;
  std::vector<ClassRow> classes_;
  std::vector<RankedClass> ranked_;  // only where they are resampled
  std::vector<double> precision_influence_;
  std::string heavy_class_;  // why weights leave scores by class no interval
  std::vector<Metric> metrics_;
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
