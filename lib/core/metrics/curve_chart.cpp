// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/curve_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/plot.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kColors = 10;
constexpr std::size_t kMostPoints = 400;  // of a drawn line
constexpr std::size_t kMostHits = 100;    // of a curve's points that have a title
constexpr std::size_t kMostMarks = 40;    // a curve of fewer points has a mark at each
constexpr std::size_t kFewestSmoothed = 20;
constexpr double kLogFactor = 20.0;
constexpr PlotSize kSize{330.0, 220.0};

bool is_finite(const std::array<double, 2>& point) {
  return std::isfinite(point[0]) && std::isfinite(point[1]);
}

std::vector<Curve> drawable(const std::vector<Curve>& curves) {
  std::vector<Curve> result;
  for (auto curve : curves) {
    std::erase_if(curve.points, [](const auto& point) { return !is_finite(point); });
    if (!curve.points.empty()) result.push_back(std::move(curve));
  }
  const auto drawn = std::any_of(result.begin(), result.end(),
                                 [](const Curve& curve) { return curve.points.size() > 1; });
  return drawn ? result : std::vector<Curve>{};
}

// The lowest and the highest of each of so many parts of the curve, so that no peak is lost.
Points thinned(const Points& points) {
  if (points.size() <= kMostPoints) return points;
  const auto parts = kMostPoints / 2;
  Points result;
  for (std::size_t p = 0; p < parts; ++p) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(p * points.size() / parts);
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((p + 1) * points.size() / parts);
    auto [low, high] =
        std::minmax_element(begin, end, [](const auto& a, const auto& b) { return a[1] < b[1]; });
    if (low > high) std::swap(low, high);
    result.push_back(*low);
    if (low != high) result.push_back(*high);
  }
  return result;
}

struct Extent {
  Range x{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  Range y = x;
};

Extent extent_of(const std::vector<Curve>& curves) {
  Extent extent;
  for (const auto& curve : curves) {
    for (const auto& [x, y] : curve.points) {
      extent.x = {std::min(extent.x.low, x), std::max(extent.x.high, x)};
      extent.y = {std::min(extent.y.low, y), std::max(extent.y.high, y)};
    }
  }
  return extent;
}

bool is_logarithmic(const Range& y) { return y.low > 0.0 && y.high > kLogFactor * y.low; }

Plot plot_of(const Extent& extent) {
  const Range x{std::min(0.0, extent.x.low), std::max(extent.x.high, extent.x.low + 1e-9)};
  if (is_logarithmic(extent.y)) {
    const auto high = std::min(extent.y.high, std::numeric_limits<double>::max() / 1.1);
    return Plot::logarithmic(x, {extent.y.low / 1.1, high * 1.1}, kSize);
  }
  return Plot(x, padded(extent.y.low, extent.y.high), kSize);
}

std::string point_title(const CurveChartText& text, const Curve& curve,
                        const std::array<double, 2>& point) {
  return escape_html(fmt::format("{}: {} {}, {} {}", shown(curve.name, 60), text.x_name,
                                 point_text(point[0]), text.y_name,
                                 fixed(point[1], decimals_for(point[1]))));
}

void draw_hits(Plot& plot, const CurveChartText& text, const Curve& curve, const Points& points) {
  const auto stride = 1 + (points.size() - 1) / kMostHits;
  for (std::size_t i = 0; i < points.size(); i += stride) {
    plot.dot(points[i][0], points[i][1], 4.0, "hit " + curve_class(curve.color),
             point_title(text, curve, points[i]));
  }
}

void draw_best(Plot& plot, const CurveChartText& text, const Curve& curve) {
  if (!text.higher_is_better) return;
  const auto worse = [&](const auto& a, const auto& b) {
    return *text.higher_is_better ? a[1] < b[1] : a[1] > b[1];
  };
  const auto best = *std::max_element(curve.points.begin(), curve.points.end(), worse);
  plot.dot(best[0], best[1], 4.0, "best " + curve_class(curve.color),
           "best of " + point_title(text, curve, best));
}

bool is_smoothed(const Curve& curve) {
  return curve.noisy && curve.points.size() >= kFewestSmoothed;
}

// A single point is no line: a mark that is seen beside the lines, with its name.
void draw_point(Plot& plot, const CurveChartText& text, const Curve& curve) {
  const auto& point = curve.points.front();
  plot.dot(point[0], point[1], 5.0, "mark " + curve_class(curve.color),
           point_title(text, curve, point));
  plot.label(point[0], point[1], "point-name", escape_html(shown(curve.name, 28)));
}

void draw(Plot& plot, const CurveChartText& text, const Curve& curve) {
  if (curve.points.size() == 1) return draw_point(plot, text, curve);
  const auto css = "curve " + curve_class(curve.color);
  auto points = curve.points;
  if (is_smoothed(curve)) {
    plot.line(thinned(points), "curve raw " + curve_class(curve.color));
    points = smoothed(points);
  }
  plot.line(thinned(points), css);
  if (points.size() <= kMostMarks) {
    for (const auto& [x, y] : points) plot.dot(x, y, 2.0, "mark " + curve_class(curve.color));
  }
  draw_hits(plot, text, curve, points);
  draw_best(plot, text, curve);
}

std::string legend(const CurveChartText& text, const std::vector<Curve>& curves) {
  std::string keys;
  bool any_smoothed = false;
  for (const auto& curve : curves) {
    keys += fmt::format("<span class=\"key {}\">{}</span> ", key_class(curve.color),
                        escape_html(shown(curve.name, 28)));
    any_smoothed = any_smoothed || is_smoothed(curve);
  }
  if (any_smoothed) keys += "thin: as logged, thick: moving average";
  if (text.higher_is_better) keys += "ring: the best";
  return keys;
}

}  // namespace

std::string curve_class(std::size_t color) {
  return fmt::format("c{}{}", color % kColors, color >= kColors ? " dashed" : "");
}

std::string key_class(std::size_t color) { return fmt::format("k{}", color % kColors); }

Points smoothed(const Points& points) {
  const auto keep = 1.0 - 1.0 / std::max(2.0, static_cast<double>(points.size()) / 20.0);
  Points result;
  double mean = 0.0, weight = 0.0;
  for (const auto& [x, y] : points) {
    mean = keep * mean + (1.0 - keep) * y;
    weight = keep * weight + (1.0 - keep);
    result.push_back({x, mean / weight});
  }
  return result;
}

std::string curve_chart(const CurveChartText& text, const std::vector<Curve>& curves) {
  const auto shown_curves = drawable(curves);
  if (shown_curves.empty()) return {};
  const auto extent = extent_of(shown_curves);
  auto plot = plot_of(extent);
  for (const auto& curve : shown_curves) draw(plot, text, curve);
  const auto* scale = is_logarithmic(extent.y) ? ", logarithmic" : "";
  return plot.figure(escape_html(text.title), escape_html(text.x_name),
                     escape_html(text.y_name) + scale, legend(text, shown_curves));
}

}  // namespace candor
