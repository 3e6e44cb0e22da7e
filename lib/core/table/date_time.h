// SPDX-License-Identifier: Apache-2.0
// Dates and times as cells write them.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace candor {

// "03/04/2024" alone does not tell its DateOrder; a whole column does, as soon as one cell has a
// number above 12 in it (see ColumnSummary::date_order).
enum class DateForm : std::uint8_t { date, date_time, time };

struct DateTime {
  DateForm form = DateForm::date;
  // Since 1970-01-01T00:00:00 UTC, proleptic Gregorian calendar, no leap seconds. Without an offset
  // the text is taken as UTC; a date alone is its midnight; a time alone counts from midnight.
  double seconds = 0.0;
  double zone = 0.0;  // seconds that the clock of the text is ahead of UTC; 0 without an offset
};

// The whole text, which must be one of these (years 0001 to 9999, all numbers within their ranges):
//   date  2024-03-31, 2024/3/31, 2024.03.31, 20240331; by `order` also 31.03.2024, 31/3/2024,
//         03-31-2024; with an English month, whole or its first three letters, in any case also
//         31 March 2024, 31-Mar-2024, March 31, 2024
//   time  13:05, 13:05:59, 13:05:59.250 (hours and minutes of two digits, "." or "," before parts)
//   both  a date, then "T" or one space, then a time, then nothing, "Z", "+02:00", "+0200" or "-03"
// Empty for anything else. A date with the year first, or with a month by name, is read under every
// order.
std::optional<DateTime> parse_date_time(std::string_view text, DateOrder order);

// A cheap look: false means that parse_date_time() would find nothing.
bool may_be_date_time(std::string_view text);

}  // namespace candor
