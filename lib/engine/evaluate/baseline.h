// SPDX-License-Identifier: Apache-2.0
// The baseline of a language model, fitted where the model was.
#pragma once

#include <optional>
#include <string>

#include <candor/config.h>

#include "core/metrics/report.h"
#include "engine/data/open_data.h"

namespace candor {

// What the n-gram baseline says of `scored`, which is the split `split` of the run or, when that is
// none of its names, something else. `data` has the run's training rows, which are counted, and its
// validation rows if there are any: they fit the weights, unless it is they that are scored. Empty
// when it is not asked for or the model is no language model.
std::optional<ScoredBaseline> score_baseline(const RunConfig& config, const OpenedData& data,
                                             const Dataset& scored, const std::string& split);

// The same for a trained model: opens the run's training rows anew. When they are not there any
// more, or are not those that the model (whose files `known` lists) was trained with, the result
// has a reason in place of losses.
std::optional<ScoredBaseline> reopen_baseline(const RunConfig& config,
                                              std::shared_ptr<const Preprocessor> fitted,
                                              const Json& known, const Dataset& scored,
                                              const std::string& split);

}  // namespace candor
