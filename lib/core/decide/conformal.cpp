// SPDX-License-Identifier: Apache-2.0
#include "core/decide/conformal.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <candor/error.h>

#include "core/base/random.h"

namespace candor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// 20 * 0.95 may come out as a little more than 19.
constexpr double kRounding = 1e-9;

void check_alpha(double alpha) {
  if (alpha > 0.0 && alpha < 1.0) return;
  throw Error(
      ErrorKind::config,
      fmt::format("calibration.conformal.alpha: found {}; allowed: above 0, below 1", alpha));
}

void check_enough(std::size_t rows, double alpha) {
  if (rows >= rows_needed(alpha)) return;
  throw Error(
      ErrorKind::data,
      fmt::format("calibration.conformal: alpha {} needs {} calibration rows at least; found "
                  "{}; give data.split.calibration a larger fraction, or an alpha of {:.4g} "
                  "or more",
                  alpha, rows_needed(alpha), rows, smallest_alpha(rows)));
}

// Quantiles of all rows and of each group, from the score of each row's own truth.
void set_quantiles(Conformal& conformal, const std::vector<double>& scores,
                   const std::vector<std::string>& groups) {
  conformal.rows = scores.size();
  check_enough(scores.size(), conformal.alpha);
  conformal.quantile = conformal_quantile(scores, conformal.alpha);
  if (conformal.group_column.empty()) return;
  if (groups.size() != scores.size()) {
    throw Error(ErrorKind::failed, fmt::format("calibration.conformal.group: {} groups for {} rows",
                                               groups.size(), scores.size()));
  }
  std::map<std::string, std::vector<double>> by_group;
  for (std::size_t i = 0; i < scores.size(); ++i) by_group[groups[i]].push_back(scores[i]);
  for (auto& [group, own] : by_group) {
    if (own.size() < rows_needed(conformal.alpha)) continue;
    conformal.group_quantiles[group] = conformal_quantile(std::move(own), conformal.alpha);
  }
}

std::vector<double> adaptive_scores(std::span<const double> probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  const auto share = uniform_of(probabilities, "conformal");
  std::vector<double> scores(probabilities.size());
  double before = 0.0;
  for (const auto k : order) {
    scores[k] = before + share * probabilities[k];
    before += probabilities[k];
  }
  return scores;
}

}  // namespace

double conformal_quantile(std::vector<double> scores, double alpha) {
  check_alpha(alpha);
  const auto n = static_cast<double>(scores.size());
  const auto rank = std::max(1.0, std::ceil((n + 1.0) * (1.0 - alpha) - kRounding));
  if (rank > n) return kInfinity;
  const auto at = scores.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(scores.begin(), at, scores.end());
  return *at;
}

std::size_t rows_needed(double alpha) {
  check_alpha(alpha);
  return static_cast<std::size_t>(std::max(1.0, std::ceil(1.0 / alpha - 1.0 - kRounding)));
}

double smallest_alpha(std::size_t rows) {
  return std::ceil(1e4 / (static_cast<double>(rows) + 1.0)) / 1e4;
}

double uniform_of(std::span<const double> probabilities, const char* purpose) {
  RandomStream stream(0, purpose);
  for (const auto p : probabilities) stream = stream.at(std::bit_cast<std::uint64_t>(p));
  return stream.uniform(0);
}

std::vector<double> conformal_scores(ConformalMethod method,
                                     std::span<const double> probabilities) {
  if (method == ConformalMethod::aps) return adaptive_scores(probabilities);
  std::vector<double> scores;
  scores.reserve(probabilities.size());
  for (const auto p : probabilities) scores.push_back(1.0 - p);
  return scores;
}

double Conformal::quantile_of(const std::optional<std::string>& group) const {
  if (group_column.empty()) return quantile;
  if (!group) return kInfinity;
  const auto found = group_quantiles.find(*group);
  return found == group_quantiles.end() ? kInfinity : found->second;
}

Conformal fit_conformal(const CalibrationRows& rows, ConformalMethod method, double alpha,
                        const std::string& group_column) {
  check_rows(rows);
  check_alpha(alpha);
  Conformal conformal{.method = method, .alpha = alpha, .group_column = group_column};
  std::vector<double> scores;
  scores.reserve(rows.count());
  for (std::size_t i = 0; i < rows.count(); ++i) {
    scores.push_back(conformal_scores(method, rows.row(i))[rows.label(i)]);
  }
  set_quantiles(conformal, scores, rows.groups);
  return conformal;
}

Conformal fit_conformal_residuals(std::span<const double> targets,
                                  std::span<const double> predictions, double alpha,
                                  const std::vector<std::string>& groups,
                                  const std::string& group_column) {
  check_alpha(alpha);
  Conformal conformal{
      .method = ConformalMethod::absolute_residual, .alpha = alpha, .group_column = group_column};
  std::vector<double> scores;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    scores.push_back(std::abs(targets[i] - predictions[i]));
    if (std::isfinite(scores.back())) continue;
    throw Error(ErrorKind::data,
                fmt::format("calibration row {}: target or prediction is not finite", i));
  }
  set_quantiles(conformal, scores, groups);
  return conformal;
}

std::vector<std::int64_t> prediction_set(const Conformal& conformal,
                                         std::span<const double> probabilities,
                                         const std::optional<std::string>& group) {
  const auto quantile = conformal.quantile_of(group);
  const auto scores = conformal_scores(conformal.method, probabilities);
  std::vector<std::int64_t> set;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    if (scores[k] <= quantile) set.push_back(static_cast<std::int64_t>(k));
  }
  return set;
}

PredictionInterval prediction_interval(const Conformal& conformal, double prediction,
                                       const std::optional<std::string>& group) {
  const auto quantile = conformal.quantile_of(group);
  return {prediction - quantile, prediction + quantile};
}

}  // namespace candor
