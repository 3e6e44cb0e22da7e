// SPDX-License-Identifier: Apache-2.0
// A first config for data that nobody has described yet.
#pragma once

#include <optional>
#include <string>

#include <candor/api.h>

namespace candor {

struct InitOptions {
  std::optional<std::string> target;  // tables: column to predict; empty: the last one
  std::string folder = ".";  // where the config will lie; the path to the data is relative to it
  std::optional<std::string> test = std::nullopt;  // tables: a file of its own for the test
};

// Looks at `data` (a CSV, a text file, or a folder of class folders with images) and returns a
// config with comments that says what was seen and what to try, ready for load_config. Throws
// Error{data} when the data cannot be used, Error{config} for a target that is not a column.
CANDOR_API std::string init_config(const std::string& data, const InitOptions& options);

}  // namespace candor
