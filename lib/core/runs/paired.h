// SPDX-License-Identifier: Apache-2.0
// Paired tests of what `candor compare` is given, where both have predicted the same rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/paired_tests.h"
#include "core/runs/compared.h"

namespace candor {

// Of intervals, and one less the level of p.
inline constexpr double kPairedConfidence = 0.95;

struct PairedMetric {
  Difference difference;         // the other less the first
  std::optional<double> p_holm;  // corrected for all others
};

struct PairedResult {
  std::size_t first = 0, other = 0;  // indices of what was given
  std::int64_t rows = 0;
  std::string unit = "rows";                         // of texts "documents", or "parts of the text"
  std::string why_not;                               // why they are not tested; then nothing below
  std::string answers = "probabilities and labels";  // what is tested, in words
  bool sets_differ = false;  // by what the reports say of them; they are not tested
  bool identical = false;    // in every one of them, so that there is nothing to test
  std::vector<PairedMetric> metrics;
  // The same over the folds of a cross-validation that both were through; empty: they were not, or
  // not on the same folds.
  std::int64_t folds = 0;
  std::vector<PairedMetric> by_folds;
};

// The first against each of the others, or every two of them: then p is corrected for them all.
// `metric`: only this one; else those that tell most.
std::vector<PairedResult> compare_pairs(const std::vector<Compared>& compared,
                                        const std::optional<std::string>& metric, bool all_pairs);

// `other` with its rows in the order of `first` and its classes too, so that compare_scored() takes
// both. Empty where they are not the same rows; `why_not` says why.
std::optional<Scored> matched(const Compared& first, const Compared& other, std::string& why_not);

// The metrics that are undefined, with their reasons: "log_loss, ece: REASON".
std::vector<std::string> undefined_lines(const std::vector<PairedMetric>& metrics);

// "B is better than A in accuracy by 0.012 [0.003, 0.021], p 0.004", or that no difference can be
// told. `names` by index of what was given.
std::string paired_sentence(const PairedResult& pair, const PairedMetric& metric,
                            const std::vector<std::string>& names);

}  // namespace candor
