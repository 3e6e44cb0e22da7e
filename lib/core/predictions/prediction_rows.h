// SPDX-License-Identifier: Apache-2.0
// The rows of a file of predictions as text and numbers, and what they are checked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

// What the user says of a file beside its rows.
struct PredictionRules {
  std::optional<std::string> positive;
  std::optional<double> threshold;
  bool ranking = false;
  std::vector<std::string> groups;
};

enum class PredictionKind { score, probabilities, value };

struct PredictionRows {
  std::string path;
  PredictionKind kind = PredictionKind::score;
  std::vector<std::int64_t> lines;   // [N] in the file, from 1
  std::vector<std::string> ids;      // [N], or empty
  std::vector<std::string> labels;   // [N] the truth
  std::vector<std::string> classes;  // K, probabilities only
  bool positive_is_last = false;     // of two classes, whatever they are called
  std::vector<double> numbers;       // [N] score or value, or [N, K] probabilities
  std::vector<std::string> decided;  // [N] class that the tool decided on, or empty
  std::vector<double> weight;        // [N], or empty
  std::map<std::string, std::vector<std::string>> groups;
  std::vector<std::string> findings;  // what is remarkable, a sentence each

  std::size_t count() const { return labels.size(); }
  std::string place(std::size_t row) const;  // "FILE:LINE"
};

// Checks every row and turns them into what reports are made of. Throws Error{data} for the first
// row at fault (file and line, what was found, what is allowed), Error{config} for a rule that does
// not fit the file.
Scored scored_of(const PredictionRows& rows, const PredictionRules& rules);

}  // namespace candor
