// SPDX-License-Identifier: Apache-2.0
#include "core/table/date_time.h"

#include <cmath>
#include <numbers>

#include "core/table/date_values.h"
#include "support/catch.h"

using namespace candor;

namespace {

std::optional<DateTime> parse(std::string_view text) {
  return parse_date_time(text, DateOrder::year_first);
}

double value(DateValue which, std::string_view text) {
  const auto date = parse(text);
  REQUIRE(date);
  return date_value(which, *date);
}

}  // namespace

TEST_CASE("a date with the month by name is the date it names", "[table]") {
  const auto expected = parse("2024-03-31")->seconds;
  for (const char* text : {"20240331", "31 March 2024", "31 Mar 2024", "31-MAR-2024", "31/mar/2024",
                           "March 31, 2024", "mar 31 2024", "Mar 31, 2024"}) {
    CAPTURE(text);
    REQUIRE(parse(text));
    CHECK(parse(text)->seconds == expected);
    CHECK(parse(text)->form == DateForm::date);
  }
  CHECK(parse("31 March 2024 13:05:59Z")->seconds == parse("2024-03-31T13:05:59Z")->seconds);
  CHECK(parse("Mar 31, 2024 13:05Z")->seconds == parse("2024-03-31T13:05:00Z")->seconds);
  CHECK(parse("September 30, 2024 13:05")->seconds == parse("2024-09-30 13:05")->seconds);
}

TEST_CASE("what is no date, or one that there is not, is none", "[table]") {
  for (const char* text :
       {"31 Marsh 2024", "31-Mar 2024", "March 2024", "March 31 24", "30 February 2024", "20240230",
        "202403311", "Marching 31, 2024", "mar", "Maria", "may be", "03/04/2024",
        "31 March 2024 25:00", "Mar 31, 2024x", "\xff\xff\xff 31, 2024", "12345678x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("the clock of an offset is kept beside the time", "[table]") {
  const auto date = parse("2024-03-01T00:30:00+02:00");
  REQUIRE(date);
  CHECK(date->zone == 7200.0);
  CHECK(date->seconds == parse("2024-02-29T22:30:00Z")->seconds);
  CHECK(date_value(DateValue::month, *date) == 3.0);
  CHECK(date_value(DateValue::hour, *date) == 0.0);
  CHECK(date_value(DateValue::minute, *date) == 30.0);
}

TEST_CASE("the parts of a date are those of the calendar", "[table]") {
  constexpr const char* kText = "2021-12-31T18:20:05";  // a Friday
  CHECK(value(DateValue::year, kText) == 2021.0);
  CHECK(value(DateValue::month, kText) == 12.0);
  CHECK(value(DateValue::day, kText) == 31.0);
  CHECK(value(DateValue::weekday, kText) == 4.0);
  CHECK(value(DateValue::hour, kText) == 18.0);
  CHECK(value(DateValue::minute, kText) == 20.0);
  CHECK(value(DateValue::second, kText) == 5.0);
  CHECK(value(DateValue::time, "1970-01-02T12:00:00") == 1.5);
  CHECK(value(DateValue::weekday, "1969-12-28") == 6.0);  // before the epoch
  CHECK(value(DateValue::hour, "1969-12-31T23:00:00") == 23.0);
}

TEST_CASE("cycles close: the last day of the year is next to the first", "[table]") {
  const auto distance = [](DateValue sine, DateValue cosine, const char* a, const char* b) {
    return std::hypot(value(sine, a) - value(sine, b), value(cosine, a) - value(cosine, b));
  };
  const auto days = [&](const char* a, const char* b) {
    return distance(DateValue::year_sine, DateValue::year_cosine, a, b);
  };
  CHECK(days("2021-12-31", "2022-01-01") == Approx(days("2021-06-01", "2021-06-02")));
  CHECK(days("2021-01-01", "2021-07-02") > 1.99);
  const auto months = [&](const char* a, const char* b) {
    return distance(DateValue::month_sine, DateValue::month_cosine, a, b);
  };
  CHECK(months("2021-12-05", "2022-01-25") == Approx(months("2021-05-05", "2021-06-25")));
  CHECK(value(DateValue::hour_sine, "2021-01-01T06:00:00") == Approx(1.0));
  CHECK(value(DateValue::weekday_sine, "2021-03-01") == Approx(0.0).margin(1e-12));  // a Monday
}

TEST_CASE("every value has a name that finds it again", "[table]") {
  for (std::size_t i = 0; i < kDateValues; ++i) {
    const auto which = static_cast<DateValue>(i);
    CHECK(find_date_value(date_value_name(which)) == which);
  }
  CHECK_FALSE(find_date_value("era"));
}
