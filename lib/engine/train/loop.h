// SPDX-License-Identifier: Apache-2.0
// What Trainer::train() holds while it runs. Private to Trainer.
#pragma once

#include <chrono>

#include "engine/train/trainer.h"

namespace candor {

struct Trainer::Loop {
  RunDirectory& run;
  CheckpointSaver& saver;
  RunLog& log;
  const TrainOptions& options;
  std::chrono::steady_clock::time_point last_checkpoint;  // begun

  bool stop() const { return options.stop_requested && options.stop_requested(); }
};

}  // namespace candor
