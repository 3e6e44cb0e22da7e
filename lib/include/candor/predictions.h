// SPDX-License-Identifier: Apache-2.0
// The report on what any tool has predicted, from a file of its predictions. Needs no LibTorch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/api.h>
#include <candor/model.h>

namespace candor {

struct PredictionsOptions {
  std::optional<std::string> positive;  // class that a score speaks for; empty: 1, true or yes
  // Two classes: a row is positive when its score is at or above it. Empty: the most probable
  // class.
  std::optional<double> threshold;
  bool ranking = false;             // scores order the rows and are no probabilities
  std::vector<std::string> groups;  // further columns, by whose values the report is broken down
  std::optional<std::string> out;   // folder for the report's files and predictions/
  bool overwrite = false;
  bool json = false;
  bool color = false;
  std::vector<std::string> words;  // overrides of evaluate.*
};

// The report on the rows of `file` (CSV or JSON lines; its columns are in docs/eval.md), as
// evaluate() gives it for a model. Throws Error: config (options, words, an existing file), data
// (what is wrong in the file, by line).
CANDOR_API EvaluateResult evaluate_predictions(const std::string& file,
                                               const PredictionsOptions& options);

}  // namespace candor
