// SPDX-License-Identifier: Apache-2.0
// Regression metrics under any weights, and what every row adds to them.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "core/metrics/bootstrap.h"
#include "core/metrics/report.h"
#include "core/metrics/share.h"

namespace candor {

struct RegressionRow {
  double error = 0.0;
  double relative = 0.0;  // |error / target|; NaN where the target is 0
  double centred = 0.0;   // target less a fixed centre, so that squares keep their digits
};

struct RegressionSums {
  double weight = 0.0;
  double squares = 0.0;  // of weights
  Moments squared_error, absolute_error, relative_error;
  double target = 0.0;
  double squared_target = 0.0;

  // `square`: w times the row's own weight, where w is of several draws.
  void add(const RegressionRow& row, double w, double square);
  double rmse() const;
  double mae() const;
  double mape() const;     // NaN when a target is 0
  double pinball() const;  // at the median, which is what one value for a row stands for
  double r2() const;       // NaN when all targets are equal
  // Standard errors.
  double rmse_error() const;
  double mae_error() const;
  double mape_error() const;
  double pinball_error() const;
  double r2_error() const;
  // Sum of squares about the mean; 0 when nothing but rounding is left.
  double spread() const;

 private:
  // Sums of w^2 c^k and w^2 c^k error^2, with c the centred target: what r2_error needs.
  std::array<double, 5> target_powers_{};
  std::array<double, 3> error_powers_{};
};

struct RegressionMetric {
  const char* name;
  double (RegressionSums::*value)() const;
};
inline constexpr RegressionMetric kRegressionMetrics[] = {{"rmse", &RegressionSums::rmse},
                                                          {"mae", &RegressionSums::mae},
                                                          {"mape", &RegressionSums::mape},
                                                          {"pinball", &RegressionSums::pinball},
                                                          {"r2", &RegressionSums::r2}};

inline constexpr double (RegressionSums::*kRegressionErrors[])() const = {
    &RegressionSums::rmse_error, &RegressionSums::mae_error, &RegressionSums::mape_error,
    &RegressionSums::pinball_error, &RegressionSums::r2_error};
static_assert(std::size(kRegressionErrors) == std::size(kRegressionMetrics));

// Those of kRegressionMetrics, then kRegressionErrors.
class RegressionStatistics : public RowStatistics {
 public:
  explicit RegressionStatistics(const Scored& scored);
  std::size_t size() const override {
    return std::size(kRegressionMetrics) + std::size(kRegressionErrors);
  }
  void evaluate(std::span<const double> weight, std::span<double> values) const override;
  // Under other weights than the rows' own: as often as each is drawn.
  RegressionSums sums(std::span<const double> weight) const;
  // For each row weight times the derivative of the metric by weight.
  std::vector<double> influence(std::string_view name, std::span<const double> weight) const;

 private:
  std::vector<RegressionRow> rows_;
  std::vector<double> own_weight_;
};

}  // namespace candor
