// SPDX-License-Identifier: Apache-2.0
#include "core/table/date_time.h"

#include <array>
#include <cctype>
#include <string>

namespace candor {
namespace {

constexpr std::int64_t kDaySeconds = 86400;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// Its first three letters do.
bool names_month(std::string_view text) {
  for (const auto name : kMonths) {
    bool same = true;
    for (std::size_t i = 0; i < 3; ++i) {
      same = same && std::tolower(static_cast<unsigned char>(text[i])) == name[i];
    }
    if (same) return true;
  }
  return false;
}

// From 1; 0: no month.
std::int64_t month_of(std::string_view word) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    const auto& name = kMonths[i];
    if (word == name || word == name.substr(0, 3)) return static_cast<std::int64_t>(i) + 1;
  }
  return 0;
}

// Days since 1970-01-01 of a proleptic Gregorian date; "days_from_civil" of Howard Hinnant,
// https://howardhinnant.github.io/date_algorithms.html.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const auto era = year / 400;
  const auto year_of_era = year - era * 400;
  const auto day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// Takes the text apart from the left; every step says whether it succeeded.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char front() const { return text_.empty() ? '\0' : text_.front(); }
  bool skip(char c) {
    if (front() != c || done()) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits, and not one more.
  bool number(std::size_t least, std::size_t most, std::int64_t& value) {
    std::size_t count = 0;
    value = 0;
    while (count < text_.size() && count <= most && is_digit(text_[count])) {
      value = value * 10 + (text_[count++] - '0');
    }
    if (count < least || count > most) return false;
    text_.remove_prefix(count);
    digits_ = count;
    return true;
  }
  std::size_t digits() const { return digits_; }
  // The letters ahead, in lower case.
  std::string word() {
    std::string letters;
    while (is_letter(front())) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(front())));
      text_.remove_prefix(1);
    }
    return letters;
  }
  bool fraction(double& value) {
    double scale = 1.0;
    std::size_t count = 0;
    for (; count < text_.size() && count < 9 && is_digit(text_[count]); ++count) {
      scale /= 10.0;
      value += scale * (text_[count] - '0');
    }
    text_.remove_prefix(count);
    return count > 0;
  }

 private:
  std::string_view text_;
  std::size_t digits_ = 0;
};

bool set_days(std::int64_t year, std::int64_t month, std::int64_t day, std::int64_t& days) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return false;
  }
  days = days_of(year, month, day);
  return true;
}

// March 31, 2024
bool read_month_first(Cursor& at, std::int64_t& days) {
  const auto month = month_of(at.word());
  std::int64_t day = 0, year = 0;
  if (month == 0 || !at.skip(' ') || !at.number(1, 2, day)) return false;
  at.skip(',');
  return at.skip(' ') && at.number(4, 4, year) && set_days(year, month, day, days);
}

// What follows the day in 31 March 2024 and 31-Mar-2024.
bool read_month_and_year(Cursor& at, std::int64_t day, std::int64_t& days) {
  const char mark = at.front();
  if (mark != ' ' && mark != '-' && mark != '/') return false;
  at.skip(mark);
  const auto month = month_of(at.word());
  std::int64_t year = 0;
  return month > 0 && at.skip(mark) && at.number(4, 4, year) && set_days(year, month, day, days);
}

bool read_date(Cursor& at, DateOrder order, std::int64_t& days) {
  if (is_letter(at.front())) return read_month_first(at, days);
  std::array<std::int64_t, 3> part{};
  if (auto basic = at; basic.number(8, 8, part[0])) {
    at = basic;
    return set_days(part[0] / 10000, part[0] / 100 % 100, part[0] % 100, days);
  }
  if (!at.number(1, 4, part[0]) || at.digits() == 3) return false;
  if (auto named = at; at.digits() < 3 && read_month_and_year(named, part[0], days)) {
    at = named;
    return true;
  }
  const bool year_first = at.digits() == 4;
  const char mark = at.front();
  if (mark != '-' && mark != '/' && mark != '.') return false;
  if (!year_first && order == DateOrder::year_first) return false;
  if (!at.skip(mark) || !at.number(1, 2, part[1]) || !at.skip(mark)) return false;
  if (!(year_first ? at.number(1, 2, part[2]) : at.number(4, 4, part[2]))) return false;
  const auto year = year_first ? part[0] : part[2];
  const bool month_first = !year_first && order == DateOrder::month_first;
  const auto month = month_first ? part[0] : part[1];
  const auto day = year_first ? part[2] : month_first ? part[1] : part[0];
  return set_days(year, month, day, days);
}

bool read_time(Cursor& at, double& seconds) {
  std::int64_t hour = 0, minute = 0, second = 0;
  if (!at.number(2, 2, hour) || !at.skip(':') || !at.number(2, 2, minute)) return false;
  double fraction = 0.0;
  if (at.skip(':')) {
    if (!at.number(2, 2, second)) return false;
    if ((at.skip('.') || at.skip(',')) && !at.fraction(fraction)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  seconds = static_cast<double>(hour * 3600 + minute * 60 + second) + fraction;
  return true;
}

// "Z", "+02:00", "+0200", "-03" or nothing.
bool read_offset(Cursor& at, double& zone) {
  if (at.done() || at.skip('Z')) return true;
  const double sign = at.front() == '-' ? -1.0 : 1.0;
  if (!at.skip('-') && !at.skip('+')) return false;
  std::int64_t hours = 0, minutes = 0;
  if (!at.number(2, 4, hours) || at.digits() == 3) return false;
  if (at.digits() == 4) {
    minutes = hours % 100;
    hours /= 100;
  } else if (at.skip(':') && !at.number(2, 2, minutes)) {
    return false;
  }
  if (hours > 14 || minutes > 59) return false;
  zone = sign * static_cast<double>(hours * 3600 + minutes * 60);
  return true;
}

}  // namespace

std::optional<DateTime> parse_date_time(std::string_view text, DateOrder order) {
  if (!may_be_date_time(text)) return std::nullopt;
  DateTime result;
  if (text[2] == ':') {
    Cursor at(text);
    result.form = DateForm::time;
    return read_time(at, result.seconds) && at.done() ? std::optional(result) : std::nullopt;
  }
  Cursor at(text);
  std::int64_t days = 0;
  if (!read_date(at, order, days)) return std::nullopt;
  if (!at.done()) {
    result.form = DateForm::date_time;
    if (!at.skip('T') && !at.skip(' ')) return std::nullopt;
    if (!read_time(at, result.seconds) || !read_offset(at, result.zone)) return std::nullopt;
  }
  if (!at.done()) return std::nullopt;
  result.seconds += static_cast<double>(days * kDaySeconds) - result.zone;
  return result;
}

bool may_be_date_time(std::string_view text) {
  constexpr std::size_t kShortest = 5;  // 13:05
  constexpr std::size_t kLongest = 43;  // September 30, 2024 13:05:59.123456789+02:00
  if (text.size() < kShortest || text.size() > kLongest) return false;
  if (!is_digit(text[0]))
    return is_letter(text[0]) && (is_digit(text.back()) || text.back() == 'Z') && names_month(text);
  const auto mark = [](char c) { return c == '-' || c == '/' || c == '.' || c == ':' || c == ' '; };
  return mark(text[1]) || mark(text[2]) || mark(text[4]) || (text.size() >= 8 && is_digit(text[7]));
}

}  // namespace candor
