// SPDX-License-Identifier: Apache-2.0
// What a classifier said about rows whose true class is known and that were used for nothing else:
// what calibration, thresholds, prediction sets and abstention are fitted on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace candor {

struct CalibrationRows {
  std::size_t classes = 0;            // K, 2 at least; of two the last is the positive one
  std::vector<double> probabilities;  // [N, K], each row's sum is 1
  std::vector<std::int64_t> labels;   // [N] true class
  std::vector<double> weights;        // [N], or empty: all 1
  std::vector<std::string> groups;    // [N] value of the group column, or empty

  std::size_t count() const { return labels.size(); }
  std::span<const double> row(std::size_t i) const {
    return {probabilities.data() + i * classes, classes};
  }
  std::span<double> row(std::size_t i) { return {probabilities.data() + i * classes, classes}; }
  double weight(std::size_t i) const { return weights.empty() ? 1.0 : weights[i]; }
  double positive(std::size_t i) const { return probabilities[i * classes + classes - 1]; }
  std::size_t label(std::size_t i) const { return static_cast<std::size_t>(labels[i]); }
};

// Throws Error{data} that names the first row at fault (from 0), unless sizes agree, there is a row
// with weight, every number is finite, probabilities lie in [0, 1] and sum to 1 within 1e-3, labels
// are known and weights are not negative.
void check_rows(const CalibrationRows& rows);

// Throws Error{data} unless `probabilities` are finite, in [0, 1], and sum to 1 within 1e-3.
void check_probabilities(std::span<const double> probabilities, const std::string& where);

// Throws Error{failed} unless there are two classes; `what` begins the text.
void check_two_classes(const CalibrationRows& rows, const std::string& what);

// Share of each class among the labels, by weight: [K], sum 1.
std::vector<double> class_shares(const CalibrationRows& rows);

}  // namespace candor
