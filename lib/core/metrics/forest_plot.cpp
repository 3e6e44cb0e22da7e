// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/forest_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/plot.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

// Units of the drawing, of which one is a little less than a pixel.
constexpr double kLetter = 7.4;  // of the widest common fonts
constexpr double kFewestLabels = 44.0;
constexpr double kGap = 8.0;  // between labels and intervals
constexpr double kRight = 280.0;
constexpr double kWidth = 340.0;
constexpr double kRow = 19.0, kTop = 4.0, kAxis = 20.0;
constexpr std::size_t kLabelWidth = 24;

// Where the labels end.
double label_end(const std::vector<ForestRow>& rows) {
  std::size_t widest = 0;
  for (const auto& row : rows) {
    widest = std::max(widest, std::min(display_width(row.label), kLabelWidth));
  }
  return std::max(kFewestLabels, kLetter * static_cast<double>(widest));
}

double decided(const std::optional<double>& first, const std::optional<double>& second) {
  return first ? *first : *second;
}

Range range_of(const ForestText& text, const std::vector<ForestRow>& rows) {
  auto low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& row : rows) {
    if (!row.value) continue;
    low = std::min(low, decided(row.low, row.value));
    high = std::max(high, decided(row.high, row.value));
  }
  if (text.reference) {
    low = std::min(low, *text.reference);
    high = std::max(high, *text.reference);
  }
  if (low >= 0.0 && high <= 1.0) {  // shares: never beyond 0 or 1
    const auto margin = std::max(0.06 * (high - low), 0.01);
    return {std::max(low - margin, 0.0), std::min(high + margin, 1.0)};
  }
  return padded(low, high);
}

// Fewer than those of a plot, whose axis is longer.
std::vector<double> few_ticks(const Range& range) {
  auto all = ticks(range);
  while (all.size() > 4) {
    std::vector<double> half;
    for (std::size_t i = 0; i < all.size(); i += 2) half.push_back(all[i]);
    all = std::move(half);
  }
  return all;
}

class Drawing {
 public:
  Drawing(const ForestText& text, const std::vector<ForestRow>& rows)
      : rows_(rows),
        range_(range_of(text, rows)),
        left_(label_end(rows) + kGap),
        bottom_(kTop + kRow * static_cast<double>(rows.size())) {
    draw_axis();
    if (text.reference) {
      body_ += fmt::format(
          "<line class=\"diagonal\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>",
          px(*text.reference), kTop, bottom_);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) draw_row(i);
  }

  std::string svg(const std::string& title) const {
    return fmt::format(
        "<svg class=\"forest\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "aria-label=\"{}\">{}</svg>",
        kWidth, bottom_ + kAxis, title, body_);
  }

 private:
  double px(double value) const { return left_ + (kRight - left_) * range_.share(value); }

  void draw_axis() {
    const auto places = fitting_ticks(few_ticks(range_), kRight - left_);
    const auto texts = tick_texts(places);
    for (std::size_t i = 0; i < places.size(); ++i) {
      body_ += fmt::format(
          "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
          "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>",
          px(places[i]), kTop, bottom_, bottom_ + 14, texts[i]);
    }
  }

  void draw_row(std::size_t index) {
    const auto& row = rows_[index];
    const auto y = kTop + kRow * (static_cast<double>(index) + 0.5);
    body_ += fmt::format(
        "<g{}><title>{}</title><text class=\"label\" x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>",
        row.soft ? " class=\"pale\"" : "", escape_html(title_of(row)), left_ - kGap, y + 4,
        escape_html(shown(row.label, kLabelWidth)));
    if (!row.value) {
      body_ += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{:.1f}\">{}</text></g>", left_ + 4,
                           y + 4, escape_html(shown(row.note, 36)));
      return;
    }
    if (row.low && row.high) {
      body_ += fmt::format(
          "<line class=\"whisker\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
          px(*row.low), px(*row.high), y, y);
    }
    body_ += fmt::format(
        "<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>"
        "<text class=\"number\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>"
        "</g>",
        px(*row.value), y, kWidth - 2, y + 4, number(*row.value));
  }

  static std::string number(double value) {
    const auto size = std::abs(value);
    const bool three_decimals = size <= 1.0 && (size == 0.0 || size >= 5e-4);
    return three_decimals ? fmt::format("{:.3f}", value) : fixed(value, decimals_for(value));
  }

  static std::string title_of(const ForestRow& row) {
    auto text = row.label;
    if (row.value) text += " " + number(*row.value);
    if (row.value && row.low && row.high) {
      text += " [" + number(*row.low) + ", " + number(*row.high) + "]";
    }
    return row.note.empty() ? text : text + "; " + row.note;
  }

  const std::vector<ForestRow>& rows_;
  Range range_;
  double left_;
  double bottom_;
  std::string body_;
};

}  // namespace

ForestRow forest_row(const std::string& label, const Metric& metric) {
  return {label, metric.value, metric.low, metric.high, metric.reason, false};
}

std::string forest_plot(const ForestText& text, const std::vector<ForestRow>& rows) {
  const auto any = std::any_of(rows.begin(), rows.end(),
                               [](const ForestRow& row) { return row.value.has_value(); });
  if (!any) return {};
  const auto title = escape_html(text.title);
  return "<figure><figcaption>" + title + "</figcaption>" + Drawing(text, rows).svg(title) +
         (text.note.empty() ? "" : "<p class=\"note\">" + escape_html(text.note) + "</p>") +
         "</figure>\n";
}

}  // namespace candor
