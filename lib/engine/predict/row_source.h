// SPDX-License-Identifier: Apache-2.0
// Rows of a user's file, one after the other, as `candor predict` reads them.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include <candor/config.h>

#include "core/schema/signature.h"

namespace candor {

// A raw row and where it came from ("FILE:LINE" or a path), for output and messages.
struct SourceRow {
  std::string id;
  Row row;
};

// The next row, or nothing at the end. Throws Error{data} naming the place.
using RowSource = std::function<std::optional<SourceRow>()>;

// `format` is csv, jsonl, text or images, or empty: by the name of `input` and what the signature
// takes. "-" reads `in`. Extra columns are ignored, a missing one is Error{data}.
RowSource open_rows(const Signature& signature, const RunConfig& config, const std::string& input,
                    const std::string& format, std::istream& in);

}  // namespace candor
