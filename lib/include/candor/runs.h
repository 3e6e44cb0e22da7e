// SPDX-License-Identifier: Apache-2.0
// The runs below folders: their states, scores and differences.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/api.h>

namespace candor {

struct RunsOptions {
  std::vector<std::string> folders = {"runs"};
  // A metric of the reports ("accuracy"), or one of the validations ("validation/loss"): best
  // first. Empty: the newest first.
  std::optional<std::string> sort;
  bool all = false;   // every run, every metric and every setting with its whole name
  bool json = false;  // one JSON document (docs/runs.md)
  bool color = false;
};

// Reads only, and needs no lock: runs that are being trained are listed too. Throws Error{config}
// for what is no folder and for an unknown metric.
CANDOR_API std::string list_runs(const RunsOptions& options);

}  // namespace candor
