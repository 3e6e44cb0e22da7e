// SPDX-License-Identifier: Apache-2.0
// What a run directory tells about its run. Only reads, and never throws for what is in a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/metrics/history.h"
#include "core/metrics/report.h"

namespace candor {

// running: a process has the run's lock. finished: it has its model and its report. stopped,
// crashed, diverged: it said so when it ended (run_end.h): by a signal, by an error, by values that
// are not finite. interrupted: it said nothing, as what is killed or loses power. damaged: a file
// of it cannot be read.
enum class RunState { running, finished, stopped, interrupted, crashed, diverged, damaged };
const char* state_name(RunState state);

struct BestScore {
  std::string metric;  // train.metric, or "loss"
  double value = 0.0;
  std::int64_t step = 0;
};

struct RunRecord {
  std::filesystem::path path;
  std::string name;  // for people; see FoundRun
  RunState state = RunState::interrupted;
  std::string note;  // what is damaged or missing, or the error that ended it; may be empty
  Json config;       // null: it cannot be read
  std::int64_t steps = 0;
  std::optional<std::int64_t> planned_steps;
  std::optional<BestScore> best;  // of the validations
  History history;
  // From report.json: which rows it is about, and its metrics with their intervals.
  std::string split;
  double confidence = 0.95;
  std::vector<Metric> metrics;
  // What tells the rows of the report and of the validations from others': SHA-256 of their files,
  // and of the split where they are cut from the training files; empty: unknown.
  std::string report_rows, validation_rows;
  std::int64_t started = 0, changed = 0;  // seconds since 1970; 0: unknown
  std::optional<double> seconds;          // of training, by timing.jsonl

  const Metric* find(const std::string& metric) const;
};

// `path` is a run directory (is_run_directory()).
RunRecord read_run(const std::filesystem::path& path);

// The lowest or highest `validation/METRIC`, the earliest of equal ones; "loss" too.
std::optional<BestScore> best_validation(const History& history, const std::string& metric);

// Step and seconds of training by timing.jsonl. A run that was resumed counts on from where it
// stopped.
Points read_seconds(const std::filesystem::path& run);
// `points` with the seconds at each step instead of the step, linear between those rows; nothing
// where there are none.
Points over_time(const Points& points, const Points& seconds_by_step);

// Whether higher is better; for "loss" and for unknown names, lower is.
bool higher_is_better(const std::string& metric);

}  // namespace candor
