// SPDX-License-Identifier: Apache-2.0
// The one door through which JSON text enters: bounded depth and size, duplicate keys refused, key
// order kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <candor/error.h>

namespace candor {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t max_depth = 64;
  std::size_t max_bytes = 64u << 20;
  bool comments = false;  // accept // and /* */ comments
};

// Parses `text`. Throws Error{kind} whose text starts with `where` (a file name, "request body")
// and names line and column, and the JSON pointer of a duplicate key.
Json parse_json(std::string_view text, const std::string& where, ErrorKind kind,
                const JsonLimits& limits = {});

// Same for a file.
Json parse_json_file(const std::string& path, ErrorKind kind, const JsonLimits& limits = {});

// A whole document for a terminal or a file, indented, with a line feed at its end. Characters that
// would move a terminal's cursor, turn the direction of writing or hide there (printable.h) are
// escaped as \uXXXX, which readers of JSON undo; bytes that are not valid UTF-8 become U+FFFD.
std::string json_document(const Json& json);

// The same on one line, and without the line feed.
std::string json_line(const Json& json);

// "/key", escaped as JSON pointers are.
std::string pointer_step(std::string_view key);

}  // namespace candor
