// SPDX-License-Identifier: Apache-2.0
// Calibration of the top label in bins of equal mass, without the bias of the plain estimate.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/metrics/intervals.h"

namespace candor {

inline constexpr std::size_t kMostMassBins = 15;
inline constexpr std::size_t kFewestRowsPerBin = 10;

struct CalibrationError {
  double value = 0.0;   // root of `square`, or 0 where that is negative
  double judged = 0.0;  // share of the weight in bins of more than one effective row, which count
  // Mean over bins, by weight, of (confidence - accuracy)^2 less accuracy (1 - accuracy) / (n - 1),
  // which is what sampling adds to it (Kumar, Liang and Ma 2019, "Verified uncertainty
  // calibration", section 4.3).
  double square = 0.0;
  // `plain` is the mean of the squared gaps as they are: about scale times a chi-square of
  // `degrees` (Satterthwaite 1946), whose noncentrality is the true mean over scale.
  double plain = 0.0;
  double degrees = 0.0;
  double scale = 0.0;
  // Of the bins that count.
  double confidence = 0.0, accuracy = 0.0;
  double rows = 0.0;  // effective number
};

// `confidence` and `right` (0 or 1) by row. 15 bins of equal mass, fewer below 150 rows: ten rows
// each. Equal confidences share a bin. A bin's n is the effective size of its weights.
CalibrationError mass_calibration_error(std::span<const double> confidence,
                                        std::span<const double> right,
                                        std::span<const double> weight,
                                        std::size_t most_bins = kMostMassBins);

// Sums over the rows of one bin of `ece`.
struct CalibrationBin {
  double weight = 0.0, squares = 0.0;       // of w, w^2
  double confidence = 0.0;                  // of w times the confidence
  double right = 0.0, right_squares = 0.0;  // of w, w^2 where right

  void add(double w, double row_confidence, bool is_right) {
    weight += w;
    squares += w * w;
    confidence += w * row_confidence;
    if (is_right) right += w;
    if (is_right) right_squares += w * w;
  }
};

// What a bin is known to have: its share of the weight, confidence less accuracy, and how much
// sampling varies that, with half a row more of either kind, also where weights depend on what is
// right.
struct CalibrationGap {
  double share = 0.0;
  double gap = 0.0;
  double variance = 0.0;
  double square_share = 0.0;  // sum of w^2 over the square of all weight
  double cross = 0.0;         // sum of w^2 (right - accuracy), over the same; 0 for equal weights
  double accuracy = 0.0;
  double spread = 0.25;  // p (1 - p) of the accuracy p that `variance` is of
};
// Of the bins that have rows.
std::vector<CalibrationGap> calibration_gaps(std::span<const CalibrationBin> bins);

// The interval of `ece` from its bins: the errors under which the `value` seen would not be
// unlikely. Sampling adds to every absolute gap, most where the true one is 0 (as a folded normal
// has it); the true gaps are the likeliest of those that make the error. Less than sampling makes
// of no error at all counts as that much. The variance is that within the bins, and by the bin that
// a row falls into, whose gap it brings along. Reaches up to `value` at least; and where every row
// is right, or none, it holds what accuracies that are not refuted would make.
std::optional<Interval> ece_interval(double value, std::span<const CalibrationGap> bins,
                                     double confidence);

// The root of the interval of the true mean of squares: of the noncentrality that `plain` does not
// refute, which counts as `degrees` times `scale` at least. Reaches from or up to `value` at least,
// and of rows that are all right as far as that of `ece`.
std::optional<Interval> calibration_error_interval(const CalibrationError& error,
                                                   double confidence);

}  // namespace candor
