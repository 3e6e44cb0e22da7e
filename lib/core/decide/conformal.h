// SPDX-License-Identifier: Apache-2.0
// Split conformal prediction: sets of classes, and intervals of numbers, that hold the truth with
// probability 1 - alpha at least, for any model, when new rows come from where the calibration rows
// do. Vovk, Gammerman and Shafer 2005; Lei et al. 2018 (regression).
//
// With n calibration rows and no equal scores the share of new rows that are covered has an
// expected value in [1 - alpha, 1 - alpha + 1 / (n + 1)]: over draws of calibration and new rows,
// not for every draw, and not for every kind of row. Per group (Mondrian) it holds within each
// group. It does not hold when the population has changed. Weights of rows have no part in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/decide/calibration_rows.h"

namespace candor {

// How unlike a class is to a row. lac, "least ambiguous sets" (Sadinle, Lei and Wasserman 2019):
// one less the class's probability; the smallest sets on average. aps, "adaptive prediction sets"
// (Romano, Sesia and Candes 2020): the probability of all classes that are likelier, and a random
// share of its own; sets grow where the model is unsure. That share comes from the bits of the
// row's probabilities: the same row always gets the same set, and it is a function of the row
// alone, so the guarantee holds. absolute_residual: |y - prediction|, for regression.
enum class ConformalMethod { lac, aps, absolute_residual };

// The ceil((n + 1)(1 - alpha))-th smallest of n scores; infinity when n is too small for that:
// fewer than rows_needed(alpha). n 100, alpha 0.1: the 91st.
double conformal_quantile(std::vector<double> scores, double alpha);

// ceil(1 / alpha) - 1: 9 for alpha 0.1, 19 for 0.05.
std::size_t rows_needed(double alpha);
// The least alpha, in steps of 0.0001, that so many rows are enough for.
double smallest_alpha(std::size_t rows);

// Scores of all classes of a row: [K]. method: lac or aps.
std::vector<double> conformal_scores(ConformalMethod method, std::span<const double> probabilities);

// In [0, 1), from the bits of the numbers and the name of what it is for: what looks random from
// row to row and is the same each time.
double uniform_of(std::span<const double> probabilities, const char* purpose);

struct Conformal {
  ConformalMethod method = ConformalMethod::lac;
  double alpha = 0.1;
  std::size_t rows = 0;  // that it was fitted on
  // 0: the rows were kept for it. Else what the models of that many folds said of rows that they
  // had not seen, used for the model of all rows. Nothing is proven of that: it is near 1 - alpha
  // where leaving a fold out changes a model little (Barber et al. 2021, section 2.1, on the
  // jackknife). CrossConformal has a proof, and needs every fold's model.
  std::size_t folds = 0;
  double quantile = 0.0;
  // Per group (Mondrian); the column's name is empty when it is for all rows alike. Groups with
  // fewer rows than rows_needed(alpha) are not in it, so that a rare value enters no model
  // directory.
  std::string group_column;
  std::map<std::string, double> group_quantiles;

  // The quantile for a row: infinite, so that its set has every class, for a group with too few
  // calibration rows or none, and without a group.
  double quantile_of(const std::optional<std::string>& group) const;
};

// rows.groups give the groups when `group_column` is not empty. Throws Error{config} for an alpha
// outside of (0, 1), and Error{data} for fewer rows than rows_needed(alpha) in all: the text says
// how many are needed and the smallest alpha that these rows allow.
Conformal fit_conformal(const CalibrationRows& rows, ConformalMethod method, double alpha,
                        const std::string& group_column = "");
Conformal fit_conformal_residuals(std::span<const double> targets,
                                  std::span<const double> predictions, double alpha,
                                  const std::vector<std::string>& groups = {},
                                  const std::string& group_column = "");

// Classes in the set, by rising index. It may be empty: no class fits the row as well as 1 - alpha
// of the calibration rows' own did.
std::vector<std::int64_t> prediction_set(const Conformal& conformal,
                                         std::span<const double> probabilities,
                                         const std::optional<std::string>& group = std::nullopt);

struct PredictionInterval {
  double low = 0.0;
  double high = 0.0;
};
PredictionInterval prediction_interval(const Conformal& conformal, double prediction,
                                       const std::optional<std::string>& group = std::nullopt);

}  // namespace candor
