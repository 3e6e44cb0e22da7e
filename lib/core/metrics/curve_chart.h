// SPDX-License-Identifier: Apache-2.0
// Values over the steps of one or more runs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/history.h"

namespace candor {

struct Curve {
  std::string name;       // any text
  std::size_t color = 0;  // from 10 on, the same ten again, dashed
  Points points;
  bool noisy = false;  // with 20 points or more: drawn as it is and as a moving average
};

struct CurveChartText {
  std::string title, x_name, y_name;     // any text
  std::optional<bool> higher_is_better;  // marks the best point of each curve
};

// A <figure> with a legend, and titles where the pointer rests; a curve of one point is a mark with
// its name. Nothing when no curve has two points. The y axis is logarithmic where all values are
// above 0 and spread over a factor of 20.
std::string curve_chart(const CurveChartText& text, const std::vector<Curve>& curves);

// Moving average: exponential, over about a twentieth of the points, without the pull of a start
// at zero (as Adam corrects its means).
Points smoothed(const Points& points);

// The CSS class of a curve's colour in its drawing ("c3", "c3 dashed") and in a legend ("k3").
std::string curve_class(std::size_t color);
std::string key_class(std::size_t color);

}  // namespace candor
