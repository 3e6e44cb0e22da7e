// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "core/inspect/findings.h"
#include "core/metrics/report_format.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// Shares of the target's information from which one column is taken to give it away, and from which
// that should be looked into. The strongest column of Adult has 0.2, of California 0.5, of Iris
// 0.9.
constexpr double kGivesAway = 0.97;
constexpr double kSuspicious = 0.85;

class TargetJudge {
 public:
  TargetJudge(const TableLook& table, const std::vector<ColumnReport>& columns)
      : table_(table),
        columns_(columns),
        target_(table.columns()[static_cast<std::size_t>(table.target())]) {}

  std::vector<Finding> findings() {
    judge_values();
    for (const auto& column : columns_) {
      if (column.predicts && column.name != target_.name()) judge_leak(column);
    }
    return std::move(findings_);
  }

 private:
  void add(Severity severity, const char* code, const std::string& column, std::string text,
           std::vector<std::string> config, std::string advice = "") {
    findings_.push_back(
        {severity, code, column, std::move(text), std::move(config), std::move(advice)});
  }

  // Of a target that cannot be predicted.
  void add_hopeless(const char* code, std::string text) {
    auto other = other_target();
    std::string advice = other.empty() ? "no other column could be predicted either; other data is "
                                         "needed"
                                       : "";
    add(Severity::error, code, target_.name(), std::move(text), std::move(other),
        std::move(advice));
  }

  // Another column that could be predicted, for a target that cannot.
  std::vector<std::string> other_target() const {
    for (const auto& column : table_.columns()) {
      const bool usable = column.distinct() >= 2 && column.kind() != ColumnKind::identifier &&
                          column.kind() != ColumnKind::text;
      if (usable && column.name() != target_.name()) {
        return {"task.target=" + Json(column.name()).dump()};
      }
    }
    return {};
  }

  void judge_values() {
    if (target_.distinct() < 2) {
      return add_hopeless("nothing_to_learn", target_.values() == 0
                                                  ? "the target has no values"
                                                  : "the target has one value only");
    }
    if (target_.missing() > 0) judge_missing();
    if (is_amount(target_)) return;
    if (target_.distinct() > static_cast<std::int64_t>(kMostClasses) ||
        (target_.distinct() == target_.values() && target_.values() >= 20)) {
      return add_hopeless("too_many_classes", "the target has " +
                                                  with_thousands(target_.distinct()) +
                                                  " different values, too many for classes");
    }
    judge_balance();
  }

  void judge_missing() {
    const double share = static_cast<double>(target_.missing()) /
                         static_cast<double>(std::max<std::int64_t>(table_.rows(), 1));
    add(Severity::error, "target_missing", target_.name(),
        counted_rows(target_.missing()) +
            " have no target; training refuses more of them than data.clean.max_bad_fraction "
            "allows",
        {fmt::format("data.clean.max_bad_fraction={:.3f}", std::min(1.0, share + 0.0005))});
  }

  void judge_balance() {
    std::vector<std::int64_t> counts;
    for (const auto& [value, rows] : target_.listed()) counts.push_back(rows);
    if (counts.size() < 2) return;
    const auto least = *std::min_element(counts.begin(), counts.end());
    const double share = static_cast<double>(least) / static_cast<double>(target_.values());
    if (!is_rare(least, target_.values(), counts.size())) return;
    add(least < 10 ? Severity::warning : Severity::note, "imbalance", target_.name(),
        fmt::format("the smallest of the {} classes has {}, {} of all", counts.size(),
                    counted_rows(least), percent(share)),
        {"train.metric=balanced_accuracy"});
  }

  void judge_leak(const ColumnReport& column) {
    const double share = *column.predicts;
    if (share < kSuspicious) return;
    const bool certain = share >= kGivesAway;
    add(certain ? Severity::error : Severity::warning,
        certain ? "gives_target_away" : "strong_column", column.name,
        fmt::format("alone tells {} of the target '{}'{}; is it known before the target is?",
                    percent(share), target_.name(),
                    is_amount(target_) ? " (R2 of ranks, out of fold)"
                                       : " (share of its entropy, out of fold)"),
        {ignore_word(column.name)});
  }

  const TableLook& table_;
  const std::vector<ColumnReport>& columns_;
  const ColumnLook& target_;
  std::vector<Finding> findings_;
};

}  // namespace

bool is_rare(std::int64_t rows, std::int64_t all, std::size_t classes) {
  const auto share = static_cast<double>(rows) / static_cast<double>(all);
  const auto even = 1.0 / static_cast<double>(classes);
  return share < std::min(0.1, even / 5.0) || rows < 10;
}

bool is_amount(const ColumnLook& target) {
  constexpr std::int64_t kMostIntegerClasses = 20;
  return target.is_number() && (!target.whole() || target.distinct() > kMostIntegerClasses);
}

std::vector<Finding> target_findings(const TableLook& table,
                                     const std::vector<ColumnReport>& columns) {
  if (table.target() < 0) return {};
  return TargetJudge(table, columns).findings();
}

}  // namespace candor
