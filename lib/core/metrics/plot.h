// SPDX-License-Identifier: Apache-2.0
// Inline SVG: axes and what is drawn between them. Colours are the page's CSS classes (page.h), so
// that both modes fit.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/history.h"

namespace candor {

struct Range {
  double low = 0.0;
  double high = 1.0;
  // In halves, since the difference of two numbers may be beyond all numbers.
  double share(double value) const { return (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0); }
};

// A little more than from `low` to `high`; never empty.
Range padded(double low, double high);

// Steps of 1, 2 or 5 times a power of ten, about five in the range.
std::vector<double> ticks(const Range& range);
// The same for a logarithmic axis from `low` to `high`, both above 0: powers of ten, and 2 and 5
// times those where there is room.
std::vector<double> log_ticks(double low, double high);
// "12,345", "0.25", "1e+20".
std::string point_text(double value);
// Of the ticks of one axis: in one unit, millions (M) where the largest is ten million or more and
// thousand millions (G) from ten thousand million on, with as many digits as tell them apart.
std::vector<std::string> tick_texts(const std::vector<double>& ticks);
// Every second, third, ... of the ticks, so that their texts fit beside each other on an axis of
// this length.
std::vector<double> fitting_ticks(const std::vector<double>& ticks, double length);

// Units of the drawing, of which one is about a pixel.
struct PlotSize {
  double width = 280.0;
  double height = 280.0;
};

// A plot with axes, drawn into a <figure>. Texts are HTML.
class Plot {
 public:
  Plot(Range x, Range y, PlotSize size = {}) : x_(x), y_(y), size_(size) { make_room(); }
  // With a logarithmic y axis; `y` is in the data's unit and above 0.
  static Plot logarithmic(Range x, Range y, PlotSize size);

  double px(double x) const;
  double py(double y) const;

  void line(const Points& points, const std::string& css);
  // `title`, if any, shows where the pointer rests.
  void dot(double x, double y, double radius, const std::string& css,
           const std::string& title = {});
  // `text` beside a point, on the side where there is room.
  void label(double x, double y, const std::string& css, const std::string& text);
  void bar(double x0, double x1, double y, const char* css, const std::string& title);
  std::string figure(const std::string& title, const std::string& x_name, const std::string& y_name,
                     const std::string& note) const;

 private:
  std::string grid() const;
  std::vector<double> y_ticks() const;
  void make_room();  // on the left for the longest number of the y axis

  Range x_, y_;  // of a logarithmic axis: the logarithms
  PlotSize size_;
  bool log_ = false;
  double left_ = 0.0;  // where the y axis stands
  std::string body_;
};

}  // namespace candor
