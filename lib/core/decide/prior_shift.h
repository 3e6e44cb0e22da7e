// SPDX-License-Identifier: Apache-2.0
// When classes are more or less frequent than in training, and rows of each class are as they were:
// P'(c | x) is in proportion to P(c | x) P'(c) / P(c). Saerens, Latinne and Decaestecker 2002,
// "Adjusting the Outputs of a Classifier to New a Priori Probabilities: A Simple Procedure".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace candor {

// Frequencies of the classes where the model was trained and where it is used; [K], sum 1 each,
// training above 0.
struct PriorShift {
  std::vector<double> training;
  std::vector<double> target;
  std::string chosen_by;                    // "given", or how they were estimated
  std::vector<double> low = {}, high = {};  // [K] of an estimate, for reports; stored nowhere
};

// Throws Error{config} unless it has `classes` numbers each, of the ranges above (within 1e-6).
void check_prior_shift(const PriorShift& shift, std::size_t classes);

// log P(c | x) + log P'(c) - log P(c), normalised, in place. Where all is 0 (a row that is
// certainly of a class that never comes), the row stays as it is.
void adjust_priors(const PriorShift& shift, std::span<double> probabilities);

struct PriorEstimateOptions {
  double confidence = 0.95;
  std::size_t resamples = 200;  // of rows, for the interval; 0: none
  std::uint64_t seed = 0;
};

struct PriorEstimate {
  std::vector<double> priors;  // [K], sum 1
  std::vector<double> low,
      high;  // [K], percentile bootstrap over the rows; empty without resamples
  std::size_t rows = 0;
  std::size_t iterations = 0;
  bool converged = false;
  double confidence = 0.95;
  std::size_t resamples = 0;
};

// The frequencies under which these rows' probabilities (of the model as trained, [N, K]) are
// likeliest, by expectation-maximisation from the training frequencies; no label is needed. The
// likelihood has one maximum where the classes' probabilities differ. The interval is that of the
// rows' sampling; it does not know of probabilities that are wrong: calibrate the model first.
// Throws Error{data} without rows or for a row that check_probabilities refuses.
PriorEstimate estimate_priors(std::span<const double> probabilities,
                              std::span<const double> training,
                              const PriorEstimateOptions& options = {});

}  // namespace candor
