// SPDX-License-Identifier: Apache-2.0
#include "core/table/date_values.h"

#include <array>
#include <chrono>
#include <cmath>
#include <numbers>

namespace candor {
namespace {

namespace chrono = std::chrono;

constexpr double kDay = 86400.0;

// By the clock as it is written.
double clock(const DateTime& date) { return date.seconds + date.zone; }
chrono::sys_days day_of(const DateTime& date) {
  const auto day = static_cast<std::int64_t>(std::floor(clock(date) / kDay));
  return chrono::sys_days(chrono::days(day));
}
double second_of_day(const DateTime& date) {
  return clock(date) - kDay * std::floor(clock(date) / kDay);
}
chrono::year_month_day civil(const DateTime& date) { return day_of(date); }

double year(const DateTime& date) { return static_cast<int>(civil(date).year()); }
double month(const DateTime& date) { return static_cast<unsigned>(civil(date).month()); }
double day(const DateTime& date) { return static_cast<unsigned>(civil(date).day()); }
double weekday(const DateTime& date) { return chrono::weekday(day_of(date)).iso_encoding() - 1.0; }
double hour(const DateTime& date) { return std::floor(second_of_day(date) / 3600.0); }
double minute(const DateTime& date) {
  return std::fmod(std::floor(second_of_day(date) / 60.0), 60.0);
}
double second(const DateTime& date) { return std::fmod(second_of_day(date), 60.0); }

double share_of_year(const DateTime& date) {
  const auto first = chrono::sys_days(civil(date).year() / chrono::January / 1);
  const auto days = static_cast<double>((day_of(date) - first).count());
  return days / (civil(date).year().is_leap() ? 366.0 : 365.0);
}

double turn(double share) { return 2.0 * std::numbers::pi * share; }
double month_turn(const DateTime& date) { return turn((month(date) - 1.0) / 12.0); }
double weekday_turn(const DateTime& date) { return turn(weekday(date) / 7.0); }
double hour_turn(const DateTime& date) { return turn(second_of_day(date) / kDay); }
double year_turn(const DateTime& date) { return turn(share_of_year(date)); }

struct Info {
  std::string_view name;
  double (*number)(const DateTime&);
  double (*of_turn)(double) = nullptr;  // sine or cosine of what `number` gives; null: that itself
};

double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }

constexpr std::array<Info, kDateValues> kValues = {{
    {"time", [](const DateTime& date) { return date.seconds / kDay; }},
    {"year", year},
    {"month", month},
    {"day", day},
    {"weekday", weekday},
    {"hour", hour},
    {"minute", minute},
    {"second", second},
    {"month_sine", month_turn, sine},
    {"month_cosine", month_turn, cosine},
    {"weekday_sine", weekday_turn, sine},
    {"weekday_cosine", weekday_turn, cosine},
    {"hour_sine", hour_turn, sine},
    {"hour_cosine", hour_turn, cosine},
    {"year_sine", year_turn, sine},
    {"year_cosine", year_turn, cosine},
}};

const Info& info(DateValue value) { return kValues[static_cast<std::size_t>(value)]; }

}  // namespace

double date_value(DateValue value, const DateTime& date) {
  const auto& entry = info(value);
  const auto number = entry.number(date);
  return entry.of_turn == nullptr ? number : entry.of_turn(number);
}

std::string_view date_value_name(DateValue value) { return info(value).name; }

std::optional<DateValue> find_date_value(std::string_view name) {
  for (std::size_t i = 0; i < kDateValues; ++i) {
    if (kValues[i].name == name) return static_cast<DateValue>(i);
  }
  return std::nullopt;
}

bool is_cycle(DateValue value) { return info(value).of_turn != nullptr; }

}  // namespace candor
