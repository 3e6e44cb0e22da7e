// SPDX-License-Identifier: Apache-2.0
// Rows of a user's file, one after the other, as `candor predict` reads them.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include <candor/config.h>

#include "core/decide/decision_rule.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// A row and where it came from ("FILE:LINE" or a path), for output and messages. A row of a CSV has
// been through the host stage as training's rows have (`inputs`), as has an image; any other is raw
// (`row`).
struct SourceRow {
  std::string id;
  Row row;
  std::optional<ModelInputs> inputs;
  RowGroups
      groups;  // with `inputs`: values of the columns that were asked for, where there are any
  std::string fault;  // images: why this one cannot be read; then there is neither row nor inputs
};

// The next row, or nothing at the end. Throws Error{data} naming the place.
using RowSource = std::function<std::optional<SourceRow>()>;

// `format` is csv, jsonl, text or images, or empty: by the name of `input` and what the model
// takes. "-" reads `in`. Extra columns are ignored, a missing one is Error{data}. `preprocessor`
// must outlive the source. `groups` are columns that a decision rule asks for; in a raw row those
// that the model does not read follow its inputs.
RowSource open_rows(const Preprocessor& preprocessor, const RunConfig& config,
                    const std::string& input, const std::string& format, std::istream& in,
                    const std::vector<std::string>& groups = {});

}  // namespace candor
