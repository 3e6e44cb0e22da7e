// SPDX-License-Identifier: Apache-2.0
// How a model is judged, how its answers become decisions, and how settings are chosen. A part of
// config.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace candor {

// ---- decisions ------------------------------------------------------------------------------

// Two classes: from which probability on the positive one is the answer. One of the four; in JSON
// `value` alone may stand as a bare number. All but `value` are found on the calibration rows.
struct ThresholdConfig {
  std::optional<double> value;
  std::optional<std::string> maximize;  // a metric
  std::optional<double> recall;         // the highest threshold that reaches it
  std::optional<double> precision;      // the lowest threshold that reaches it

  static ThresholdConfig of_number(double number) {
    ThresholdConfig threshold;
    threshold.value = number;
    return threshold;
  }
  // The number that stands for all of it, if one does.
  std::optional<double> number() const {
    return maximize || recall || precision ? std::nullopt : value;
  }
};

enum class CalibrationMethod { none, temperature, isotonic };

// How unlike a class is to a row. lac: one less its probability, the smallest sets on average. aps:
// the probability of all likelier classes and a share of its own (Romano, Sesia and Candes 2020);
// sets grow where the model is unsure. Regression has intervals of one width, and neither.
enum class SetMethod { lac, aps };

// Sets of answers that hold the true one with probability 1 - alpha (split conformal prediction).
// Found on the calibration rows; without any, with cross_validation, by what the folds' models say
// of the rows they hold out.
struct ConformalConfig {
  SetMethod method = SetMethod::lac;
  double alpha = 0.1;
  std::optional<std::string> group;  // one of data.groups: holds within each of its values
};

// No answer where the highest probability is low. One of the two, found on the calibration rows.
struct AbstainConfig {
  std::optional<double> accuracy;  // of the rows that are answered, at least
  std::optional<double> coverage;  // share of rows that are answered
};

enum class GroupConstraint { demographic_parity, equalized_odds };

// Two classes: thresholds by group (Hardt, Price and Srebro 2016); the group must be known when the
// model is asked.
struct GroupThresholdsConfig {
  std::string group;  // one of data.groups; required
  GroupConstraint constraint = GroupConstraint::demographic_parity;
  double max_difference = 0.05;  // between groups, on the calibration rows
};

// What is fitted on the calibration rows, after training; task.threshold is, too.
struct CalibrationConfig {
  CalibrationMethod method = CalibrationMethod::none;
  std::optional<ConformalConfig> conformal;
  std::optional<AbstainConfig> abstain;
  std::optional<GroupThresholdsConfig> group_thresholds;
};

// ---- evaluation -----------------------------------------------------------------------------

struct GateConfig {
  std::optional<double> min;
  std::optional<double> max;
  std::optional<double> confidence;  // of the one-sided bound; empty: evaluate.confidence
};

// Interpolated n-gram model, fitted on the training text, that a language model is compared with.
struct BaselineConfig {
  std::int64_t order = 8;  // tokens: the predicted one and up to order - 1 before it
};

// Class shares where the model is used, when they differ from those of training.
struct PriorsConfig {
  std::map<std::string, double> given;  // class -> share; empty: estimated on the rows evaluated,
                                        // without their labels (Saerens et al. 2002)
};

struct EvaluateConfig {
  double confidence = 0.95;                                   // of every interval
  std::optional<BaselineConfig> baseline = BaselineConfig{};  // language models; empty: none
  // Language models: tokens that windows move by which overlap, for the sliding_ metrics; at most
  // model.context; empty: these are not measured.
  std::optional<std::int64_t> sliding_stride;
  // METRIC, COLUMN/METRIC (in every group) or COLUMN/GAP -> bounds on it
  std::map<std::string, GateConfig> gates;
  std::int64_t min_count = 30;     // rows a group needs for a gate to be decided
  bool allow_undecided = false;    // a gate that too few rows can decide does not fail
  std::int64_t intersections = 2;  // group columns that are crossed with each other, at most
  bool slices = true;              // look for values of the group columns where the model is worst
  std::int64_t examples = 0;       // rows most wrong that the report shows
  std::optional<PriorsConfig> priors;  // classification; empty: those of training
};

// ---- choosing parameters --------------------------------------------------------------------

// Every row is held out once; folds respect data.split.stratify, group and time.
struct CrossValidationConfig {
  std::int64_t folds = 5;
  std::int64_t repeats = 1;  // with other folds each time
};

// A JSON value of any kind, as text.
struct AnyValue {
  std::string json;
  friend bool operator==(const AnyValue&, const AnyValue&) = default;
};

// Values that a key may take; one of the four.
struct SearchSpace {
  std::vector<double> log;            // two numbers: even between their logarithms
  std::vector<double> uniform;        // two numbers: even between them
  std::vector<std::int64_t> integer;  // two numbers: every whole number from one to the other
  std::vector<AnyValue> choice;       // each of these
};

enum class SearchMethod { grid, random, halving };
enum class SearchScore { validation, cross_validation };

struct TuneConfig {
  // grid: every combination; random: draws; halving: draws, of which the better third goes on for
  // three times as long (successive halving, Jamieson and Talwalkar 2016)
  SearchMethod method = SearchMethod::random;
  std::int64_t trials = 30;      // draws of random and halving
  std::int64_t grid_points = 3;  // grid: of each space that is a range
  SearchScore score = SearchScore::validation;
  std::optional<std::int64_t> parallel;  // trials at a time; empty: one a core
  std::optional<double> max_minutes;     // no trial begins after that
  std::uint64_t seed = 0;                // of the draws
};

}  // namespace candor
