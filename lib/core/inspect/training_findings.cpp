// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/training_findings.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "core/inspect/findings.h"
#include "core/inspect/inspect_parts.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

// Others advise, or say what training itself counts: rows that are left out, rare classes.
constexpr std::array<std::string_view, 12> kTold = {
    "gives_target_away", "strong_column",  "empty",          "constant",
    "identifier",        "mostly_missing", "duplicate_rows", "conflicting_labels",
    "duplicate_column",  "mixed",          "test_shift",     "test_new_categories"};
// Of which training leaves rows out where it is asked to.
constexpr std::string_view kEqualRows = "duplicate_rows";
constexpr std::string_view kTestRows = "test_rows_in_train";

bool is_read(const TableData& data, const std::string& column) {
  const auto found = data.columns.find(column);
  if (found != data.columns.end()) {
    const auto& own = found->second;
    if (own.use == ColumnUse::ignore || own.use == ColumnUse::weight) return false;
    if (own.type == ColumnType::identifier) return false;
  }
  return column != data.split.group && column != data.split.time && column != data.weight;
}

bool is_told(const Finding& finding, const TableData& data) {
  if (!finding.column.empty() && !is_read(data, finding.column)) return false;
  const bool equal_rows = finding.code == kEqualRows || finding.code == kTestRows;
  if (equal_rows && data.clean.deduplicate) return false;
  return finding.code == kTestRows ||
         std::find(kTold.begin(), kTold.end(), finding.code) != kTold.end();
}

}  // namespace

std::vector<std::string> training_findings(const Table& table, const Table* test,
                                           const RunConfig& config) {
  const auto& data = std::get<TableData>(config.data);
  const auto cells = cells_of(table) + (test == nullptr ? 0 : cells_of(*test));
  if (cells > kMostCellsInTraining) {
    return {fmt::format("not looked through, since there are {} cells; candor inspect does it",
                        with_thousands(cells))};
  }
  const UnknownTable known{table, data.format};
  InspectRequest request;
  request.data = table.path();
  request.target = config.task.target.value_or("");
  std::optional<UnknownTable> other;
  if (test != nullptr) other = UnknownTable{*test, data.format};
  std::vector<std::string> lines;
  for (const auto& finding : inspect_table(known, request, other ? &*other : nullptr).findings) {
    if (!is_told(finding, data)) continue;
    lines.push_back(finding.column.empty() ? finding.text : finding.column + ": " + finding.text);
  }
  return lines;
}

std::optional<std::string> rare_class_finding(const std::vector<std::int64_t>& class_counts) {
  if (class_counts.size() < 2) return std::nullopt;
  const auto least = *std::min_element(class_counts.begin(), class_counts.end());
  const auto all = std::accumulate(class_counts.begin(), class_counts.end(), std::int64_t{0});
  if (all == 0 || !is_rare(least, all, class_counts.size())) return std::nullopt;
  return fmt::format("the smallest of the {} classes has {} for training, {} of all",
                     class_counts.size(), counted_rows(least),
                     percent(static_cast<double>(least) / static_cast<double>(all)));
}

}  // namespace candor
