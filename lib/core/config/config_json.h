// SPDX-License-Identifier: Apache-2.0
// A config as JSON, for embedding in other files and for overrides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"

namespace candor {

// Every default filled in; keys in the order of fields.h.
Json config_json(const RunConfig& config);

// The same strict reading as load_config's, without resolving paths. `where` stands in messages for
// the file. Throws Error{kind}: `model` for the config in a model directory, which no user wrote.
RunConfig config_from_json(const Json& json, const std::string& where,
                           ErrorKind kind = ErrorKind::config);

// `config` with the words of a command line applied; paths in words resolve against the working
// directory.
RunConfig apply_words(const RunConfig& config, const std::vector<std::string>& words);

// The last word of a command line that sets the field `key` ("train.epochs") or a section that
// holds it.
std::optional<std::string> word_that_set(const std::vector<std::string>& words,
                                         const std::string& key);

// One line per field that differs: "train.epochs: 3 -> 4".
std::vector<std::string> config_differences(const RunConfig& before, const RunConfig& after);

}  // namespace candor
