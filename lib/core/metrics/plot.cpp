// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr double kLeast = 68.0;  // on the left
constexpr double kOfCharacter = 6.2;
constexpr double kTop = 8.0;
constexpr double kRight = 12.0;
constexpr double kBottom = 42.0;

}  // namespace

Range padded(double low, double high) {
  // By parts, since the difference of two numbers may be beyond all numbers.
  const auto margin = high > low ? 0.04 * high - 0.04 * low : std::max(1.0, 0.1 * std::abs(high));
  constexpr auto kMost = std::numeric_limits<double>::max();
  return {std::max(low - margin, -kMost), std::min(high + margin, kMost)};
}

std::vector<double> ticks(const Range& range) {
  const auto rough = range.high / 5.0 - range.low / 5.0;
  const auto power = std::pow(10.0, std::floor(std::log10(rough)));
  const auto lead = rough / power;
  const auto step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  const auto first = std::ceil(range.low / step - 1e-9);
  const auto count = std::floor(range.high / step + 1e-9) - first + 1.0;
  // Where the values' digits end, whole steps are no longer to be told apart.
  constexpr double kMostDigits = 1e15, kMostTicks = 20.0;
  const bool told_apart = std::abs(first) < kMostDigits && count >= 1.0 && count <= kMostTicks;
  if (!told_apart) return {range.low, range.high};
  std::vector<double> result;
  for (int i = 0; i < static_cast<int>(count); ++i) result.push_back((first + i) * step);
  return result;
}

std::vector<double> log_ticks(double low, double high) {
  const auto first = static_cast<int>(std::floor(std::log10(low)));
  const auto last = static_cast<int>(std::ceil(std::log10(high)));
  const int every = 1 + (last - first) / 8;
  std::vector<double> result;
  for (int power = first; power <= last; power += every) {
    for (const double lead : {1.0, 2.0, 5.0}) {
      if (lead > 1.0 && last - first > 3) continue;
      const auto value = lead * std::pow(10.0, power);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) result.push_back(value);
    }
  }
  return result;
}

std::string point_text(double value) {
  if (value == 0.0) return "0";
  const auto size = std::abs(value);
  if (size >= 1e4 && size < 1e15) return with_thousands(std::llround(value));
  return fmt::format("{:.4g}", value);
}

std::vector<std::string> tick_texts(const std::vector<double>& ticks) {
  double largest = 0.0;
  for (const auto tick : ticks) largest = std::max(largest, std::abs(tick));
  std::vector<std::string> texts;
  if (largest < 1e7 || largest >= 1e15) {
    for (const auto tick : ticks) texts.push_back(point_text(tick));
    return texts;
  }
  const double unit = largest >= 1e10 ? 1e9 : 1e6;
  const auto step = ticks.size() > 1 ? std::abs(ticks[1] - ticks[0]) : 0.0;
  for (int digits = 4; digits <= 17; ++digits) {
    texts.clear();
    bool exact = true;
    for (const auto tick : ticks) {
      const auto text = fmt::format("{:.{}g}", tick / unit, digits);
      exact = exact && std::abs(std::stod(text) * unit - tick) <= 0.01 * step;
      texts.push_back(tick == 0.0 ? "0" : text + (unit > 1e6 ? "G" : "M"));
    }
    if (exact) break;
  }
  return texts;
}

std::vector<double> fitting_ticks(const std::vector<double>& ticks, double length) {
  constexpr double kBetween = 14.0;
  double wanted = 0.0;
  for (const auto& text : tick_texts(ticks)) {
    wanted = std::max(wanted, kOfCharacter * static_cast<double>(text.size()) + kBetween);
  }
  const auto most = std::max(length / wanted, 1.0);
  const auto stride = static_cast<std::size_t>(
      std::ceil(static_cast<double>(ticks.size()) / std::max(std::floor(most), 1.0)));
  std::vector<double> kept;
  for (std::size_t i = 0; i < ticks.size(); i += stride) kept.push_back(ticks[i]);
  return kept;
}

Plot Plot::logarithmic(Range x, Range y, PlotSize size) {
  Plot plot(x, {std::log10(y.low), std::log10(y.high)}, size);
  plot.log_ = true;
  plot.make_room();
  return plot;
}

void Plot::make_room() {
  constexpr double kOfName = 26.0;  // with the gap to the axis
  std::size_t longest = 0;
  for (const auto& text : tick_texts(y_ticks())) longest = std::max(longest, text.size());
  left_ = std::max(kLeast, kOfName + kOfCharacter * static_cast<double>(longest));
}

double Plot::px(double x) const { return left_ + x_.share(x) * size_.width; }

double Plot::py(double y) const {
  return kTop + (1.0 - y_.share(log_ ? std::log10(y) : y)) * size_.height;
}

void Plot::line(const Points& points, const std::string& css) {
  std::string list;
  for (const auto& [x, y] : points) list += fmt::format("{:.1f},{:.1f} ", px(x), py(y));
  body_ += fmt::format("<polyline class=\"{}\" points=\"{}\"/>", css, list);
}

void Plot::dot(double x, double y, double radius, const std::string& css,
               const std::string& title) {
  body_ += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"", css, px(x),
                       py(y), radius);
  body_ += title.empty() ? "/>" : "><title>" + title + "</title></circle>";
}

void Plot::label(double x, double y, const std::string& css, const std::string& text) {
  constexpr double kGap = 9.0;
  const bool left = x_.share(x) > 0.5;
  body_ +=
      fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", css,
                  px(x) + (left ? -kGap : kGap), py(y) + 4.0, left ? "end" : "start", text);
}

void Plot::bar(double x0, double x1, double y, const char* css, const std::string& title) {
  const auto top = py(y);
  body_ += fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
      "<title>{}</title></rect>",
      css, px(x0) + 1, top, px(x1) - px(x0) - 2, kTop + size_.height - top, title);
}

std::string Plot::figure(const std::string& title, const std::string& x_name,
                         const std::string& y_name, const std::string& note) const {
  const auto width = left_ + size_.width + kRight, height = kTop + size_.height + kBottom;
  return fmt::format(
      "<figure><figcaption>{0}</figcaption><svg viewBox=\"0 0 {1} {2}\" role=\"img\" "
      "aria-label=\"{0}\">{3}{4}<text class=\"axis\" x=\"{5}\" y=\"{6}\" text-anchor=\"middle\">"
      "{7}</text><text class=\"axis\" transform=\"translate(12 {8}) rotate(-90)\" "
      "text-anchor=\"middle\">{9}</text></svg><p class=\"note\">{10}</p></figure>\n",
      title, width, height, grid(), body_, left_ + size_.width / 2, height - 6, x_name,
      kTop + size_.height / 2, y_name, note);
}

std::vector<double> Plot::y_ticks() const {
  return log_ ? log_ticks(std::pow(10.0, y_.low), std::pow(10.0, y_.high)) : ticks(y_);
}

std::string Plot::grid() const {
  const auto bottom = kTop + size_.height, right = left_ + size_.width;
  std::string text;
  const auto across = fitting_ticks(ticks(x_), size_.width);
  const auto across_texts = tick_texts(across);
  for (std::size_t i = 0; i < across.size(); ++i) {
    text += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}"
        "</text>",
        px(across[i]), kTop, bottom, bottom + 15, across_texts[i]);
  }
  const auto up = y_ticks();
  const auto up_texts = tick_texts(up);
  for (std::size_t i = 0; i < up.size(); ++i) {
    text += fmt::format(
        "<line class=\"grid\" y1=\"{0:.1f}\" y2=\"{0:.1f}\" x1=\"{1}\" x2=\"{2}\"/>"
        "<text class=\"tick\" y=\"{3:.1f}\" x=\"{4}\" text-anchor=\"end\">{5}"
        "</text>",
        py(up[i]), left_, right, py(up[i]) + 3.5, left_ - 6, up_texts[i]);
  }
  return text;
}

}  // namespace candor
