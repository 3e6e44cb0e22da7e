// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/metrics/intervals.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {
namespace {

// Weighted mean and population standard deviation of the values that are there.
struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

// A deviation below `digits` of the mean is rounding, not spread.
Moments moments(const std::vector<double>& values, const std::vector<double>& weights,
                double digits) {
  double total = 0.0, sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    total += weights[i];
    sum += weights[i] * values[i];
  }
  if (total <= 0.0) return {};
  const double mean = sum / total;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += weights[i] * (values[i] - mean) * (values[i] - mean);
  }
  const double deviation = std::sqrt(squares / total);
  return {mean, deviation > digits * std::abs(mean) ? deviation : 0.0};
}

// Half of the weight lies on either side; between two values where it does so exactly.
double median(const std::vector<double>& values, const std::vector<double>& weights) {
  std::vector<std::pair<double, double>> sorted;
  double total = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights[i] <= 0.0) continue;
    sorted.emplace_back(values[i], weights[i]);
    total += weights[i];
  }
  if (sorted.empty()) return 0.0;
  std::sort(sorted.begin(), sorted.end());
  double below = 0.0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    below += sorted[i].second;
    if (2.0 * below < total) continue;
    const bool between = 2.0 * below == total && i + 1 < sorted.size();
    return between ? (sorted[i].first + sorted[i + 1].first) / 2.0 : sorted[i].first;
  }
  return sorted.back().first;
}

double imputed_value(Impute impute, const std::vector<double>& present,
                     const std::vector<double>& weights, const Moments& of_present) {
  if (impute == Impute::zero) return 0.0;
  return impute == Impute::mean ? of_present.mean : median(present, weights);
}

// Knots are quantiles of the training rows, evenly spaced in probability, so that a column becomes
// about normal (scikit-learn's QuantileTransformer with output_distribution="normal"). The
// outermost 0.1 % on each side are cut off: single extreme rows are not stored. Few values that
// repeat make few different knots, each with the middle of its probabilities; the rest are copies
// of the last.
constexpr std::size_t kKnots = 256;
constexpr double kCut = 0.001;

// Quantiles by weight. Between two neighbours lie the mean of their weights; with equal weights
// this is the usual linear interpolation.
class Quantiles {
 public:
  Quantiles(const std::vector<double>& values, const std::vector<double>& weights) {
    std::vector<std::pair<double, double>> sorted;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (weights[i] > 0.0) sorted.emplace_back(values[i], weights[i]);
    }
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      values_.push_back(sorted[i].first);
      places_.push_back(i == 0 ? 0.0
                               : places_.back() + (sorted[i - 1].second + sorted[i].second) / 2.0);
    }
    if (values_.empty()) values_ = places_ = {0.0};
  }

  double at(double p) const {
    const auto place = p * places_.back();
    const auto found = std::upper_bound(places_.begin(), places_.end(), place);
    const auto above = static_cast<std::size_t>(found - places_.begin());
    if (above == 0 || above >= values_.size()) return values_[above == 0 ? 0 : above - 1];
    const auto share = (place - places_[above - 1]) / (places_[above] - places_[above - 1]);
    return values_[above - 1] + share * (values_[above] - values_[above - 1]);
  }

 private:
  std::vector<double> values_, places_;
};

void fit_quantiles(const std::vector<double>& present, const std::vector<double>& weights,
                   TableStatistics& statistics) {
  const Quantiles quantiles(present, weights);
  std::vector<double> knots, first, last;  // different values, lowest and highest probability
  for (std::size_t k = 0; k < kKnots; ++k) {
    const auto p = kCut + (1.0 - 2.0 * kCut) * static_cast<double>(k) / (kKnots - 1);
    const auto value = quantiles.at(p);
    if (knots.empty() || static_cast<float>(value) > static_cast<float>(knots.back())) {
      knots.push_back(value);
      first.push_back(p);
      last.push_back(p);
    }
    last.back() = p;
  }
  std::vector<double> scores;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    scores.push_back(normal_quantile(0.5 * (first[k] + last[k])));
  }
  knots.resize(kKnots, knots.back());
  scores.resize(kKnots, scores.back());
  statistics.knots.push_back(std::move(knots));
  statistics.scores.push_back(std::move(scores));
}

void fit_numeric_column(std::size_t column, const ModelInputs& training, const InputWidths& widths,
                        const std::vector<double>& weights, const NumericConfig& config,
                        TableStatistics& statistics) {
  const auto rows = static_cast<std::size_t>(training.rows);
  const auto stride = static_cast<std::size_t>(widths.numeric);
  std::vector<double> present, present_weights;
  for (std::size_t row = 0; row < rows; ++row) {
    const double value = training.numeric[row * stride + column];
    if (std::isnan(value)) continue;
    present.push_back(value);
    present_weights.push_back(weights[row]);
  }
  const bool gaps = present.size() < rows;
  // Features are float32.
  constexpr double kDigits = std::numeric_limits<float>::epsilon();
  const auto of_present = moments(present, present_weights, kDigits);
  statistics.impute.push_back(imputed_value(config.impute, present, present_weights, of_present));
  if (config.scale == Scale::quantile) fit_quantiles(present, present_weights, statistics);
  const bool scaled = config.scale == Scale::standard;
  statistics.mean.push_back(scaled ? of_present.mean : 0.0);
  statistics.scale.push_back(scaled && of_present.deviation > 0.0 ? of_present.deviation : 1.0);
  if (gaps && config.indicator) statistics.indicators.push_back(static_cast<std::int64_t>(column));
}

void fit_one_hot(const ModelInputs& training, const InputWidths& widths,
                 const std::vector<std::int64_t>& sizes, TableStatistics& statistics) {
  const auto columns = static_cast<std::size_t>(widths.categorical);
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<bool> seen(static_cast<std::size_t>(sizes[column]));
    for (std::size_t at = column; at < training.categorical.size(); at += columns) {
      seen[static_cast<std::size_t>(training.categorical[at])] = true;
    }
    for (std::size_t index = 0; index < seen.size(); ++index) {
      if (!seen[index]) continue;
      statistics.one_hot_column.push_back(static_cast<std::int64_t>(column));
      statistics.one_hot_value.push_back(static_cast<std::int64_t>(index));
    }
  }
}

}  // namespace

TableStatistics fit_table(const ModelInputs& training, const InputWidths& widths,
                          const std::vector<std::int64_t>& category_sizes,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TableData& config) {
  TableStatistics statistics;
  for (std::size_t column = 0; column < static_cast<std::size_t>(widths.numeric); ++column) {
    fit_numeric_column(column, training, widths, weights, config.numeric, statistics);
  }
  statistics.embed = config.categorical.encoding == Encoding::embedding && widths.categorical > 0;
  if (!statistics.embed) fit_one_hot(training, widths, category_sizes, statistics);
  if (!targets.empty()) {
    constexpr double kDigits = 1e-12;  // targets are double
    const auto of_target = moments(targets, weights, kDigits);
    statistics.target_mean = of_target.mean;
    statistics.target_scale = of_target.deviation > 0.0 ? of_target.deviation : 1.0;
  }
  return statistics;
}

}  // namespace candor
