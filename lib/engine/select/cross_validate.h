// SPDX-License-Identifier: Apache-2.0
// Trains and judges every fold of a run, each in a run directory of its own.
#pragma once

#include <candor/train.h>

#include "core/artifact/run_directory.h"
#include "core/select/cross_validation.h"
#include "engine/data/open_data.h"

namespace candor {

// `data` is the run's, whose folds they are. A fold that is finished, and was trained with this
// config, is left as it is; one that was begun goes on. Writes cross_validation.json and
// predictions/out_of_fold.jsonl into `run`. Throws as training does, with the fold's number, and
// Error{stopped} that tells how to go on with the whole run.
CrossValidation cross_validate(const RunConfig& config, const TrainOptions& options,
                               const RunDirectory& run, const OpenedData& data);

// predictions/out_of_fold.jsonl, where it is not there: going back to a checkpoint removes it.
void restore_out_of_fold(const std::filesystem::path& run, const CrossFolds& folds);

}  // namespace candor
