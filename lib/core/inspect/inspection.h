// SPDX-License-Identifier: Apache-2.0
// What `candor inspect` found, as data: made by inspect_table, inspect_text and inspect_images,
// written as text, JSON or a page.
//
// Privacy: no cell of a column that is an identifier, free text or a date is ever in here, and a
// category only when at least kFewestShown rows share it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"

namespace candor {

inline constexpr std::int64_t kFewestShown = 5;

// error: training would fail, or its score would be false; warning: it would likely be worse than
// it could be; note: worth knowing.
enum class Severity { error, warning, note };

struct Finding {
  Severity severity = Severity::note;
  std::string code;                 // of the kind of finding: "constant", "duplicate_rows", ...
  std::string column;               // empty: about the whole data
  std::string text;                 // one sentence, without a final period
  std::vector<std::string> config;  // words for the command line of candor train that act on it
  // What to do where no such word does it, or does it in part only; without a final period.
  std::string advice = {};
};

enum class ColumnKind { empty, constant, integer, real, boolean, category, date, identifier, text };
const char* kind_name(ColumnKind kind);

struct ValueCount {
  std::string value;
  std::int64_t rows = 0;
};

// Quantiles and histogram are those of the row sample.
struct NumberReport {
  double least = 0.0, most = 0.0, mean = 0.0, deviation = 0.0;
  std::array<double, 5> quantiles{};  // 5, 25, 50, 75, 95 %
  // Extremes far beyond the bulk: the histogram then covers the middle 98 % only.
  bool skewed = false;
  double outlier_share = 0.0;  // beyond the quartiles by more than 3 interquartile ranges
  double low = 0.0, high = 0.0;
  std::vector<std::int64_t> histogram;  // rows in bins of equal width from low to high
};

struct ColumnReport {
  std::string name;
  ColumnKind kind = ColumnKind::empty;
  std::int64_t values = 0;  // cells that are not missing
  std::int64_t missing = 0;
  std::int64_t distinct = 0;
  bool distinct_exact = true;
  std::optional<NumberReport> numbers;
  std::vector<ValueCount> top;     // most frequent categories, at most kMostTop
  std::int64_t rare_values = 0;    // categories of fewer than kFewestShown rows
  std::int64_t rare_rows = 0;      // and the rows that have them
  std::int64_t longest = 0;        // bytes
  double mean_length = 0.0;        // bytes
  bool date_order_open = false;    // dates that can be read day first or month first
  std::optional<double> predicts;  // share of the target's information, out of fold
};

inline constexpr std::size_t kMostTop = 12;

struct Inspection {
  std::string kind;  // "table", "text", "images"
  std::string name;  // of the file or folder
  std::optional<std::string> target;
  // What is known of the whole: name, number or text.
  std::vector<std::pair<std::string, Json>> facts;
  std::vector<ColumnReport> columns;  // tables
  std::vector<ValueCount> classes;    // of the target, or the class folders
  std::vector<Finding> findings;      // the worst first
};

// One document, with "format_version".
Json inspection_json(const Inspection& inspection);
// For a terminal.
std::string inspection_text(const Inspection& inspection, bool color);
// One page without scripts and without anything from elsewhere.
std::string inspection_html(const Inspection& inspection);

// For people: six digits, "1,484,705" and "0.3145"; exponents only for what is below 0.0001 or from
// 10^15 on.
std::string figure(double value);

// `word` as a shell takes it: in single quotes where it needs them.
std::string shell_word(const std::string& word);

}  // namespace candor
