// SPDX-License-Identifier: Apache-2.0
// Forest plots: values with their intervals, one below the other on one axis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

struct ForestRow {
  std::string label;  // any text
  std::optional<double> value, low, high;
  std::string note;   // why there is no value, or more for the title; any text
  bool soft = false;  // of few rows: drawn pale
};

struct ForestText {
  std::string title, note;          // any text
  std::optional<double> reference;  // a dashed line
};

ForestRow forest_row(const std::string& label, const Metric& metric);

// A <figure>; nothing when no row has a value. The axis holds all intervals and the reference.
std::string forest_plot(const ForestText& text, const std::vector<ForestRow>& rows);

}  // namespace candor
