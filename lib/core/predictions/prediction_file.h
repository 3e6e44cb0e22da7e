// SPDX-License-Identifier: Apache-2.0
// Files of predictions: CSV and JSON lines of any tool, and predictions/SPLIT.jsonl of candor.
#pragma once

#include <string>

#include "core/base/json.h"
#include "core/predictions/prediction_rows.h"

namespace candor {

struct PredictionFile {
  Scored scored;
  bool has_ids = false;               // of its own; else Scored::ids are places in the file
  std::vector<std::string> findings;  // for Report::findings
  Json files;                         // [{"part", "name", "sha256", "bytes"}], for Report::data
};

// Throws Error{data} and Error{config} as scored_of() does.
PredictionFile read_prediction_file(const std::string& path, const PredictionRules& rules);

// The columns id, label, score, p_CLASS, prediction and weight, and those of rules.groups.
PredictionRows read_prediction_table(const std::string& path, const PredictionRules& rules,
                                     Json& files);

// Whether `text` begins as predictions/SPLIT.jsonl does.
bool is_own_predictions(const std::string& text);
// The classes' order is that of report.json in the folder above; without that file, what the rows
// tell of it.
PredictionRows parse_own_predictions(const std::string& text, const std::string& path,
                                     const PredictionRules& rules);

}  // namespace candor
