// SPDX-License-Identifier: Apache-2.0
// How numbers and names look to people, in the terminal and on the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/metrics/report.h"

namespace candor {

// 51344 -> "51,344".
std::string with_thousands(std::int64_t value);

// Decimals that show four significant digits of `value` (at least four decimals below 1, at most
// 8).
int decimals_for(double value);

// With thousands separators from 10,000 on; "e" notation where eight decimals show nothing or
// digits would pass 15.
std::string fixed(double value, int decimals);

std::string value_text(const Metric& metric);     // "0.8571"; "-" when undefined
std::string interval_text(const Metric& metric);  // "[0.8517, 0.8624]"; "-" when there is none

// The interval; without one or without a value why.
std::string interval_or_reason(const Metric& metric);

// How the interval was found; without one or without a value why.
std::string method_text(const Metric& metric);

// "0.8571 [0.8517, 0.8624]"; the value alone when there is no interval.
std::string with_interval(const Metric& metric);

// Whether tables leave a metric to report.json: what equals_accuracy(); and a top_5_accuracy of
// five classes or fewer, which is 1.
bool says_nothing_new(const Metric& metric);

// "95 %".
std::string percent_text(double confidence);

// What the means of a cross-validation are about.
std::string fold_sentence(const FoldMeans& folds);

// What GroupRow::count counts: "rows", or of a language model "documents".
const char* group_unit(OutputKind kind);

// Code points; a good guess of columns in a terminal.
std::size_t display_width(std::string_view text);

// At most `width` code points, a long text cut with "…"; control bytes, which could steer a
// terminal, and hidden ones become "?".
std::string shown(std::string_view text, std::size_t width);

std::string pad_right(std::string text, std::size_t width);
std::string pad_left(std::string text, std::size_t width);

// &, <, >, " and ' as entities; control and hidden characters become "?".
std::string escape_html(std::string_view text);
// A key or a gate's name as HTML that may be broken between its parts.
std::string breakable(std::string_view name);

// Whether a group of the column has too few rows to judge by.
bool is_small(const GroupGaps& gaps, const std::string& group);

struct Confused {
  std::size_t truth = 0;
  std::size_t predicted = 0;
  std::int64_t count = 0;
};
// The most frequent mistakes, at most `most`.
std::vector<Confused> top_confusions(const Report& report, std::size_t most);

}  // namespace candor
