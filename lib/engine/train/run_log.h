// SPDX-License-Identifier: Apache-2.0
// What a run writes while it trains: metrics.jsonl (deterministic), timing.jsonl (all that the
// clock touches), TensorBoard events and the progress line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/artifact/run_directory.h"
#include "core/metrics/event_file.h"
#include "core/metrics/report.h"
#include "engine/train/plan.h"
#include "engine/train/state.h"
#include "engine/train/step.h"

namespace candor {

class RunLog {
 public:
  RunLog(RunDirectory& run, const TrainPlan& plan, std::string unit,
         std::function<void(const std::string&, bool)> progress);

  // After every update; `state` already counts it. Writes a row every `log_every` steps and at the
  // end, and then empties the running mean in `state`.
  void step(const StepResult& result, TrainState& state, std::int64_t log_every);
  void validation(const Report& report, double loss, const TrainState& state);

  // A row of an update that was skipped: "skipped" says what was not finite, "rows" which rows.
  void skipped(const StepResult& result, const TrainState& state);
  // A row of a roll-back from `from` to state.step. Its step is the next one, so that it goes when
  // the run is taken back to state.step, and comes again.
  void rolled_back(const TrainState& from, const TrainState& state);

  // The last line of progress, with the last validation.
  void finish(const TrainState& state);

  // Seconds since construction.
  double seconds() const;
  // Of the updates alone, without the first one, which pays for what only the first one needs.
  double items_per_second() const {
    return timed_seconds_ > 0.0 ? static_cast<double>(timed_items_) / timed_seconds_ : 0.0;
  }

 private:
  void report_progress(const TrainState& state);
  std::string progress_line(const TrainState& state) const;
  Json row_of(std::int64_t step) const;
  void write(const Json& row, std::int64_t step);

  RunDirectory& run_;
  TrainPlan plan_;
  std::string unit_;
  std::function<void(const std::string&, bool)> progress_;
  EventFile events_;
  std::chrono::steady_clock::time_point start_, last_row_, last_progress_;
  std::int64_t updates_ = 0;
  std::int64_t items_ = 0;
  std::int64_t items_since_row_ = 0;
  std::int64_t timed_items_ = 0;
  double timed_seconds_ = 0.0;
  double last_loss_ = 0.0;
  std::optional<double> validation_;
};

}  // namespace candor
