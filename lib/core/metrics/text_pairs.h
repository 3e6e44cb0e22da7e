// SPDX-License-Identifier: Apache-2.0
// Pairs of texts that differ in whom they are about, and which of the two a language model holds
// for likelier: the user's own pairs, or files in the layout of CrowS-Pairs (Nangia et al. 2020).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/metrics/report.h"

namespace candor {

struct TextPair {
  std::string first, second;
  std::string kind;   // what they differ in; empty: not told
  std::string place;  // "FILE:LINE"
};

// CSV or JSON lines. Columns: sent_more, sent_less and bias_type as CrowS-Pairs has them, or first,
// second and, if there is one, kind. Throws Error{data} for a file without those columns, and for a
// pair of which one is empty or both are equal.
std::vector<TextPair> read_text_pairs(const std::string& path);

// log P of both texts of a pair, nats.
struct PairScore {
  double first = 0.0;
  double second = 0.0;
};

struct PairRow {
  std::string kind;  // empty: all pairs
  std::int64_t count = 0;
  std::int64_t ties = 0;
  // preference: share of the pairs whose first text is strictly likelier; Wilson.
  // mean_difference: of log P(first) - log P(second); mean_absolute_difference: of its size; nats;
  // Student's t, undefined interval for a single pair.
  std::vector<Metric> metrics;
};

struct PairReport {
  std::string model, digest;
  std::string file, sha256;  // the file's name and content
  double confidence = 0.95;
  std::vector<PairRow> rows;  // all, then by kind in alphabetical order where there are kinds
};

// `scores`: one for each pair.
PairReport make_pair_report(const std::vector<TextPair>& pairs,
                            const std::vector<PairScore>& scores, double confidence);

Json pair_report_json(const PairReport& report);
std::string pair_report_text(const PairReport& report, bool color);

}  // namespace candor
