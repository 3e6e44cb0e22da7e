// SPDX-License-Identifier: Apache-2.0
// Weights to begin with: those of another model (train.init_from).
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>

#include <candor/config.h>

#include "core/base/json.h"

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

}  // namespace candor
