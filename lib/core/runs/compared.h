// SPDX-License-Identifier: Apache-2.0
// What `candor compare` is given: runs, reports, and files of predictions of any tool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/compare.h>

#include "core/metrics/report.h"
#include "core/runs/run_record.h"

namespace candor {

struct Compared {
  RunRecord record;  // of a file of predictions its metrics, measured here
  // What was predicted of the report's rows (of a text its cells alone); empty: see why_not.
  std::optional<Scored> scored;
  bool has_ids = false;
  std::string why_not;
};

// `path` is a run directory or a model in one, a folder with report.json (or that file), or a file
// of predictions. Throws Error{config} for anything else, Error{data} for what is wrong in a file
// of predictions. What is wrong in a run's predictions only keeps it out of paired tests.
std::vector<Compared> read_compared(const std::vector<std::string>& paths,
                                    const CompareOptions& options);

}  // namespace candor
