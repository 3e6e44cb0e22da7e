// SPDX-License-Identifier: Apache-2.0
// What is in data that nobody has described yet, and what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include <candor/api.h>

namespace candor {

struct InspectOptions {
  std::optional<std::string> target;  // tables: the column to predict; empty: none is judged
  std::optional<std::string> test;    // a test set of its own, of the same kind
  bool json = false;                  // text is one JSON document (docs/formats.md)
  bool html = false;                  // make the page too
  bool color = false;
};

struct InspectResult {
  std::string text;
  std::string html;  // one page, empty unless asked for
};

// Looks at `data` (a CSV, a text file, or a folder of class folders with images). No cell of a
// column that is an identifier, a date or free text is in the result, and no category that fewer
// than 5 rows share. Throws Error{data} when the data cannot be read, Error{config} for a target
// that is not a column.
CANDOR_API InspectResult inspect(const std::string& data, const InspectOptions& options);

}  // namespace candor
