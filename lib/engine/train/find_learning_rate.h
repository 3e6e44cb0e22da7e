// SPDX-License-Identifier: Apache-2.0
// The learning rate range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks",
// section 3.3): a short training at a rate that rises with every update, and what the loss did.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "engine/train/step.h"

namespace candor {

struct RatePoint {
  double learning_rate = 0.0;
  double loss = 0.0;    // of the batch
  double smooth = 0.0;  // running mean of the losses up to here
};

struct RateRange {
  std::vector<RatePoint> points;       // rates rise
  std::optional<double> steepest;      // where the smooth loss falls fastest; empty: it never fell
  std::optional<double> below_lowest;  // a tenth of the rate at which the smooth loss was lowest

  std::string note;  // which weights the rate is for, where not for all; one line

  // Both suggestions lie within a factor of ten where the curve is clear; the lower one is safe.
  std::optional<double> suggestion() const;
  std::string text() const;
  Json json() const;
};

// What the curve `points`, of which learning_rate and loss are given, tells.
RateRange read_curve(std::vector<RatePoint> points);

// Trains with `context` (whose weights are changed) for at most 100 updates at rates from 1e-7 to
// 10, and ends where the smooth loss is four times the lowest, or not finite. The schedule of
// `config` is not followed. `config` is the one that `context` refers to. Of Muon's two rates, that
// of the matrices is varied; the other one stays. `stop_requested`, if set, is polled before each
// update; true: Error{failed}.
RateRange find_learning_rate(RunConfig& config, StepContext& context,
                             const std::function<bool()>& stop_requested = {});

}  // namespace candor
