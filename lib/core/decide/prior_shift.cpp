// SPDX-License-Identifier: Apache-2.0
#include "core/decide/prior_shift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <candor/error.h>

#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/decide/calibration_rows.h"

namespace candor {
namespace {

constexpr std::size_t kMaxIterations = 10000;
constexpr double kTolerance = 1e-10;  // largest change of a frequency in one step

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

void check_frequencies(const char* name, const std::vector<double>& values, std::size_t classes,
                       bool zero_allowed) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::config, fmt::format("priors.{}: {}", name, what));
  };
  if (values.size() != classes) {
    refuse(fmt::format("found {} numbers; expected: {}, one per class", values.size(), classes));
  }
  for (const auto value : values) {
    if (std::isfinite(value) && (value > 0.0 || (zero_allowed && value == 0.0))) continue;
    refuse(fmt::format("found {}; allowed: {}", value, zero_allowed ? "0 to 1" : "above 0, to 1"));
  }
  if (std::abs(sum_of(values) - 1.0) <= 1e-6) return;
  refuse(fmt::format("the sum is {:.7g}; expected: 1", sum_of(values)));
}

struct Fit {
  std::vector<double> priors;
  std::size_t iterations = 0;
  bool converged = false;
};

// Rows as likelihoods up to a factor of their own: P(c | x) / P(c), scaled to at most 1.
std::vector<double> likelihoods(std::span<const double> probabilities,
                                std::span<const double> training) {
  const auto classes = training.size();
  std::vector<double> ratios(probabilities.size());
  for (std::size_t at = 0; at < probabilities.size(); at += classes) {
    double highest = 0.0;
    for (std::size_t k = 0; k < classes; ++k) {
      ratios[at + k] = probabilities[at + k] / training[k];
      highest = std::max(highest, ratios[at + k]);
    }
    for (std::size_t k = 0; k < classes; ++k) ratios[at + k] /= highest;
  }
  return ratios;
}

// `counts` says how often each row stands; empty: once.
Fit maximise(std::span<const double> ratios, std::span<const std::uint32_t> counts,
             std::vector<double> priors) {
  const auto classes = priors.size();
  const auto rows = ratios.size() / classes;
  Fit fit;
  std::vector<double> sums(classes);
  while (fit.iterations < kMaxIterations && !fit.converged) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      const double count = counts.empty() ? 1.0 : counts[i];
      if (count == 0.0) continue;
      const auto* row = ratios.data() + i * classes;
      double total = 0.0;
      for (std::size_t k = 0; k < classes; ++k) total += priors[k] * row[k];
      if (!(total > 0.0)) continue;  // only classes that have died out
      const auto scale = count / total;
      for (std::size_t k = 0; k < classes; ++k) sums[k] += priors[k] * row[k] * scale;
    }
    const auto total = sum_of(sums);
    double change = 0.0;
    for (std::size_t k = 0; k < classes; ++k) {
      change = std::max(change, std::abs(sums[k] / total - priors[k]));
      priors[k] = sums[k] / total;
    }
    ++fit.iterations;
    fit.converged = change <= kTolerance;
  }
  fit.priors = std::move(priors);
  return fit;
}

std::vector<std::uint32_t> drawn_counts(std::size_t rows, const RandomStream& stream) {
  std::vector<std::uint32_t> counts(rows, 0);
  for (std::size_t i = 0; i < rows; ++i) ++counts[stream.below(i, rows)];
  return counts;
}

// Percentile with linear interpolation, `values` sorted.
double percentile(const std::vector<double>& values, double share) {
  const auto at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

void add_interval(PriorEstimate& estimate, std::span<const double> ratios,
                  const PriorEstimateOptions& options) {
  const auto classes = estimate.priors.size();
  const RandomStream stream(options.seed, "prior bootstrap");
  // A frequency of 0 would stay there.
  std::vector<double> start(classes);
  for (std::size_t k = 0; k < classes; ++k) {
    start[k] = 0.99 * estimate.priors[k] + 0.01 / static_cast<double>(classes);
  }
  std::vector<std::vector<double>> found(options.resamples);
  in_parts(part_count(options.resamples, 8), options.resamples,
           [&](std::size_t, std::size_t begin, std::size_t end) {
             for (auto b = begin; b < end; ++b) {
               const auto counts = drawn_counts(estimate.rows, stream.at(b));
               found[b] = maximise(ratios, counts, start).priors;
             }
           });
  for (std::size_t k = 0; k < classes; ++k) {
    std::vector<double> values;
    for (const auto& priors : found) values.push_back(priors[k]);
    std::sort(values.begin(), values.end());
    estimate.low.push_back(percentile(values, (1.0 - options.confidence) / 2));
    estimate.high.push_back(percentile(values, (1.0 + options.confidence) / 2));
  }
}

}  // namespace

void check_prior_shift(const PriorShift& shift, std::size_t classes) {
  check_frequencies("training", shift.training, classes, false);
  check_frequencies("target", shift.target, classes, true);
}

void adjust_priors(const PriorShift& shift, std::span<double> probabilities) {
  double total = 0.0;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    total += probabilities[k] * shift.target[k] / shift.training[k];
  }
  if (!(total > 0.0)) return;
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    probabilities[k] *= shift.target[k] / shift.training[k] / total;
  }
}

PriorEstimate estimate_priors(std::span<const double> probabilities,
                              std::span<const double> training,
                              const PriorEstimateOptions& options) {
  const auto classes = training.size();
  check_frequencies("training", {training.begin(), training.end()}, classes, false);
  PriorEstimate estimate;
  estimate.rows = classes == 0 ? 0 : probabilities.size() / classes;
  estimate.confidence = options.confidence;
  estimate.resamples = options.resamples;
  if (estimate.rows == 0 || estimate.rows * classes != probabilities.size()) {
    throw Error(ErrorKind::data,
                fmt::format("rows for the class frequencies: found {} probabilities; expected: {} "
                            "for each row, of one row at least",
                            probabilities.size(), classes));
  }
  for (std::size_t i = 0; i < estimate.rows; ++i) {
    check_probabilities(probabilities.subspan(i * classes, classes), fmt::format("row {}", i));
  }
  const auto ratios = likelihoods(probabilities, training);
  auto fit = maximise(ratios, {}, {training.begin(), training.end()});
  estimate.priors = std::move(fit.priors);
  estimate.iterations = fit.iterations;
  estimate.converged = fit.converged;
  if (options.resamples > 0) add_interval(estimate, ratios, options);
  return estimate;
}

}  // namespace candor
