// SPDX-License-Identifier: Apache-2.0
// What the tests of inspect share: a look at data, findings by code, and the check that every
// config line is one.
#pragma once

#include <candor/inspect.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/config/config_json.h"
#include "core/inspect/inspect_parts.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor::test {

inline const Finding* find(const Inspection& inspection, const std::string& code,
                           const std::string& column = "") {
  const auto found = std::find_if(
      inspection.findings.begin(), inspection.findings.end(),
      [&](const Finding& f) { return f.code == code && (column.empty() || f.column == column); });
  return found == inspection.findings.end() ? nullptr : &*found;
}

// Of the first finding of that kind; "no such finding" when there is none.
inline std::string text_of(const Inspection& inspection, const std::string& code) {
  const auto* finding = find(inspection, code);
  return finding == nullptr ? "no such finding" : finding->text;
}
inline std::string column_of(const Inspection& inspection, const std::string& code) {
  const auto* finding = find(inspection, code);
  return finding == nullptr ? "no such finding" : finding->column;
}

inline std::vector<std::string> codes(const Inspection& inspection) {
  std::vector<std::string> names;
  for (const auto& finding : inspection.findings) names.push_back(finding.code);
  return names;
}

inline RunConfig config_of(const std::string& text) {
  return config_from_json(parse_json(text, "test", ErrorKind::config), "test");
}

// Every finding offers words, which candor train takes, or says what to do instead.
inline void check_words(const Inspection& inspection, const RunConfig& config) {
  for (const auto& finding : inspection.findings) {
    INFO(finding.code << " " << finding.column);
    REQUIRE_FALSE((finding.config.empty() && finding.advice.empty()));
    for (const auto& word : finding.config) INFO(word);
    CHECK_NOTHROW(apply_words(config, finding.config));
  }
}

inline const RunConfig& table_config() {
  static const auto config = config_of(R"({
    "name": "x", "task": {"type": "classification", "target": "y"},
    "data": {"type": "table", "files": {"train": "a.csv", "test": "b.csv"},
             "split": {"validation": 0.2}},
    "model": {"type": "mlp"}, "train": {"epochs": 1}})");
  return config;
}

}  // namespace candor::test
