// SPDX-License-Identifier: Apache-2.0
// Runs for people and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/runs/run_record.h"

namespace candor {

inline constexpr std::size_t kNameWidth = 40;  // of runs, metrics and parts in tables

// The state of a run, else "report" or "predictions".
std::string state_text(const RunRecord& run);
std::string steps_text(const RunRecord& run);     // "600/1200", "600" where the plan is unknown
std::string time_text(std::int64_t time);         // UTC, "2026-11-30 03:25"; "-" when unknown
std::string duration_text(const RunRecord& run);  // "42.1 s", "1:02:03"; "-" when unknown
std::string best_text(const BestScore& best);     // the value, as reports show values
std::string metric_text(const Metric& metric);    // "0.8571 [0.8517, 0.8624]"

// shown(value, width), but where that would look as it does for another one of `values`, with "…"
// in place of the longest beginning that it shares with such a one.
std::string shown_apart(const std::string& value, const std::vector<std::string>& values,
                        std::size_t width);

// What both `candor runs --json` and `candor compare --json` say about a run.
Json run_json(const RunRecord& run);

}  // namespace candor
