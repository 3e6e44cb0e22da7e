// SPDX-License-Identifier: Apache-2.0
// The rules of evaluation, decisions, cross-validation and search.
#pragma once

#include <candor/config.h>

#include "core/config/problems.h"

namespace candor {

// A part of check_config(); every section could be read.
void check_evaluation(const RunConfig& config, Problems& problems);

// The same of evaluate.sliding_stride, and of what is measured with it.
void check_sliding(const RunConfig& config, Problems& problems);

// Whether something is to be fitted on the rows of data.split.calibration.
bool asks_for_calibration_rows(const RunConfig& config);

// Whether calibration.conformal is to be found by what the folds of cross_validation say of the
// rows they hold out, since no rows are kept for it.
bool sets_from_folds(const RunConfig& config);

}  // namespace candor
