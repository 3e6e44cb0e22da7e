// SPDX-License-Identifier: Apache-2.0
// Training's own state besides weights and optimizer: everything that a checkpoint must hold and
// that cannot be computed from the step.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/json.h"

namespace candor {

struct TrainState {
  std::int64_t step = 0;             // updates done, those that were skipped among them
  std::optional<double> best_score;  // of the validation so far
  std::int64_t best_step = 0;
  std::int64_t stale = 0;  // validations since the best
  double loss_sum = 0.0;   // since the last row of metrics.jsonl
  std::int64_t loss_count = 0;
  bool finished = false;        // early stopping has ended training
  bool validation_due = false;  // a stop came in the middle of the validation after `step`

  // The plateau schedule.
  std::int64_t reductions = 0;         // of the rate so far
  std::optional<double> plateau_best;  // best score, as it counts there
  std::int64_t plateau_stale = 0;      // validations since that or since the last reduction

  // Updates whose loss or gradient was not finite.
  std::int64_t skipped = 0;         // in all
  std::int64_t skipped_in_row = 0;  // up to now
  std::int64_t roll_backs = 0;
  std::int64_t batch_offset = 0;  // batches that roll-backs left out
  // Step of the newest checkpoint that the plan (not the clock or a signal) asked for: the one to
  // roll back to, which is the same in a run that was stopped.
  std::int64_t anchor = 0;
  std::int64_t anchor_best = 0;  // best_step in that checkpoint

  // Exact: doubles survive the round trip bit by bit.
  Json to_json() const;
  // What earlier versions did not write has its default; `anchor` is then the step. Throws
  // Error{model}.
  static TrainState from_json(const Json& json, const std::string& where);
};

}  // namespace candor
