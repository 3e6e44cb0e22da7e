// SPDX-License-Identifier: Apache-2.0
#include "core/decide/cross_conformal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <candor/error.h>

namespace candor {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::data, "cross-conformal scores: " + what);
}

}  // namespace

CrossConformal::CrossConformal(std::span<const double> scores, std::span<const std::size_t> folds,
                               double alpha)
    : alpha_(alpha), rows_(scores.size()) {
  const auto needed = rows_needed(alpha);
  if (folds.size() != scores.size()) {
    refuse(fmt::format("{} folds for {} rows", folds.size(), scores.size()));
  }
  if (rows_ < needed) {
    refuse(fmt::format("alpha {} needs {} rows at least; found {}", alpha, needed, rows_));
  }
  sorted_.resize(*std::max_element(folds.begin(), folds.end()) + 1);
  for (std::size_t i = 0; i < rows_; ++i) {
    if (!std::isfinite(scores[i])) {
      refuse(fmt::format("row {}: found {}; allowed: a finite number", i, scores[i]));
    }
    sorted_[folds[i]].push_back(scores[i]);
  }
  for (std::size_t fold = 0; fold < sorted_.size(); ++fold) {
    if (sorted_[fold].empty()) refuse(fmt::format("fold {} has no rows", fold));
    std::sort(sorted_[fold].begin(), sorted_[fold].end());
  }
}

void CrossConformal::check_folds(std::size_t found) const {
  if (found == folds()) return;
  throw Error(ErrorKind::failed,
              fmt::format("cross-conformal prediction: {} values for {} folds", found, folds()));
}

double CrossConformal::p_value(std::span<const double> fold_scores) const {
  check_folds(fold_scores.size());
  std::size_t at_least = 0;
  for (std::size_t fold = 0; fold < folds(); ++fold) {
    const auto& own = sorted_[fold];
    at_least += static_cast<std::size_t>(
        own.end() - std::lower_bound(own.begin(), own.end(), fold_scores[fold]));
  }
  return (1.0 + static_cast<double>(at_least)) / (1.0 + static_cast<double>(rows_));
}

std::vector<std::int64_t> CrossConformal::set(std::span<const double> fold_scores,
                                              std::size_t classes) const {
  check_folds(fold_scores.size() / std::max<std::size_t>(1, classes));
  std::vector<std::int64_t> set;
  std::vector<double> own(folds());
  for (std::size_t k = 0; k < classes; ++k) {
    for (std::size_t fold = 0; fold < folds(); ++fold) own[fold] = fold_scores[fold * classes + k];
    if (p_value(own) > alpha_) set.push_back(static_cast<std::int64_t>(k));
  }
  return set;
}

PredictionInterval CrossConformal::interval(std::span<const double> predictions) const {
  check_folds(predictions.size());
  std::vector<double> below, above;
  for (std::size_t fold = 0; fold < folds(); ++fold) {
    for (const auto residual : sorted_[fold]) {
      below.push_back(residual - predictions[fold]);  // negated: the lower bound is the same rule
      above.push_back(predictions[fold] + residual);
    }
  }
  return {-conformal_quantile(std::move(below), alpha_),
          conformal_quantile(std::move(above), alpha_)};
}

}  // namespace candor
