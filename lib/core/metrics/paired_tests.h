// SPDX-License-Identifier: Apache-2.0
// Two models on the same rows: differences with intervals and p-values, and their correction when
// there are several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/metrics/intervals.h"
#include "core/metrics/report.h"

namespace candor {

// a less b. Without a value or an interval, `reason` says why; without an interval, `method` is
// "none".
struct Difference {
  std::string metric;
  std::optional<double> value;
  std::optional<double> low, high;
  std::optional<double> p;  // two-sided, of no difference
  // "newcombe, mcnemar", "delong", "bca bootstrap", "linearisation", "document bootstrap",
  // "block bootstrap", "none"
  std::string method = "none";
  std::string reason;  // why there is no value, or no interval
};

// Without a value.
Difference undefined_difference(const std::string& metric, const std::string& reason);

// The difference in a metric of metric_list() between two models' outputs for the same rows in the
// same order: McNemar's exact test and Newcombe's interval for shares of rows (accuracy,
// top_5_accuracy and what equals accuracy), DeLong for roc_auc, for all others the bootstrap with
// both models on the same resamples. Weighted rows: the delta method. Throws Error{failed} when the
// rows, labels, weights or documents of the two differ, or there is no such metric.
Difference compare_scored(const std::string& metric, const Scored& a, const Scored& b,
                          double confidence);

// McNemar 1947, exact: two-sided p of `only_a` and `only_b` trials that only one side got right.
double mcnemar_exact(std::size_t only_a, std::size_t only_b);

// BCa interval of the mean of paired differences, and its p: how often resamples about a mean of 0
// lie as far away.
struct MeanDifference {
  double value = 0.0;
  std::optional<Interval> interval;
  std::optional<double> p;
};
MeanDifference paired_bootstrap(std::span<const double> differences, double confidence);

// Two-sided p of no difference from resampled values of it: the share of them that lies as far from
// `value` as 0 does, `value` itself counted once. Where that are 10 or fewer, the tail of a normal
// distribution with the resamples' spread goes on from there, so that corrections for many
// comparisons do not end at the number of resamples.
double bootstrap_p(double value, const std::vector<double>& samples);

// Holm 1979: p-values adjusted so that all may be held against one level; in the order given.
std::vector<double> holm(std::span<const double> p);

// Nadeau and Bengio 2003, "Inference for the generalization error": corrected resampled t-test of
// `differences` between two models, one per fold or split, whose training rows overlap.
// `test_share` is rows tested over rows trained on in each: 1/(k-1) for k folds. At least two
// differences; an interval and a p only when they differ.
MeanDifference corrected_resampled_t(std::span<const double> differences, double test_share,
                                     double confidence);

}  // namespace candor
