// SPDX-License-Identifier: Apache-2.0
// What a run will take, from a small part of each thing that it does.
#pragma once

#include <cstdint>
#include <string>

#include <candor/config.h>

#include "engine/data/open_data.h"
#include "engine/preprocess/network.h"
#include "engine/train/trainer.h"

namespace candor {

// Seconds of wall time; of all that is left of the run unless said otherwise.
struct RunEstimate {
  double data = 0.0;  // from the start of the program until the data was open
  std::int64_t steps = 0, validations = 0, checkpoints = 0;
  double step = 0.0, validation = 0.0, checkpoint = 0.0;  // of one; the median of the steps
  double step_spread = 1.0;                               // StepTimes::spread
  double report = 0.0;                                    // test rows, intervals, files
  std::int64_t memory = 0;                                // most bytes at once
  std::int64_t parameters = 0;

  double seconds() const;
  std::string text(const RunConfig& config) const;
  Json json() const;
};

// What is behind the run.
struct Begun {
  std::int64_t steps = 0;     // of a run that goes on
  double data_seconds = 0.0;  // RunEstimate::data
};

// Trains `trainer`'s network for two seconds and at least three steps after the first, scores up to
// a second's worth of rows of each part that the run scores, and writes one checkpoint to a
// temporary folder, which it removes. Early stopping is not foreseen: a run may end sooner.
RunEstimate estimate_run(const RunConfig& config, const OpenedData& data, Network& network,
                         Trainer& trainer, at::Device device, const Begun& begun);

}  // namespace candor
