// SPDX-License-Identifier: Apache-2.0
// Weights to begin with: those of another model (train.init_from).
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "engine/data/open_data.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// The .safetensors file that `path` names: itself, or that of a model or run directory, whose
// manifest is checked. Throws Error{config} for what is none of these, Error{model} for a damaged
// one.
std::filesystem::path find_weights(const std::filesystem::path& path);

// Copies the weights of `file`, which find_weights() has found, into `module`, which keeps its own
// for names that fit `new_ones`. Returns {"path", "sha256", "bytes"} of the file. Throws
// Error{model} for a file that cannot be read, and with all names that are missing, unexpected, or
// of another shape or type; Error{config} for a pattern that fits no name of the module.
Json begin_from(const std::filesystem::path& file, const std::vector<std::string>& new_ones,
                torch::nn::Module& module);

// Throws Error{model} where weights of `file` stand for other columns, categories, classes or
// tokens in the model that they are of than in this one, and are not among `new_ones`. Returns a
// line for each difference that is; and one where `file` lies in no model directory, which alone
// tells.
std::vector<std::string> check_meaning(const std::filesystem::path& file,
                                       const std::vector<std::string>& new_ones,
                                       const torch::nn::Module& module,
                                       const Preprocessor& preprocessor, const ModelConfig& model);

// A line where rows that this run's report is about may be ones that the weights of `file` were
// trained on: from the same file, by another split.
std::optional<std::string> seen_rows(const std::filesystem::path& file, const OpenedData& data);

}  // namespace candor
