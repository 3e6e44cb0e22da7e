// SPDX-License-Identifier: Apache-2.0
// Conformal prediction for small data: every row calibrates, by what the model said of it that was
// trained without its fold. New rows are judged by all folds' models. Vovk 2015, "Cross-conformal
// predictors"; Barber, Candes, Ramdas and Tibshirani 2021, "Predictive inference with the
// jackknife+" (CV+). Folds of one row each are the jackknife+.
//
// What is proven is a coverage of 1 - 2 alpha at least (less a little for few rows in many folds);
// in practice it is near 1 - alpha. Split conformal sets promise more, and need rows of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/decide/conformal.h"

namespace candor {

// Scores of the rows' own truths (conformal_scores, or absolute residuals), each by the model of
// the folds that the row is not in.
class CrossConformal {
 public:
  // folds: 0 to F - 1 by row. Throws Error{data} for sizes that differ, a score that is not finite,
  // an empty fold, or fewer rows than rows_needed(alpha); Error{config} for alpha.
  CrossConformal(std::span<const double> scores, std::span<const std::size_t> folds, double alpha);

  std::size_t folds() const { return sorted_.size(); }
  std::size_t rows() const { return rows_; }

  // (1 + rows whose score is at least that of this truth by their own fold's model) / (n + 1).
  // fold_scores: [F], one candidate truth's score by each fold's model.
  double p_value(std::span<const double> fold_scores) const;

  // Classes with a p-value above alpha. fold_scores: [F, K].
  std::vector<std::int64_t> set(std::span<const double> fold_scores, std::size_t classes) const;

  // CV+ for absolute residuals: predictions [F] of a new row by each fold's model. From the
  // floor(alpha (n + 1))-th smallest of prediction - residual to the ceil((1 - alpha)(n + 1))-th
  // smallest of prediction + residual.
  PredictionInterval interval(std::span<const double> predictions) const;

 private:
  void check_folds(std::size_t found) const;

  double alpha_;
  std::size_t rows_ = 0;
  std::vector<std::vector<double>> sorted_;  // scores of each fold, rising
};

}  // namespace candor
