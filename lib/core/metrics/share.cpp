// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/share.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace candor {

namespace {

constexpr double kFewestRows = 5.0 * (1.0 - 1e-9);  // but for rounding

bool is_of_few(const Share& share) {
  const bool uneven = share.effective_rows() < (1.0 - 1e-9) * share.rows;
  return uneven && share.effective_rows() < kFewestRows;
}

}  // namespace

std::string too_few_to_judge(const WeightSums& weights) {
  if (static_cast<double>(weights.count) < kFewestRows) return "fewer than five rows";
  return weights.few_are_heavy() ? kHeavyRows : "";
}

// A row is part of the mean that its distance is from: of a share h of the weight the squared
// distance is 1 - 2 h + q times what it is from the true mean, with q the sum of squares of all
// shares (MacKinnon and White 1985, HC2). Light rows are taken as n effective ones have it, 1 - q,
// since heavy ones often vary otherwise.
void LinearisedVariance::add(double influence, double weight, double times) {
  if (!(weight > 0.0)) return;
  const auto share = weight / weights_.sum;
  const auto squares = 1.0 / weights_.rows();
  const auto left = std::min(1.0 - 2.0 * share + squares, 1.0 - squares);
  if (left > 0.0) sum_ += times * influence * influence / left;
  distances_ += times * (influence / share) * (influence / share);
  rows_ += times;
}

double LinearisedVariance::value() const {
  constexpr double kManyRows = 30.0;
  const auto rows = weights_.rows();
  const bool uneven = rows < (1.0 - 1e-9) * rows_;
  if (!uneven || rows >= kManyRows || rows_ < 2.0) return sum_;
  return std::max(sum_, 0.5 * distances_ / (rows_ - 1.0) / rows);
}

std::string Share::method() const {
  if (!weighted) return "wilson";
  return is_of_few(*this) ? "clopper-pearson, effective n" : "wilson, effective n";
}

void Share::add(bool is_hit, double weight) {
  if (is_hit) hit += weight;
  if (is_hit) hit_of_squares += weight * weight;
  total += weight;
  total_of_squares += weight * weight;
  rows += weight > 0.0 ? 1.0 : 0.0;
  weighted = weighted || weight != 1.0;
}

std::optional<Interval> Share::interval(double confidence) const {
  if (total <= 0.0) return std::nullopt;
  if (is_of_few(*this)) {
    const auto all = count();
    return clopper_pearson(std::clamp(hit / total, 0.0, 1.0) * all, all, confidence);
  }
  const auto effective = effective_rows();
  if (effective > (1.0 - 1e-9) * rows) return wilson(hit / total, count(), confidence);
  // With uneven weights the count is itself an estimate: Student's t in place of the normal.
  const auto t = student_quantile(0.5 * (1.0 + confidence), effective - 1.0);
  return wilson(hit / total, count(), std::erf(t / std::numbers::sqrt2));
}

double Share::count() const {
  // Where the heaviest rows all are hits, or none is, their spread is that of the light ones, which
  // says nothing of them.
  const auto effective = effective_rows();
  const auto most = 2.0 * effective - 1.0;  // nearly twice; of one row, one
  const auto p = hit / total;
  const auto squares =
      (1.0 - p) * (1.0 - p) * hit_of_squares + p * p * (total_of_squares - hit_of_squares);
  const auto linearised = p * (1.0 - p) * total * total / squares;
  return weighted && std::isfinite(linearised) && linearised > 0.0 ? std::min(linearised, most)
                                                                   : effective;
}

double mean_error(const Moments& moments, double weight, double weight_squares) {
  const auto n = effective_size(weight, weight_squares);
  if (n <= 1.0) return 0.0;
  const auto centre = moments.wx / weight;
  const auto spread = moments.w2x2 - 2.0 * centre * moments.w2x + centre * centre * weight_squares;
  // What rounding leaves of equal values is no spread.
  if (spread <= 1e-14 * moments.w2x2) return 0.0;
  return std::sqrt(spread * n / (n - 1.0)) / weight;
}

}  // namespace candor
