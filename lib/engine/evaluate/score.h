// SPDX-License-Identifier: Apache-2.0
// A network over a dataset: what it says about every row, ready for the metrics.
#pragma once

#include "core/metrics/report.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/network.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// Runs in evaluation mode and restores the mode. Rows keep the dataset's order.
Scored score(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
             at::Device device, std::int64_t batch_size = 256);

// False when the model answered some row with infinity or NaN.
bool all_finite(const Scored& scored);

}  // namespace candor
