// SPDX-License-Identifier: Apache-2.0
#include "core/table/clean_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <candor/error.h>

#include "core/base/json.h"

namespace candor {
namespace {

using Rows = std::vector<std::int64_t>;

// "a.csv" of "a.csv:17".
std::string file_of(const std::string& place) { return place.substr(0, place.rfind(':')); }

[[noreturn]] void refuse(const Table& table, const std::string& target, std::int64_t first,
                         std::size_t without, std::size_t all) {
  throw Error(ErrorKind::data,
              table.place(first) + ": the target '" + target +
                  "' is missing; fill it in, remove the row, or set data.clean.max_bad_fraction to "
                  "leave such rows out (" +
                  std::to_string(without) + " of " + std::to_string(all) +
                  (without == 1 ? " rows has none)" : " rows have none)"));
}

}  // namespace

LeftOut left_out_row(const Table& table, std::int64_t row, std::string reason) {
  return {file_of(table.place(row)), table.line(row), std::move(reason)};
}

std::vector<LeftOut> unreadable_rows(const Table& table) {
  std::vector<LeftOut> rows;
  for (const auto& bad : table.bad_rows()) {
    rows.push_back({file_of(table.place(bad)), bad.line, bad.reason});
  }
  return rows;
}

UsableRows rows_with_target(const Table& table, const std::string& target,
                            double max_bad_fraction) {
  UsableRows usable;
  const auto column = table.find(target);
  Rows without;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const bool there = column < 0 || !table.missing(column, row);
    (there ? usable.rows : without).push_back(row);
  }
  if (without.empty()) return usable;
  const auto all = static_cast<std::size_t>(table.rows()) + table.bad_rows().size();
  const auto bad = without.size() + table.bad_rows().size();
  if (static_cast<double>(bad) > max_bad_fraction * static_cast<double>(all)) {
    refuse(table, target, without.front(), without.size(), all);
  }
  for (const auto row : without) {
    usable.left_out.push_back(left_out_row(table, row, "the target is missing"));
  }
  return usable;
}

void keep_only(Rows& rows, const Rows& usable) {
  Rows kept;
  std::set_intersection(rows.begin(), rows.end(), usable.begin(), usable.end(),
                        std::back_inserter(kept));
  rows = std::move(kept);
}

std::string ledger_lines(const std::string& part, const std::vector<LeftOut>& rows) {
  std::string text;
  for (const auto& row : rows) {
    const Json line = {
        {"part", part}, {"file", row.file}, {"line", row.line}, {"reason", row.reason}};
    text += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace candor
