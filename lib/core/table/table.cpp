// SPDX-License-Identifier: Apache-2.0
#include "core/table/table.h"

#include <algorithm>
#include <iterator>

#include <candor/error.h>

#include "core/base/nearest.h"

namespace candor {
namespace {

constexpr std::size_t kMostListed = 20;

std::string listed(std::vector<std::string> names) {
  const auto count = names.size();
  if (count > kMostListed) {
    names.resize(kMostListed);
    names.push_back("... (" + std::to_string(count) + " in all)");
  }
  return join(names);
}

}  // namespace

std::string table_path(const std::vector<TableSource>& sources) {
  const auto more = sources.size() - 1;
  return sources.front().path + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

std::int64_t Table::line(std::int64_t row) const {
  const auto after =
      std::upper_bound(lines_.begin(), lines_.end(), row,
                       [](std::int64_t at, const LineRun& run) { return at < run.first_row; });
  const auto& run = *std::prev(after);
  return run.line_of_first + (row - run.first_row);
}

std::string Table::place(std::int64_t row) const {
  const auto after = std::upper_bound(
      sources_.begin(), sources_.end(), row,
      [](std::int64_t at, const TableSource& source) { return at < source.first_row; });
  return std::prev(after)->path + ":" + std::to_string(line(row));
}

std::string Table::place(const BadRow& bad) const {
  return sources_[bad.source].path + ":" + std::to_string(bad.line);
}

std::string Table::no_column(std::string_view column) const {
  const auto text = "no column '" + std::string(column) + "' in " + path_;
  const auto near = nearest_name(column, names_);
  return near ? text + "; did you mean '" + *near + "'?" : text + "; it has: " + listed(names_);
}

void check_columns(const Table& table, const TableData& config) {
  std::vector<std::string> problems;
  for (const auto& entry : config.columns) {
    if (table.find(entry.first) >= 0) continue;
    problems.push_back("data.columns: " + table.no_column(entry.first));
  }
  for (const auto& group : config.groups) {
    if (table.find(group) < 0) problems.push_back("data.groups: " + table.no_column(group));
  }
  if (!problems.empty()) throw Error(ErrorKind::config, join(problems, "\n"));
}

std::vector<std::string> group_values(const Table& table, std::span<const std::int64_t> rows,
                                      const std::string& column) {
  const auto index = table.find(column);
  if (index < 0) throw Error(ErrorKind::data, "data.groups: " + table.no_column(column));
  std::vector<std::string> values;
  values.reserve(rows.size());
  for (const auto row : rows) {
    const auto cell = table.cell(index, row);
    values.emplace_back(cell.empty() ? kMissingGroup : cell);
  }
  return values;
}

}  // namespace candor
