// SPDX-License-Identifier: Apache-2.0
// Runs read side by side, and the page about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/runs/paired.h"
#include "core/runs/run_record.h"
#include "core/runs/settings.h"

namespace candor {

struct Comparison {
  std::vector<RunRecord> runs;      // names differ; reports and predictions among them
  std::vector<PairedResult> pairs;  // the first against each other one, or all of them
  SettingTable settings;
  // Names without "validation/" that any run has: "loss" first, then as reports have them.
  std::vector<std::string> validations;
  std::vector<std::string> reported;  // names of metrics in any report
  std::optional<std::string> only;    // --metric; the two lists above hold nothing else
};

// Why no run is best by its report or its validations, since these are about different rows: a line
// for people; empty where they are not, as far as the runs tell.
std::string different_rows(const Comparison& comparison);

// Why no language model is best by its loss per token, since their tokens are not the same; empty
// where they are, as far as the reports tell.
std::string different_tokens(const Comparison& comparison);

// The same for two classes, of which the runs call different ones positive.
std::string different_positives(const Comparison& comparison);

// Why sliding metrics of language models do not compare: evaluate.sliding_stride differs.
std::string different_strides(const Comparison& comparison);

// Those of the four that there are.
std::vector<std::string> caveats(const Comparison& comparison);

std::string comparison_html(const Comparison& comparison);

// Index of the run that is best, of those that have a value; empty when fewer than two have one,
// when all are equal, when they are about different rows, when the metric is about other tokens,
// other windows or another positive class, and when no value of it is better than another (what
// decisions cover).
std::optional<std::size_t> best_reported(const Comparison& comparison, const std::string& metric);
std::optional<std::size_t> best_validated(const Comparison& comparison, const std::string& metric);

}  // namespace candor
