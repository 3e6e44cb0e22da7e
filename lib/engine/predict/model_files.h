// SPDX-License-Identifier: Apache-2.0
// A model directory, as the engine writes and opens it. Layout: docs/formats.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <candor/config.h>

#include "core/base/json.h"
#include "engine/preprocess/network.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

struct ModelFiles {
  std::string name;
  RunConfig config;  // of the training run; file paths are names only
  std::shared_ptr<const Preprocessor> preprocessor;
  std::shared_ptr<Network> network;
  Json data;           // [{"part", "name", "sha256", ...}] of the files of its run
  Json metrics;        // metrics.json: the report that training ended with
  std::string digest;  // sha256 of MANIFEST.json
};

// A new, untrained network for the fitted preprocessing; weights drawn from config.seed.
std::shared_ptr<Network> make_network(const RunConfig& config, const Preprocessor& preprocessor);

// Writes the directory (atomically, replacing one of the same run) and returns its digest.
std::string write_model(const std::filesystem::path& directory, const RunConfig& config,
                        const Preprocessor& preprocessor, Network& network, const Json& metrics);

// Opens MODEL of a command line (run or model directory): manifest, versions, names, shapes and
// types are checked before anything is built. In evaluation mode, on the CPU. Throws Error{model}
// naming the file.
ModelFiles open_model(const std::filesystem::path& path);

// The config of the run that a model lies in (absolute paths), or the model's own when it lies
// alone.
RunConfig run_config_of(const std::filesystem::path& path, const ModelFiles& model);

}  // namespace candor
