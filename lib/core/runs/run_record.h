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
#include "core/select/cross_validation.h"

namespace candor {

// running: a process has the run's lock. finished: it has its model and its report. stopped,
// crashed, diverged: it said so when it ended (run_end.h): by a signal, by an error, by values that
// are not finite. interrupted: it said nothing, as what is killed or loses power. damaged: a file
// of it cannot be read.
// cross_validated: its folds are done and nothing of the model has begun, as --folds-only leaves
// it.
enum class RunState {
  running,
  finished,
  stopped,
  interrupted,
  crashed,
  diverged,
  damaged,
  cross_validated
};
const char* state_name(RunState state);

// A run; a report that candor eval wrote; predictions of any tool, measured where they are read.
enum class RecordKind { run, report, predictions };

struct BestScore {
  std::string metric;  // train.metric, or "loss"
  double value = 0.0;
  std::int64_t step = 0;
};

// What tells the rows of a part from others'.
struct RowsMark {
  std::string digest;  // rows_sha256; empty: of a version of candor that had none
  // SHA-256 of their files, and where they are cut from the training files of the whole split;
  // empty: unknown.
  std::string by_split;
};
bool known_to_differ(const RowsMark& a, const RowsMark& b);

struct RunRecord {
  RecordKind kind = RecordKind::run;
  std::filesystem::path path;
  std::string name;  // for people; see FoundRun
  RunState state = RunState::interrupted;
  std::string note;  // what is damaged or missing, or the error that ended it; may be empty
  Json config;       // null: it cannot be read
  std::int64_t steps = 0;
  std::optional<std::int64_t> planned_steps;
  std::optional<BestScore> best;  // of the validations
  History history;
  // From report.json: which rows it is about, and its metrics with their intervals, those of
  // decisions behind the others.
  std::string split;
  std::int64_t count = 0;  // rows, or tokens of a text; 0: unknown
  double confidence = 0.95;
  std::vector<Metric> metrics;
  RowsMark report_rows, validation_rows;
  std::string positive;  // of two classes, the one that precision and recall are about
  // Of language models, from report.json: SHA-256 of the tokenizer (empty: unknown), and
  // evaluate.sliding_stride (0: none).
  std::string tokenizer;
  std::int64_t sliding_stride = 0;
  std::int64_t started = 0, changed = 0;  // seconds since 1970; 0: unknown
  std::optional<double> seconds;          // of training, by timing.jsonl

  const Metric* find(const std::string& metric) const;
};

// `path` is a run directory (is_run_directory()).
RunRecord read_run(const std::filesystem::path& path);
// `path` is a folder with report.json, as candor eval --out writes it.
RunRecord read_report_folder(const std::filesystem::path& path);

// The run's cross-validation; nothing where there is none, or a damaged one.
std::optional<CrossValidation> read_folds(const std::filesystem::path& run);

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
