// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/prediction_file.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/byte_source.h"
#include "core/base/files.h"
#include "core/table/table.h"

namespace candor {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 20;

PredictionRows read_own(const std::string& path, const PredictionRules& rules, Json& files) {
  const auto bytes = open_bytes(path, ErrorKind::data, /*digest=*/true);
  const auto text = read_rest(*bytes);
  files = Json::array({{{"part", "predictions"},
                        {"name", display_name(path)},
                        {"sha256", bytes->digest()},
                        {"bytes", bytes->bytes_read()}}});
  return parse_own_predictions(text, path, rules);
}

// Whether truth and predictions look like two classes: two values, and no prediction beside them.
bool two_each(const Scored& scored) {
  std::set<double> truth;
  for (const auto value : scored.target_value) {
    truth.insert(value);
    if (truth.size() > 2) return false;
  }
  return truth.size() == 2 && std::all_of(scored.value.begin(), scored.value.end(),
                                          [&](double value) { return truth.contains(value); });
}

bool is_own(const std::string& path) {
  if (!is_json_lines(path, TableFormat{})) return false;
  const auto bytes = open_bytes(path, ErrorKind::data);
  return is_own_predictions(first_bytes(*bytes, kLongestLine));
}

}  // namespace

PredictionFile read_prediction_file(const std::string& path, const PredictionRules& rules) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorKind::data,
                path + ": is a folder; predictions are one CSV or JSON lines file");
  }
  PredictionFile file;
  const auto rows = is_own(path) ? read_own(path, rules, file.files)
                                 : read_prediction_table(path, rules, file.files);
  file.has_ids = !rows.ids.empty();
  file.scored = scored_of(rows, rules);
  file.findings = rows.findings;
  if (rows.kind == PredictionKind::value && two_each(file.scored)) {
    file.findings.emplace_back(
        "Labels and predictions have the same two values, and are taken for numbers; if they are "
        "classes, pass a column score, or p_CLASS for each.");
  }
  if (file.scored.ranking && !rules.ranking) {
    file.findings.emplace_back(
        "Some scores lie outside of 0 to 1, so they are taken for a ranking, not for "
        "probabilities.");
  }
  if (!rules.positive && rows.kind == PredictionKind::score) {
    file.findings.push_back("The score is taken to speak for the class '" +
                            file.scored.labels.back() + "'.");
  }
  return file;
}

}  // namespace candor
