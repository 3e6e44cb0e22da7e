// SPDX-License-Identifier: Apache-2.0
// environment.json of a run, as far as it is read again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/json.h"

namespace candor {

struct RunEnvironment {
  std::string path;
  Json json;
};

// Empty where there is none. Throws Error{model} where it is no JSON, or where "files" is no list
// of objects or "split_sha256" no text.
std::optional<RunEnvironment> read_run_environment(const std::filesystem::path& run);

}  // namespace candor
