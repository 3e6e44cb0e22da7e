// SPDX-License-Identifier: Apache-2.0
// Runs side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/api.h>

namespace candor {

struct CompareOptions {
  std::optional<std::string> metric;  // only this one: "loss", or a metric of the task
  bool html = false;                  // make the page too
  bool json = false;                  // text is one JSON document (docs/compare.md)
  bool color = false;
};

struct CompareResult {
  std::string text;
  std::string html;  // one page, empty unless asked for
};

// Two to 20 run directories: settings in which they differ, validations, reports, and on the page
// the curves of training. Reads only. Throws Error{config} for what is no run directory, and for a
// metric that no run has.
CANDOR_API CompareResult compare_runs(const std::vector<std::string>& runs,
                                      const CompareOptions& options);

}  // namespace candor
