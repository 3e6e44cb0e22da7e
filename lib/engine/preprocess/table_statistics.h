// SPDX-License-Identifier: Apache-2.0
// What the tensor stage of a table is fitted to, as numbers; without tensors.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <vector>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "core/table/feature.h"

namespace candor {

// Columns below are those of `numeric` and `categorical` of ModelInputs, by number. A number is
// clipped, imputed, transformed, scaled, encoded, in this order.
struct TableStatistics {
  // Numeric columns whose values are kept between two bounds, data.clean.clip_outliers. What is
  // missing, and so what stands for it, is not clipped.
  std::vector<std::int64_t> clip_columns;
  std::vector<double> clip_low, clip_high;  // of clip_columns
  std::vector<double> impute;               // per numeric column: what stands for NaN
  std::vector<double> mean, scale;          // per numeric column: (x - mean) / scale
  std::vector<std::int64_t> log_columns;    // numeric columns x -> sign(x) log(1 + |x|)
  std::vector<std::int64_t> power_columns;  // numeric columns x -> Yeo-Johnson of x
  std::vector<double> power_lambda;         // of power_columns
  // Quantile scaling, per entry of quantile_columns: rising values (knots) and the normal score of
  // each; every column has as many. Between knots the score is linear, outside it is that of the
  // nearest end. mean and scale of such a column are 0 and 1.
  std::vector<std::int64_t> quantile_columns;
  std::vector<std::vector<double>> knots, scores;

  // Scaled numbers that become vectors; the others go on as they are.
  NumberEncoding encoding = NumberEncoding::none;
  std::vector<std::int64_t> encoded_columns;
  std::vector<std::vector<double>> bins;  // piecewise_linear: rising edges of each, 2 at least
  bool encoded_apart = false;  // the model has a layer of each column's own for the vectors

  std::vector<std::int64_t> indicators;  // numeric columns with gaps in the training rows
  // Feature k is 1 where categorical column one_hot_column[k] holds index one_hot_value[k]. Only
  // indices that the training rows hold have a feature: a weight that was never trained would be
  // noise.
  std::vector<std::int64_t> one_hot_column, one_hot_value;
  bool embed = false;

  TargetTransform target_transform = TargetTransform::standard;
  double target_mean = 0.0, target_scale = 1.0;  // of the transformed target

  // Columns of Features::dense: numbers that are not encoded, the shares of bins, the indicators,
  // the one-hot features.
  std::int64_t dense_width() const;
  // Entries of one number's vector in Features::numbers.
  std::int64_t encoded_inputs() const;

  // A standardised value in the target's own unit, and back. In double: float32 has no digits left
  // where the mean is far larger than the deviation.
  double in_target_unit(double standardised) const;
  double standardised(double target) const;

  // The number that a numeric column's scaled value `z` comes from; for a quantile column an
  // interpolation between its knots, and beyond them.
  double unscaled(std::size_t column, double z) const;
};

// Largest exponent in the way back from a logarithm: e^85 is within float32.
inline constexpr double kLargestLogTarget = 85.0;

Json statistics_json(const TableStatistics& statistics);
// Throws Error{model}. Files of before data.clean.clip_outliers clip nothing. Version 1 has no
// transforms, no encodings, and quantile scaling for all columns or none.
TableStatistics statistics_from_json(const Json& json, int version);

// Over the training rows, as training sees them. `columns` says what those of `training` are.
// `weights` has one entry per row; `targets` too for regression, else it is empty. Standard
// deviations are the population's; a column without spread, up to the digits of float32, keeps
// scale 1.
TableStatistics fit_table(const TableColumns& columns, const ModelInputs& training,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TaskConfig& task, const TableData& data);

}  // namespace candor
