// SPDX-License-Identifier: Apache-2.0
// One training, from a config to a run directory. candor::train() (engine/select) is that, and the
// folds of a cross-validation before it.
#pragma once

#include <functional>
#include <optional>

#include <candor/train.h>

#include "core/artifact/run_directory.h"
#include "core/data/folds.h"
#include "core/metrics/report.h"
#include "engine/data/open_data.h"

namespace candor {

struct ModelPart {
  std::optional<FoldChoice> fold;  // trains without that fold and reports on it
  // Called once the run's directory is locked and begun (or found again), before the first update;
  // false: nothing is trained, and the result is empty.
  std::function<bool(const RunDirectory& run, const OpenedData& data)> before;
  std::optional<FoldMeans> folds;  // for the report; `before` may set it
};

// Throws Error of every kind.
TrainResult train_model(const RunConfig& config, const TrainOptions& options,
                        const ModelPart& part = {});

}  // namespace candor
