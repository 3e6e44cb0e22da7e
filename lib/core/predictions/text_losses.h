// SPDX-License-Identifier: Apache-2.0
// predictions/SPLIT.jsonl of a language model: its losses by parts of the text.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

// Whether `path`, a file of JSON lines, begins as such a file does.
bool holds_text_losses(const std::string& path);

// Throws Error{data} for a line that is not one of such a file (file and line), and for one of an
// earlier version, which kept no bytes.
std::vector<TextCell> read_text_losses(const std::string& path);

}  // namespace candor
