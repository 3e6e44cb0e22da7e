// SPDX-License-Identifier: Apache-2.0
// Dates as numbers: the time on a line, the parts of the calendar, and cycles, in which 31 December
// is next to 1 January.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/table/date_time.h"

namespace candor {

// In the order of the table in the source.
enum class DateValue : std::uint8_t {
  time,
  year,
  month,
  day,
  weekday,
  hour,
  minute,
  second,
  month_sine,
  month_cosine,
  weekday_sine,
  weekday_cosine,
  hour_sine,
  hour_cosine,
  year_sine,
  year_cosine,
};
inline constexpr std::size_t kDateValues = 16;

// time: days since 1970 in UTC (of a time alone: since midnight). Parts are those of the clock as
// written: month 1 to 12, day of the month, weekday 0 (Monday) to 6, hour, minute and second.
// Cycles are sine and cosine of 2 pi times the share of: the year by months, the week by days, the
// day by its seconds, the year by days.
double date_value(DateValue value, const DateTime& date);

// Name in preprocess.json.
std::string_view date_value_name(DateValue value);
std::optional<DateValue> find_date_value(std::string_view name);
bool is_cycle(DateValue value);

}  // namespace candor
