// SPDX-License-Identifier: Apache-2.0
#include "core/table/column_census.h"

#include <algorithm>

#include "core/table/boolean_word.h"
#include "core/table/plain_number.h"

namespace candor {
namespace {

// The bit of the pair that `text` is of, or 0.
std::uint8_t boolean_pair(std::string_view text) {
  const auto word = boolean_word(text);
  return word ? static_cast<std::uint8_t>(1u << word->pair) : std::uint8_t{0};
}

std::int64_t later(std::int64_t first, std::int64_t next, std::int64_t rows) {
  return first >= 0 ? first : next < 0 ? -1 : rows + next;
}

}  // namespace

void ColumnCensus::add_other(NumberKind kind, std::string_view text) {
  follows_ = false;
  if (kind == NumberKind::not_finite) {
    if (facts_.not_finite++ == 0) facts_.first_not_finite = rows_;
  } else if (facts_.texts++ == 0) {
    facts_.first_text = rows_;
  }
  ++rows_;
  note_text(text);
}

void ColumnCensus::add_plain(const double* values, const std::uint8_t* spellings,
                             std::size_t count) {
  std::size_t at = 0;
  for (; at < count && facts_.numbers == 0; ++at) {  // the first value begins min and max
    if (spellings[at] == kMissingCell)
      add_missing();
    else
      add_number(values[at], spellings[at] == 0);
  }
  double least = facts_.min, most = facts_.max, last = last_value_;
  std::int64_t missing = 0, whole = 0;
  bool follows = follows_;
  auto& values_seen = distinct();
  for (auto i = at; i < count; ++i) {
    if (spellings[i] == kMissingCell) {
      ++missing;
      continue;
    }
    const double value = values[i];
    least = value < least ? value : least;
    most = value > most ? value : most;
    whole += spellings[i] == 0 ? 1 : 0;
    follows = follows && value == last + 1.0;
    last = value;
    values_seen.add_number(value);
  }
  const auto rows = static_cast<std::int64_t>(count - at);
  facts_.min = least;
  facts_.max = most;
  facts_.missing += missing;
  facts_.numbers += rows - missing;
  facts_.integers += whole;
  last_value_ = last;
  follows_ = follows && whole == rows;
  rows_ += rows;
}

void ColumnCensus::note_text(std::string_view text) {
  facts_.longest = std::max(facts_.longest, static_cast<std::int64_t>(text.size()));
  if (booleans_ != 0) booleans_ &= boolean_pair(text);
  if (dates_ != 0) narrow_dates(text);
  distinct().add_text(text);
}

void ColumnCensus::narrow_dates(std::string_view text) {
  for (const auto order : {DateOrder::year_first, DateOrder::day_first, DateOrder::month_first}) {
    const auto bit = static_cast<std::uint8_t>(1u << static_cast<unsigned>(order));
    if ((dates_ & bit) == 0 || parse_date_time(text, order)) continue;
    dates_ = static_cast<std::uint8_t>(dates_ & ~bit);
  }
}

void ColumnCensus::append(const ColumnCensus& next) {
  if (next.rows_ == 0) return;
  const auto& other = next.facts_;
  follows_ = follows_ && next.follows_ && (rows_ == 0 || next.first_value_ == last_value_ + 1.0);
  if (rows_ == 0) first_value_ = next.first_value_;
  last_value_ = next.last_value_;
  if (other.numbers > 0) {
    facts_.min = facts_.numbers == 0 ? other.min : std::min(facts_.min, other.min);
    facts_.max = facts_.numbers == 0 ? other.max : std::max(facts_.max, other.max);
  }
  facts_.first_text = later(facts_.first_text, other.first_text, rows_);
  facts_.first_not_finite = later(facts_.first_not_finite, other.first_not_finite, rows_);
  facts_.missing += other.missing;
  facts_.numbers += other.numbers;
  facts_.integers += other.integers;
  facts_.not_finite += other.not_finite;
  facts_.texts += other.texts;
  facts_.longest = std::max(facts_.longest, other.longest);
  rows_ += next.rows_;
  booleans_ &= next.booleans_;
  dates_ &= next.dates_;
}

ColumnSummary ColumnCensus::summary(const DistinctSketch& distinct) const {
  auto result = facts_;
  result.distinct = std::min(distinct.count(), result.present());
  result.distinct_is_exact = distinct.exact();
  std::int64_t texts = 0;
  double bytes = 0.0, words = 0.0;
  for (const auto& entry : distinct.sample()) {
    if (entry.bytes == 0) continue;
    ++texts;
    bytes += entry.bytes;
    words += entry.words;
  }
  if (texts > 0) {
    result.mean_bytes = bytes / static_cast<double>(texts);
    result.mean_words = words / static_cast<double>(texts);
  }
  const bool only_texts = result.texts > 0 && result.texts == result.present();
  result.each_is_one_more = follows_ && rows_ > 0;
  result.all_boolean = only_texts && booleans_ != 0;
  result.all_dates = only_texts && dates_ != 0;
  const bool year_first = (dates_ & 0b001) != 0, month_first = (dates_ & 0b100) != 0;
  result.date_order = year_first    ? DateOrder::year_first
                      : month_first ? DateOrder::month_first
                                    : DateOrder::day_first;
  const bool day_first = (dates_ & 0b010) != 0;
  result.date_order_open = result.all_dates && !year_first && month_first && day_first;
  result.type = infer_type(result);
  return result;
}

}  // namespace candor
