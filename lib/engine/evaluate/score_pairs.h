// SPDX-License-Identifier: Apache-2.0
// How likely a language model holds pairs of texts for.
#pragma once

#include <vector>

#include "core/metrics/text_pairs.h"
#include "engine/predict/model_files.h"

namespace candor {

// log P of every token of a text after a line break (or what generation begins with), summed.
// Throws Error{config} for a model that is no language model, Error{data} with the pair's place for
// a text that is longer than the model's context.
std::vector<PairScore> score_pairs(const ModelFiles& model, at::Device device,
                                   const std::vector<TextPair>& pairs);

}  // namespace candor
