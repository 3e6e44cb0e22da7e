// SPDX-License-Identifier: Apache-2.0
// What the text and the page of an inspection say alike.
#pragma once

#include <string>

#include "core/inspect/inspection.h"

namespace candor {

// "3 errors, 1 warning, 12 notes", or "no findings".
std::string findings_line(const Inspection& inspection);
// "error", "warning", "note".
std::string severity_word(Severity severity);
// A fact's name and value for people: "sampled_rows" -> "sampled rows", 12345 -> "12,345".
std::string fact_name(const std::string& name);
std::string fact_value(const Json& value);
// What its values are, in a few words: range, most frequent categories, lengths.
std::string values_line(const ColumnReport& column);
// "about 12,000" where it is an estimate.
std::string distinct_text(const ColumnReport& column);
// The words behind "candor train CONFIG".
std::string command_words(const Finding& finding);

}  // namespace candor
