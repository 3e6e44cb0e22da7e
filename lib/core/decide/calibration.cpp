// SPDX-License-Identifier: Apache-2.0
#include "core/decide/calibration.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace candor {
namespace {

// The smallest normal float32: what underflowed in a softmax is not impossible.
constexpr double kSmallest = 1.1754943508222875e-38;

double safe_log(double probability) { return std::log(std::max(probability, kSmallest)); }

void divide_by_sum(std::span<double> values) {
  const auto sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (auto& value : values) value /= sum;
}

void apply(const Temperature& temperature, std::span<double> probabilities) {
  const auto highest = safe_log(*std::max_element(probabilities.begin(), probabilities.end()));
  for (auto& p : probabilities) p = std::exp((safe_log(p) - highest) / temperature.value);
  divide_by_sum(probabilities);
}

void apply(const Isotonic& isotonic, std::span<double> probabilities) {
  if (isotonic.curves.size() == 1) {
    const auto positive = isotonic.curves.front()(probabilities[1]);
    probabilities[0] = 1.0 - positive;
    probabilities[1] = positive;
    return;
  }
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    probabilities[k] = isotonic.curves[k](probabilities[k]);
  }
  divide_by_sum(probabilities);
}

// Slope and curvature, in b = 1 / T, of sum w (log sum exp(b z) - b z_label).
struct Derivatives {
  double first = 0.0;
  double second = 0.0;
};

Derivatives derivatives(const CalibrationRows& rows, const std::vector<double>& logs,
                        double inverse) {
  Derivatives sum;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const std::span<const double> z(logs.data() + i * rows.classes, rows.classes);
    const auto highest = *std::max_element(z.begin(), z.end());
    double total = 0.0, mean = 0.0, square = 0.0;  // of z less its highest: nothing cancels
    for (const auto value : z) {
      const auto d = value - highest;
      const auto e = std::exp(inverse * d);
      total += e;
      mean += e * d;
      square += e * d * d;
    }
    mean /= total;
    sum.first += rows.weight(i) * (mean - (z[rows.label(i)] - highest));
    sum.second += rows.weight(i) * std::max(0.0, square / total - mean * mean);
  }
  return sum;
}

double effective_count(const CalibrationRows& rows) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    sum += rows.weight(i);
    squares += rows.weight(i) * rows.weight(i);
  }
  return sum * sum / squares;
}

struct Block {
  double first = 0.0;  // lowest and highest x in it
  double last = 0.0;
  double sum = 0.0;  // of weight * y
  double weight = 0.0;

  double mean() const { return sum / weight; }
};

void pool_last(std::vector<Block>& blocks) {
  while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
    const auto top = blocks.back();
    blocks.pop_back();
    auto& below = blocks.back();
    below.last = top.last;
    below.sum += top.sum;
    below.weight += top.weight;
  }
}

}  // namespace

double MonotoneCurve::operator()(double at) const {
  const auto above = std::upper_bound(x.begin(), x.end(), at);
  if (above == x.begin()) return y.front();
  const auto i = static_cast<std::size_t>(above - x.begin());
  if (above == x.end()) return y.back();
  const auto share = (at - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] + share * (y[i] - y[i - 1]);
}

void calibrate(const Calibration& calibration, std::span<double> probabilities) {
  if (const auto* temperature = std::get_if<Temperature>(&calibration)) {
    apply(*temperature, probabilities);
  } else if (const auto* isotonic = std::get_if<Isotonic>(&calibration)) {
    apply(*isotonic, probabilities);
  }
}

void calibrate(const Calibration& calibration, CalibrationRows& rows) {
  for (std::size_t i = 0; i < rows.count(); ++i) calibrate(calibration, rows.row(i));
}

Temperature fit_temperature(const CalibrationRows& rows) {
  check_rows(rows);
  std::vector<double> logs;
  logs.reserve(rows.probabilities.size());
  for (const auto p : rows.probabilities) logs.push_back(safe_log(p));
  double low = 1.0 / kHighestTemperature, high = 1.0 / kLowestTemperature;
  if (derivatives(rows, logs, low).first >= 0.0) return {kHighestTemperature};
  if (derivatives(rows, logs, high).first <= 0.0) return {kLowestTemperature};
  double inverse = 1.0;
  for (int step = 0; step < 200 && high - low > 1e-14 * high; ++step) {
    const auto slope = derivatives(rows, logs, inverse);
    if (slope.first == 0.0) break;
    (slope.first < 0.0 ? low : high) = inverse;
    const auto newton = inverse - slope.first / slope.second;
    const auto next = newton > low && newton < high ? newton : low + (high - low) / 2;
    if (std::abs(next - inverse) <= 1e-13 * inverse) break;
    inverse = next;
  }
  return {1.0 / inverse};
}

MonotoneCurve pool_adjacent_violators(std::span<const double> x, std::span<const double> y,
                                      std::span<const double> weight) {
  const auto weight_of = [&](std::size_t i) { return weight.empty() ? 1.0 : weight[i]; };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (weight_of(i) > 0.0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < order.size();) {
    Block block{x[order[i]], x[order[i]], 0.0, 0.0};
    for (; i < order.size() && x[order[i]] == block.first; ++i) {
      block.sum += weight_of(order[i]) * y[order[i]];
      block.weight += weight_of(order[i]);
    }
    blocks.push_back(block);
    pool_last(blocks);
  }
  MonotoneCurve curve;
  for (const auto& block : blocks) {
    curve.x.push_back(block.first);
    curve.y.push_back(block.mean());
    if (block.last == block.first) continue;
    curve.x.push_back(block.last);
    curve.y.push_back(block.mean());
  }
  return curve;
}

Isotonic fit_isotonic(const CalibrationRows& rows) {
  check_rows(rows);
  const auto margin = 1.0 / (effective_count(rows) + 2.0);
  Isotonic isotonic;
  for (std::size_t k = rows.classes == 2 ? 1 : 0; k < rows.classes; ++k) {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < rows.count(); ++i) {
      x.push_back(rows.row(i)[k]);
      y.push_back(rows.label(i) == k ? 1.0 : 0.0);
    }
    auto curve = pool_adjacent_violators(x, y, rows.weights);
    for (auto& value : curve.y) value = std::clamp(value, margin, 1.0 - margin);
    isotonic.curves.push_back(std::move(curve));
  }
  return isotonic;
}

double log_loss(const CalibrationRows& rows) {
  double loss = 0.0, total = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    loss -= rows.weight(i) * safe_log(rows.row(i)[rows.label(i)]);
    total += rows.weight(i);
  }
  return loss / total;
}

}  // namespace candor
