// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/history.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <system_error>

#include "core/base/files.h"
#include "core/base/json.h"

namespace candor {
namespace {

// Adds the row's numbers; false when it is no row.
bool add_row(History& history, std::string_view line) {
  Json row;
  try {
    row = parse_json(line, "metrics.jsonl", ErrorKind::model);
  } catch (const Error&) {
    return false;
  }
  if (!row.is_object() || !row.contains("step") || !row["step"].is_number()) return false;
  const auto step = row["step"].get<double>();
  if (!(step >= 0.0 && step < 9e15)) return false;
  history.last_step = std::max(history.last_step, static_cast<std::int64_t>(step));
  for (const auto& [key, value] : row.items()) {
    if (!value.is_number() || key.find('/') == std::string::npos) continue;
    history.values[key].push_back({step, value.get<double>()});
  }
  const auto epoch = row.find("epoch");
  if (epoch != row.end() && epoch->is_number() && epoch->get<double>() > 0.0) {
    history.steps_per_epoch = std::round(step / epoch->get<double>());
  }
  return true;
}

}  // namespace

const Points& History::series(const std::string& key) const {
  static const Points none;
  const auto found = values.find(key);
  return found == values.end() ? none : found->second;
}

History read_history(const std::filesystem::path& metrics_jsonl) {
  History history;
  std::error_code error;
  if (!std::filesystem::is_regular_file(metrics_jsonl, error)) return history;
  std::string text;
  try {
    text = read_file(metrics_jsonl, ErrorKind::model);
  } catch (const std::exception&) {  // also where it does not fit into the memory
    history.damaged_lines = 1;
    return history;
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    if (end == std::string::npos) break;  // torn, or being written
    if (!add_row(history, std::string_view(text).substr(begin, end - begin))) {
      ++history.damaged_lines;
    }
    begin = end + 1;
  }
  return history;
}

}  // namespace candor
