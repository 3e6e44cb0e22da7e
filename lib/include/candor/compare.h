// SPDX-License-Identifier: Apache-2.0
// Runs and any tool's predictions side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/api.h>

namespace candor {

struct CompareOptions {
  std::optional<std::string> metric;    // only this one: "loss", or a metric of the task
  std::optional<std::string> positive;  // of files of predictions: as in predictions.h
  std::optional<double> threshold;
  bool ranking = false;
  bool all_pairs = false;  // test every two of them, not only the first against each other one
  bool html = false;       // make the page too
  bool json = false;       // text is one JSON document (docs/compare.md)
  bool color = false;
};

struct CompareResult {
  std::string text;
  std::string html;  // one page, empty unless asked for
};

// Two to 20 run directories, folders with a report of candor eval, and files of predictions of any
// tool: settings in which the runs differ, validations, reports, paired tests of the first against
// each other one (or of all pairs) where both have predicted the same rows, and on the page the
// curves of training.
// Reads only. Throws Error{config} for what is none of these, and for a metric that none has;
// Error{data} for what is wrong in a file of predictions.
CANDOR_API CompareResult compare_runs(const std::vector<std::string>& runs,
                                      const CompareOptions& options);

}  // namespace candor
