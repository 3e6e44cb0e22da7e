// SPDX-License-Identifier: Apache-2.0
// The decision threshold of two classes: a row is positive when its score is at or above it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/decide/calibration_rows.h"

namespace candor {

// What a threshold can be chosen to maximise. youden is the true positive rate less the false
// positive rate (Youden 1950), and chooses as balanced_accuracy does. f1 is that of the positive
// class. A value whose denominator is 0 counts as 0 (f1, mcc).
enum class ThresholdMetric { accuracy, balanced_accuracy, f1, mcc, youden };

struct FixedThreshold {
  double value = 0.5;
};
struct MaximizeMetric {
  ThresholdMetric metric = ThresholdMetric::balanced_accuracy;
};
// The highest threshold whose recall is at least this: the fewest false alarms.
struct ThresholdAtRecall {
  double recall = 0.9;  // (0, 1]
};
// The lowest threshold whose precision is at least this: the most true positives.
struct ThresholdAtPrecision {
  double precision = 0.9;  // (0, 1]
};
using ThresholdChoice =
    std::variant<FixedThreshold, MaximizeMetric, ThresholdAtRecall, ThresholdAtPrecision>;

// Counts by weight of the decisions at one threshold.
struct Outcomes {
  double true_positive = 0.0;
  double false_positive = 0.0;
  double true_negative = 0.0;
  double false_negative = 0.0;

  double positives() const { return true_positive + false_negative; }
  double negatives() const { return true_negative + false_positive; }
  double total() const { return positives() + negatives(); }
  double selected() const { return true_positive + false_positive; }
  double recall() const;     // 0 without positives
  double precision() const;  // 0 when nothing is selected
};
double metric_of(ThresholdMetric metric, const Outcomes& outcomes);

// Two-class scores as thresholds see them: higher means positive. Any finite numbers, so that a
// plain ranking works too.
struct BinaryScores {
  std::vector<double> score;
  std::vector<std::uint8_t> positive;
  std::vector<double> weight;  // empty: all 1
};
BinaryScores binary_scores(const CalibrationRows& rows);

struct Cut {
  double threshold = 0.0;
  Outcomes outcomes;
};

// Every different decision that a threshold can make on these rows, by falling threshold. The first
// is just above the highest score (nothing is selected), the last is the lowest score (everything
// is); between two distinct scores lies their midpoint, so equal scores are never parted. Rows
// without weight make no cut. O(n log n). Throws Error{data} for a score that is not finite.
std::vector<Cut> cuts(const BinaryScores& scores);

struct ChosenThreshold {
  double value = 0.5;
  std::string chosen_by;  // "fixed", "maximum of f1", "recall at least 0.9", ...
  Outcomes outcomes;      // on the rows it was chosen on
};

// Of thresholds that are equally good (within 1e-12) the one nearest to 0.5, of two the lower.
// Throws Error{data} where the rows have one class only (a fixed value needs none), or where no
// threshold reaches the precision asked for: the text has the highest precision that there is; and
// Error{config} for a number out of range.
ChosenThreshold choose_threshold(const BinaryScores& scores, const ThresholdChoice& choice);

// "maximum of f1", for reports.
std::string describe(const ThresholdChoice& choice);
// Names of the metrics, in the order of the enum, and the metric of a name; throws Error{config}
// that lists them, beginning with `where`.
std::vector<std::string> threshold_metric_names();
ThresholdMetric threshold_metric(const std::string& name, const std::string& where);

}  // namespace candor
