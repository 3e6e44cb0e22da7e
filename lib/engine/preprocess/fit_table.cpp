// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/metrics/intervals.h"
#include "core/table/bin_edges.h"
#include "core/table/column_statistics.h"
#include "core/table/yeo_johnson.h"
#include "engine/preprocess/table_statistics.h"

namespace candor {
namespace {

constexpr double kFloatDigits = std::numeric_limits<float>::epsilon();  // features are float32

// Knots are quantiles of the training rows, evenly spaced in probability, so that a column becomes
// about normal (scikit-learn's QuantileTransformer with output_distribution="normal"). The
// outermost 0.1 % on each side are cut off: single extreme rows are not stored. Few values that
// repeat make few different knots, each with the middle of its probabilities; the rest are copies
// of the last.
constexpr std::size_t kKnots = 256;
constexpr double kCut = 0.001;

struct Knots {
  std::vector<double> values, scores;
};

Knots quantile_knots(const SortedValues& sorted) {
  Knots knots;
  std::vector<double> first, last;  // lowest and highest probability of each different value
  for (std::size_t k = 0; k < kKnots; ++k) {
    const auto p = kCut + (1.0 - 2.0 * kCut) * static_cast<double>(k) / (kKnots - 1);
    const auto value = sorted.quantile(p);
    if (knots.values.empty() ||
        static_cast<float>(value) > static_cast<float>(knots.values.back())) {
      knots.values.push_back(value);
      first.push_back(p);
      last.push_back(p);
    }
    last.back() = p;
  }
  for (std::size_t k = 0; k < knots.values.size(); ++k) {
    knots.scores.push_back(normal_quantile(0.5 * (first[k] + last[k])));
  }
  knots.values.resize(kKnots, knots.values.back());
  knots.scores.resize(kKnots, knots.scores.back());
  return knots;
}

// As the tensor stage finds it, in double.
double normal_score(const Knots& knots, double x) {
  const auto& values = knots.values;
  const auto found = std::upper_bound(values.begin(), values.end(), x) - values.begin();
  const auto upper = std::clamp<std::size_t>(static_cast<std::size_t>(found), 1, kKnots - 1);
  const auto width = values[upper] - values[upper - 1];
  const auto share = width > 0.0         ? std::clamp((x - values[upper - 1]) / width, 0.0, 1.0)
                     : x < values[upper] ? 0.0
                                         : 1.0;
  return knots.scores[upper - 1] + share * (knots.scores[upper] - knots.scores[upper - 1]);
}

// As a buffer of float32 has it.
double within_float(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(value, -kMost, kMost));
}

struct NumberRules {
  Impute impute;
  Scale scale;
  Transform transform;
};

NumberRules rules_of(const NumericSlot& slot, const TableData& data) {
  NumberRules rules{data.numeric.impute, data.numeric.scale, data.numeric.transform};
  if (const auto found = data.columns.find(slot.column); found != data.columns.end()) {
    rules.impute = found->second.impute.value_or(rules.impute);
    rules.scale = found->second.scale.value_or(rules.scale);
    rules.transform = found->second.transform.value_or(rules.transform);
  }
  if (slot.role == SlotRole::number) return rules;
  // Neither a year 0 nor a share of 0 stands for what is missing.
  const bool of_rows = rules.impute == Impute::mean || rules.impute == Impute::median;
  if (!of_rows) rules.impute = Impute::median;
  rules.transform = Transform::none;
  return rules;
}

class TableFit {
 public:
  TableFit(const TableColumns& columns, const ModelInputs& training,
           const std::vector<double>& weights, const TableData& data)
      : columns_(columns), training_(training), weights_(weights), data_(data) {
    statistics_.encoding = data.numeric.encoding;
    statistics_.encoded_apart =
        data.numeric.encoding == NumberEncoding::periodic ||
        (data.numeric.encoding == NumberEncoding::piecewise_linear && data.numeric.encoding_width);
  }

  TableStatistics fit() {
    for (std::size_t column = 0; column < columns_.numeric.size(); ++column) fit_number(column);
    if (statistics_.encoded_columns.empty()) {
      statistics_.encoding = NumberEncoding::none;
      statistics_.encoded_apart = false;
    }
    const bool categories = !columns_.category_sizes.empty();
    statistics_.embed = data_.categorical.encoding == Encoding::embedding && categories;
    if (!statistics_.embed) fit_one_hot();
    return std::move(statistics_);
  }

 private:
  void fit_number(std::size_t column) {
    const auto& slot = columns_.numeric[column];
    take_present(column);
    if (slot.role == SlotRole::cycle) return set(0.0, 0.0, 1.0);
    const auto rules = rules_of(slot, data_);
    if (slot.role == SlotRole::number) clip(static_cast<std::int64_t>(column));
    const auto impute = imputed(rules.impute, slot.offset);
    transform(rules.transform, static_cast<std::int64_t>(column));
    scale(rules.scale, static_cast<std::int64_t>(column), impute);
    if (statistics_.encoding != NumberEncoding::none) encode(static_cast<std::int64_t>(column));
    const bool first = column == 0 || columns_.numeric[column - 1].column != slot.column;
    const bool gaps = present_.size() < static_cast<std::size_t>(training_.rows);
    if (first && gaps && data_.numeric.indicator) {
      statistics_.indicators.push_back(static_cast<std::int64_t>(column));
    }
  }

  void take_present(std::size_t column) {
    present_.clear();
    present_weights_.clear();
    const auto stride = columns_.numeric.size();
    for (std::size_t row = 0; row < static_cast<std::size_t>(training_.rows); ++row) {
      const double value = training_.numeric[row * stride + column];
      if (std::isnan(value)) continue;
      present_.push_back(value);
      present_weights_.push_back(weights_[row]);
    }
  }

  // Bounds are of the numbers as they come, without what the host stage has subtracted; a distance
  // between quartiles does not depend on it. All that follows is fitted to what is clipped.
  void clip(std::int64_t column) {
    if (!data_.clean.clip_outliers) return;
    const SortedValues sorted(present_, present_weights_);
    const double first = sorted.quantile(0.25), third = sorted.quantile(0.75);
    if (!(third > first)) return;  // the middle half is one value: no unit to measure by
    const double reach = *data_.clean.clip_outliers * (third - first);
    const double low = within_float(first - reach), high = within_float(third + reach);
    statistics_.clip_columns.push_back(column);
    statistics_.clip_low.push_back(low);
    statistics_.clip_high.push_back(high);
    for (auto& value : present_) value = std::clamp(value, low, high);
  }

  // What the host stage has subtracted from the numbers is subtracted here too.
  double imputed(Impute impute, double offset) const {
    switch (impute) {
      case Impute::mean: return moments(present_, present_weights_, kFloatDigits).mean;
      case Impute::median: return SortedValues(present_, present_weights_).median();
      case Impute::zero: return -offset;
      case Impute::constant: return data_.numeric.constant.value_or(0.0) - offset;
    }
    return 0.0;
  }

  void transform(Transform transform, std::int64_t column) {
    if (transform == Transform::log) {
      statistics_.log_columns.push_back(column);
      for (auto& value : present_) value = signed_log(value);
    } else if (transform == Transform::power) {
      const auto lambda = fit_yeo_johnson(present_, present_weights_);
      statistics_.power_columns.push_back(column);
      statistics_.power_lambda.push_back(lambda);
      for (auto& value : present_) value = yeo_johnson(value, lambda);
    }
  }

  // Leaves the scaled values in present_.
  void scale(Scale scale, std::int64_t column, double impute) {
    if (scale == Scale::quantile) {
      const auto knots = quantile_knots(SortedValues(present_, present_weights_));
      for (auto& value : present_) value = normal_score(knots, value);
      statistics_.quantile_columns.push_back(column);
      statistics_.knots.push_back(knots.values);
      statistics_.scores.push_back(knots.scores);
      return set(impute, 0.0, 1.0);
    }
    const auto [mean, width] = centre_and_width(scale);
    for (auto& value : present_) value = (value - mean) / width;
    set(impute, mean, width);
  }

  std::pair<double, double> centre_and_width(Scale scale) const {
    const auto of_present = moments(present_, present_weights_, kFloatDigits);
    const SortedValues sorted(present_, present_weights_);
    double centre = 0.0, width = 1.0;
    if (scale == Scale::standard) {
      centre = of_present.mean;
      width = of_present.deviation;
    } else if (scale == Scale::robust) {
      centre = sorted.median();
      width = sorted.quantile(0.75) - sorted.quantile(0.25);
      if (width <= kFloatDigits * std::abs(centre)) width = of_present.deviation;
    } else if (scale == Scale::min_max && !sorted.empty()) {
      centre = sorted.least();
      width = of_present.deviation > 0.0 ? sorted.greatest() - centre : 0.0;
    }
    const bool usable = width > 0.0 && std::isfinite(static_cast<float>(1.0 / width));
    return {centre, usable ? width : 1.0};
  }

  void set(double impute, double mean, double scale) {
    statistics_.impute.push_back(impute);
    statistics_.mean.push_back(mean);
    statistics_.scale.push_back(scale);
  }

  void encode(std::int64_t column) {
    statistics_.encoded_columns.push_back(column);
    if (statistics_.encoding != NumberEncoding::piecewise_linear) return;
    statistics_.bins.push_back(bin_edges(present_, present_weights_, data_.numeric.bins));
  }

  void fit_one_hot() {
    const auto columns = columns_.category_sizes.size();
    for (std::size_t column = 0; column < columns; ++column) {
      std::vector<bool> seen(static_cast<std::size_t>(columns_.category_sizes[column]));
      for (std::size_t at = column; at < training_.categorical.size(); at += columns) {
        seen[static_cast<std::size_t>(training_.categorical[at])] = true;
      }
      for (std::size_t index = 0; index < seen.size(); ++index) {
        if (!seen[index]) continue;
        statistics_.one_hot_column.push_back(static_cast<std::int64_t>(column));
        statistics_.one_hot_value.push_back(static_cast<std::int64_t>(index));
      }
    }
  }

  const TableColumns& columns_;
  const ModelInputs& training_;
  const std::vector<double>& weights_;
  const TableData& data_;
  std::vector<double> present_, present_weights_;  // of the column at hand
  TableStatistics statistics_;
};

void fit_target(const std::vector<double>& targets, const std::vector<double>& weights,
                const TaskConfig& task, TableStatistics& statistics) {
  constexpr double kDigits = 1e-12;  // targets are double
  auto values = targets;
  if (task.target_transform == TargetTransform::log) {
    for (auto& value : values) value = std::log1p(value);
  }
  const auto of_target = moments(values, weights, kDigits);
  statistics.target_transform = task.target_transform;
  statistics.target_mean = of_target.mean;
  statistics.target_scale = of_target.deviation > 0.0 ? of_target.deviation : 1.0;
}

}  // namespace

TableStatistics fit_table(const TableColumns& columns, const ModelInputs& training,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TaskConfig& task, const TableData& data) {
  auto statistics = TableFit(columns, training, weights, data).fit();
  if (!targets.empty()) fit_target(targets, weights, task, statistics);
  return statistics;
}

}  // namespace candor
