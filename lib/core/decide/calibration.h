// SPDX-License-Identifier: Apache-2.0
// Probabilities that mean what they say: of rows that get 0.8, four in five are right.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "core/decide/calibration_rows.h"

namespace candor {

// Probabilities become softmax(log p / value): above 1 less sure, below 1 more. It keeps the order
// of the classes, and so every argmax. Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of
// Modern Neural Networks".
struct Temperature {
  double value = 1.0;
};
inline constexpr double kLowestTemperature = 0.05;
inline constexpr double kHighestTemperature = 20.0;

// A curve that never falls: linear between its points, level outside of them.
struct MonotoneCurve {
  std::vector<double> x;  // rising, one at least
  std::vector<double> y;  // as many, never falling

  double operator()(double at) const;
};

// Zadrozny and Elkan 2002, "Transforming Classifier Scores into Accurate Multiclass Probability
// Estimates": of two classes one curve, for the positive one; of more one per class (one against
// the rest), and then divided by their sum. It may make ties and, with more than two classes,
// change the argmax.
struct Isotonic {
  std::vector<MonotoneCurve> curves;
};

// monostate: the model's own probabilities.
using Calibration = std::variant<std::monostate, Temperature, Isotonic>;

// Applies it to one row of K probabilities, in place; their sum is 1 afterwards.
void calibrate(const Calibration& calibration, std::span<double> probabilities);
void calibrate(const Calibration& calibration, CalibrationRows& rows);

// The temperature with the least log loss, by Newton's method on 1 / T (where the loss is convex)
// inside a bracket that bisection keeps. A bound of the allowed range where the loss still falls
// there: when every row is right, or when the model knows nothing.
Temperature fit_temperature(const CalibrationRows& rows);

// Least squares under monotony by pooling adjacent violators. Values are kept within
// [1 / (n + 2), 1 - 1 / (n + 2)], n the rows' effective number: no row in n is no proof of never,
// and a 0 would make the log loss infinite.
Isotonic fit_isotonic(const CalibrationRows& rows);

// The curve that pools (x, y, weight) so; rows without weight are left out, equal x are one.
MonotoneCurve pool_adjacent_violators(std::span<const double> x, std::span<const double> y,
                                      std::span<const double> weight);

// Mean negative log-likelihood of the labels, by weight; probabilities below 1e-38 count as that.
double log_loss(const CalibrationRows& rows);

}  // namespace candor
