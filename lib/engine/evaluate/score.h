// SPDX-License-Identifier: Apache-2.0
// A network over a dataset: what it says about every row, ready for the metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/metrics/report.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/network.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// Runs in evaluation mode and restores the mode. Rows keep the dataset's order. `between` is called
// before each batch; what it throws ends the scoring.
Scored score(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
             at::Device device, std::int64_t batch_size = 256,
             const std::function<void()>& between = {});

// Adds to `scored`, which is the dataset's, what reports of texts have and validations inside
// training do not: where evaluate.sliding_stride asks for them the losses out of windows that
// overlap, and the losses by parts of the text. Nothing for other data.
void complete_for_report(const EvaluateConfig& config, Network& network,
                         const Preprocessor& preprocessor, const Dataset& dataset,
                         at::Device device, Scored& scored,
                         const std::function<void()>& between = {});

// score() for some of dataset.parts(), without what belongs to whole datasets: ids, groups,
// documents, bytes.
Scored score_parts(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
                   at::Device device, std::span<const std::vector<std::int64_t>> parts,
                   const std::function<void()>& between = {});

// False when the model answered some row with infinity or NaN.
bool all_finite(const Scored& scored);

}  // namespace candor
