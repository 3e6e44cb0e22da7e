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
         std::function<void(const std::string&)> progress);

  // After every update; `state` already counts it. Writes a row every `log_every` steps and at the
  // end, and then empties the running mean in `state`.
  void step(const StepResult& result, TrainState& state, std::int64_t log_every);
  void validation(const Report& report, double loss, const TrainState& state);

  // Seconds since construction.
  double seconds() const;

 private:
  void report_progress(const StepResult& result, const TrainState& state);
  void write(const Json& row, std::int64_t step);

  RunDirectory& run_;
  TrainPlan plan_;
  std::string unit_;
  std::function<void(const std::string&)> progress_;
  EventFile events_;
  std::chrono::steady_clock::time_point start_, last_row_, last_progress_;
  std::int64_t first_step_ = -1;
  std::int64_t items_since_row_ = 0;
  std::int64_t items_since_progress_ = 0;
  double rate_ = 0.0;
  std::optional<double> validation_;
};

}  // namespace candor
