// SPDX-License-Identifier: Apache-2.0
// Classification metrics that follow from sums over rows: their values under any weights, and what
// every row adds to them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/metrics/calibration_error.h"
#include "core/metrics/measures.h"
#include "core/metrics/report.h"
#include "core/metrics/share.h"

namespace candor {

// What the metrics need to know about one row.
struct RowFacts {
  std::uint32_t target = 0;
  std::uint32_t predicted = 0;
  double log_loss = 0.0;
  double brier = 0.0;
  std::uint32_t top = 0;    // most probable class; another than `predicted` with a threshold
  double confidence = 0.0;  // its probability
  std::uint32_t bin = 0;    // of `ece`

  bool right() const { return target == predicted; }
  bool top_right() const { return target == top; }
};
std::vector<RowFacts> row_facts(const Scored& scored);

std::array<CalibrationBin, kCalibrationBins> calibration_bins(const std::vector<RowFacts>& facts,
                                                              std::span<const double> weight);

// Whether each row's true class is one of the five likeliest; of equal ones the first count as
// likelier, as for the predicted class.
inline constexpr std::size_t kTop = 5;
std::vector<bool> among_top(const Scored& scored);

class ClassTally {
 public:
  explicit ClassTally(std::size_t classes) : true_(classes), predicted_(classes), hit_(classes) {}
  void add(const RowFacts& row, double weight) { add(row, weight, weight * weight); }
  // `square`: weight times the row's own weight, where `weight` is of several draws.
  void add(const RowFacts& row, double weight, double square);

  // Of single classes; precision and F1 are 0 for a class that was never predicted.
  std::size_t classes() const { return true_.size(); }
  bool occurs(std::size_t k) const { return true_[k] > 0.0; }
  double precision(std::size_t k) const;
  double recall(std::size_t k) const { return hit_[k] / true_[k]; }
  double f1(std::size_t k) const;

  // Of two classes the last; NaN for other numbers of classes, and where it does not occur.
  double positive_precision() const;
  double positive_recall() const;
  double positive_f1() const;

  // Means over the classes that occur among the true labels, or over rows by their true class.
  double recall_macro() const;
  double precision_macro() const;
  double precision_weighted() const;
  double f1_macro() const;
  double f1_weighted() const;
  // Gorodkin 2004 for more than two classes; NaN with one class among true or predicted labels.
  double mcc() const;
  double log_loss() const { return log_loss_.wx / total_; }
  double brier() const { return brier_.wx / total_; }
  // Standard errors.
  double log_loss_error() const { return mean_error(log_loss_, total_, squares_); }
  double brier_error() const { return mean_error(brier_, total_, squares_); }
  double ece() const;

 private:
  friend class ClassInfluence;
  template <class Score>
  double macro(const Score& score) const;
  template <class Score>
  double by_rows(const Score& score) const;

  struct Bin {
    double weight = 0.0;
    double confidence = 0.0;
    double right = 0.0;
  };
  double total_ = 0.0;
  double squares_ = 0.0;  // of weights
  Moments log_loss_, brier_;
  std::array<Bin, kCalibrationBins> bins_{};
  std::vector<double> true_, predicted_, hit_;
};

struct TallyMetric {
  const char* name;
  double (ClassTally::*value)() const;
  bool by_formula = false;  // a report has a closed form for its interval
};
inline constexpr TallyMetric kTallyMetrics[] = {
    {"precision", &ClassTally::positive_precision, true},
    {"recall", &ClassTally::positive_recall, true},
    {"f1", &ClassTally::positive_f1, true},
    {"balanced_accuracy", &ClassTally::recall_macro, true},
    {"recall_macro", &ClassTally::recall_macro, true},
    {"precision_macro", &ClassTally::precision_macro},
    {"precision_weighted", &ClassTally::precision_weighted},
    {"f1_macro", &ClassTally::f1_macro},
    {"f1_weighted", &ClassTally::f1_weighted},
    {"mcc", &ClassTally::mcc},
    {"log_loss", &ClassTally::log_loss},
    {"brier", &ClassTally::brier},
    {"ece", &ClassTally::ece, true},
};

// All of `facts`.
ClassTally whole_tally(const std::vector<RowFacts>& facts, std::span<const double> weight,
                       std::size_t classes);

// For each row weight times the derivative of the metric `name` of kTallyMetrics by weight.
// `tally` holds all of `facts` with `weight`.
std::vector<double> tally_influence(std::string_view name, const ClassTally& tally,
                                    const std::vector<RowFacts>& facts,
                                    std::span<const double> weight);

}  // namespace candor
