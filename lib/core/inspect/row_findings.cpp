// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/inspect/findings.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

double share_of(std::int64_t part, std::int64_t all) {
  return static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(all, 1));
}

void find_bad(const TableLook& table, std::vector<Finding>& findings) {
  if (table.bad_rows() == 0) return;
  const double share = share_of(table.bad_rows(), table.rows() + table.bad_rows());
  findings.push_back(
      {share > 0.2 ? Severity::error : Severity::warning,
       "bad_rows",
       "",
       fmt::format("{} cannot be read, the first in {}", counted_rows(table.bad_rows()),
                   table.first_bad_line()),
       {fmt::format("data.clean.max_bad_fraction={:.4f}", std::min(1.0, share + 0.00005))}});
}

void find_equal(const TableLook& table, std::vector<Finding>& findings) {
  const auto& stamps = table.stamps();
  std::int64_t again = 0;
  for (std::size_t i = 1; i < stamps.size(); ++i) again += stamps[i] == stamps[i - 1] ? 1 : 0;
  if (again == 0) return;
  findings.push_back({Severity::warning,
                      "duplicate_rows",
                      "",
                      fmt::format("{} ({}) equal an earlier row in every column",
                                  counted_rows(again), percent(share_of(again, table.rows()))),
                      {"data.clean.deduplicate=true"}});
}

// Of a run of rows with the same features, those that no prediction from the features can get
// right.
std::int64_t contradicted(const std::map<std::uint64_t, std::int64_t>& targets) {
  std::int64_t all = 0, most = 0;
  for (const auto& [target, rows] : targets) {
    all += rows;
    most = std::max(most, rows);
  }
  return all - most;
}

void find_conflicts(const TableLook& table, std::vector<Finding>& findings) {
  if (table.target() < 0 || is_amount(table.columns()[static_cast<std::size_t>(table.target())])) {
    return;
  }
  const auto& stamps = table.stamps();
  std::int64_t conflicting = 0, wrong = 0;
  for (std::size_t begin = 0; begin < stamps.size();) {
    std::map<std::uint64_t, std::int64_t> targets;
    auto end = begin;
    for (; end < stamps.size() && stamps[end].features == stamps[begin].features; ++end) {
      ++targets[stamps[end].target];
    }
    if (targets.size() > 1) {
      conflicting += static_cast<std::int64_t>(end - begin);
      wrong += contradicted(targets);
    }
    begin = end;
  }
  if (conflicting == 0) return;
  const double share = share_of(wrong, table.rows());
  findings.push_back({share > 0.01 ? Severity::warning : Severity::note,
                      "conflicting_labels",
                      "",
                      counted_rows(conflicting) +
                          " have a twin with equal columns but another target, which no model gets "
                          "right in " +
                          counted_rows(wrong),
                      {"train.metric=log_loss"},
                      "this only mitigates: the model is chosen by its probabilities rather than "
                      "by labels that contradict each other; mend the labels, or add a column that "
                      "tells such rows apart"});
}

}  // namespace

std::string counted_rows(std::int64_t count) {
  return with_thousands(count) + (count == 1 ? " row" : " rows");
}

std::string percent(double share) {
  const double hundred = 100.0 * share;
  return hundred != 0.0 && hundred < 0.1 ? "less than 0.1 %" : fmt::format("{:.1f} %", hundred);
}

std::vector<Finding> row_findings(const TableLook& table) {
  std::vector<Finding> findings;
  find_bad(table, findings);
  find_equal(table, findings);
  find_conflicts(table, findings);
  return findings;
}

}  // namespace candor
