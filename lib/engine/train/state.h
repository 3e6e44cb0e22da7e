// SPDX-License-Identifier: Apache-2.0
// Training's own state besides weights and optimizer: everything that a checkpoint must hold and
// that cannot be computed from the step.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/json.h"

namespace candor {

struct TrainState {
  std::int64_t step = 0;             // updates done
  std::optional<double> best_score;  // of the validation so far
  std::int64_t best_step = 0;
  std::int64_t stale = 0;  // validations since the best
  double loss_sum = 0.0;   // since the last row of metrics.jsonl
  std::int64_t loss_count = 0;
  bool finished = false;  // early stopping has ended training

  // Exact: doubles survive the round trip bit by bit.
  Json to_json() const;
  static TrainState from_json(const Json& json, const std::string& where);  // throws Error{model}
};

}  // namespace candor
