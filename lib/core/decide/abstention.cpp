// SPDX-License-Identifier: Apache-2.0
#include "core/decide/abstention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <candor/error.h>

namespace candor {
namespace {

constexpr double kEqual = 1e-12;

void check_range(const char* name, double value, bool zero_allowed) {
  if ((value > 0.0 || (zero_allowed && value == 0.0)) && value <= 1.0) return;
  throw Error(ErrorKind::config, fmt::format("calibration.abstain.{}: found {}; allowed: {} 1",
                                             name, value, zero_allowed ? "0 to" : "above 0, to"));
}

Abstention at(const RiskCoveragePoint& point, std::string how) {
  return {point.bound, std::move(how), point.coverage, point.risk};
}

Abstention fixed(const std::vector<RiskCoveragePoint>& curve, double bound) {
  check_range("probability", bound, true);
  Abstention abstention{bound, "fixed", 0.0, 0.0};
  for (const auto& point : curve) {
    if (point.bound < bound) break;
    abstention.coverage = point.coverage;
    abstention.risk = point.risk;
  }
  return abstention;
}

Abstention for_accuracy(const std::vector<RiskCoveragePoint>& curve, double accuracy) {
  check_range("accuracy", accuracy, false);
  const auto found = std::find_if(curve.rbegin(), curve.rend(), [&](const auto& point) {
    return 1.0 - point.risk >= accuracy - kEqual;
  });
  if (found != curve.rend()) return at(*found, fmt::format("accuracy of at least {}", accuracy));
  const auto& best = *std::min_element(
      curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.risk < b.risk; });
  throw Error(
      ErrorKind::data,
      fmt::format("calibration.abstain.accuracy: no bound gives an accuracy of {} on the "
                  "calibration rows; the highest is {:.4g}, at {:.4g}, which answers {:.3g} % "
                  "of them; ask for less",
                  accuracy, 1.0 - best.risk, best.bound, 100.0 * best.coverage));
}

Abstention for_coverage(const std::vector<RiskCoveragePoint>& curve, double coverage) {
  check_range("coverage", coverage, false);
  const auto found = std::find_if(curve.begin(), curve.end(), [&](const auto& point) {
    return point.coverage >= coverage - kEqual;
  });
  return at(found == curve.end() ? curve.back() : *found,
            fmt::format("coverage of at least {}", coverage));
}

}  // namespace

std::vector<RiskCoveragePoint> risk_coverage_curve(std::span<const double> confidence,
                                                   std::span<const std::uint8_t> correct,
                                                   std::span<const double> weight) {
  const auto n = confidence.size();
  const auto weight_of = [&](std::size_t i) { return weight.empty() ? 1.0 : weight[i]; };
  if (correct.size() != n || (!weight.empty() && weight.size() != n)) {
    throw Error(ErrorKind::failed, "risk-coverage curve: the numbers of rows differ");
  }
  std::vector<std::size_t> order;
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(confidence[i])) {
      throw Error(ErrorKind::data, fmt::format("confidence of row {}: found {}; allowed: a finite "
                                               "number",
                                               i, confidence[i]));
    }
    if (weight_of(i) > 0.0) order.push_back(i);
    total += weight_of(i);
  }
  if (!(total > 0.0)) throw Error(ErrorKind::data, "risk-coverage curve: no row has a weight");
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return confidence[a] != confidence[b] ? confidence[a] > confidence[b] : a < b;
  });
  std::vector<RiskCoveragePoint> curve;
  double answered = 0.0, wrong = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    answered += weight_of(order[i]);
    if (!correct[order[i]]) wrong += weight_of(order[i]);
    const bool last = i + 1 == order.size();
    if (!last && confidence[order[i + 1]] == confidence[order[i]]) continue;
    curve.push_back({confidence[order[i]], last ? 1.0 : answered / total, wrong / answered});
  }
  return curve;
}

double area_under_risk_coverage(const std::vector<RiskCoveragePoint>& curve) {
  double area = 0.0, before = 0.0;
  for (const auto& point : curve) {
    area += (point.coverage - before) * point.risk;
    before = point.coverage;
  }
  return area;
}

Abstention choose_abstention(const std::vector<RiskCoveragePoint>& curve,
                             const AbstainChoice& choice) {
  if (curve.empty()) throw Error(ErrorKind::data, "calibration.abstain: there are no rows");
  if (const auto* below = std::get_if<AbstainBelow>(&choice))
    return fixed(curve, below->probability);
  if (const auto* target = std::get_if<AbstainForAccuracy>(&choice)) {
    return for_accuracy(curve, target->accuracy);
  }
  return for_coverage(curve, std::get<AbstainForCoverage>(choice).coverage);
}

}  // namespace candor
