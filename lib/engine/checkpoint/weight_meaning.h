// SPDX-License-Identifier: Apache-2.0
// What weights stand for besides their names and shapes: to which column, category, term, token or
// class a row or column of theirs belongs. Weights of another model have the same meaning only
// where these are the same, in the same order.
#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "engine/preprocess/preprocessor.h"

namespace candor {

struct WeightMeaning {
  std::vector<std::string> tensors;  // patterns of their names
  std::string what;                  // one of the names: "input", "class"
  std::vector<std::string> names;    // in the order of the weights
};

// Of a model of this kind behind this preprocessing.
std::vector<WeightMeaning> weight_meanings(const Preprocessor& preprocessor,
                                           const ModelConfig& model);

struct MeaningDifference {
  std::vector<std::string> tensors;  // patterns of what it concerns
  std::string text;                  // "layers.0.weight: input 3 is ..."
};

// Where `given` means something else than `own`; both are of models of the same kind and shape, but
// for the tensors that begin anew.
std::vector<MeaningDifference> meaning_differences(const std::vector<WeightMeaning>& own,
                                                   const std::vector<WeightMeaning>& given);

}  // namespace candor
