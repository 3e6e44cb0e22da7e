// SPDX-License-Identifier: Apache-2.0
// When to say nothing: a row whose most probable class has a probability below a bound is left to
// somebody else (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace candor {

// What a model would do at one bound. Answered: rows whose confidence is at or above it.
struct RiskCoveragePoint {
  double bound = 0.0;     // on the confidence
  double coverage = 0.0;  // share of rows that are answered, by weight
  double risk = 0.0;      // share of wrong ones among them
};

// One point per distinct confidence, by rising coverage; the last answers all. Rows without weight
// count nowhere. O(n log n). weight may be empty: all 1. Throws Error{data} for sizes that differ,
// a number that is not finite, or no weight at all.
std::vector<RiskCoveragePoint> risk_coverage_curve(std::span<const double> confidence,
                                                   std::span<const std::uint8_t> correct,
                                                   std::span<const double> weight = {});

// Area under the curve, steps between coverages: the mean risk over all coverages. Lower is better.
double area_under_risk_coverage(const std::vector<RiskCoveragePoint>& curve);

struct AbstainBelow {
  double probability = 0.0;  // [0, 1]
};
// Answers as many rows as it can while the share of right ones among them is at least this.
struct AbstainForAccuracy {
  double accuracy = 0.95;  // (0, 1]
};
// Answers at least this share of the rows, those it is surest of.
struct AbstainForCoverage {
  double coverage = 0.9;  // (0, 1]
};
using AbstainChoice = std::variant<AbstainBelow, AbstainForAccuracy, AbstainForCoverage>;

struct Abstention {
  double bound = 0.0;     // rows whose most probable class has less than this are left alone
  std::string chosen_by;  // "fixed", "accuracy of at least 0.95", "coverage of at least 0.9"
  double coverage = 1.0;  // on the calibration rows
  double risk = 0.0;
};

// Throws Error{data} where no bound reaches the accuracy (the text has the highest that there is),
// and Error{config} for a number out of range. The accuracy is that of the rows it is chosen on,
// and so a little more than that of new ones.
Abstention choose_abstention(const std::vector<RiskCoveragePoint>& curve,
                             const AbstainChoice& choice);

}  // namespace candor
