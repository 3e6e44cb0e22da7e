// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kLabelWidth = 18;
constexpr std::size_t kMostGroups = 30;
constexpr std::size_t kMostCrossedGroups = 5;
constexpr std::size_t kLastPartWidth = 8;

struct Column {
  const char* metric;
  const char* head;
  bool interval;
};

// What fits beside each other; the page and report.json have every metric.
std::vector<Column> shown_columns(const Report& report) {
  if (report.kind == OutputKind::regression) {
    return {{"rmse", "rmse", true}, {"mae", "mae", true}, {"mean_error", "mean error", false}};
  }
  if (report.kind == OutputKind::language_model) {
    return {{"cross_entropy", "cross_entropy", true}, {"perplexity", "perplexity", true}};
  }
  if (report.labels.size() != 2) {
    return {{"accuracy", "accuracy", true}, {"recall_macro", "recall_macro", true}};
  }
  return {{"accuracy", "accuracy", true},
          {"selection_rate", "selected", false},
          {"true_positive_rate", "TPR", false},
          {"false_positive_rate", "FPR", false},
          {"precision", "precision", false}};
}

// The end of a long crossing stays: "Holand-N…*Female".
std::string label(const std::string& value, bool crossed) {
  const auto star = value.rfind('*');
  if (!crossed || star == std::string::npos) return shown(value, kLabelWidth);
  const auto last = shown(value.substr(star), kLastPartWidth);
  return shown(value.substr(0, star), kLabelWidth - display_width(last)) + last;
}

TextCells group_cells(const GroupRow& group, const std::vector<Column>& columns) {
  TextCells cells = {label(group.value, group.crossed), with_thousands(group.count)};
  for (const auto& column : columns) {
    const auto* metric = find_metric(group.metrics, column.metric);
    if (metric == nullptr) {
      cells.emplace_back("-");
    } else {
      cells.push_back(column.interval ? with_interval(*metric) : value_text(*metric));
    }
  }
  cells.emplace_back(group.small ? "small" : "");
  return cells;
}

// Groups of crossed columns in the order of their first metric, the worst first.
void worst_first(std::vector<const GroupRow*>& groups) {
  std::stable_sort(groups.begin(), groups.end(), [](const GroupRow* a, const GroupRow* b) {
    const auto& x = a->metrics.front();
    const auto& y = b->metrics.front();
    if (!x.value || !y.value) return x.value.has_value() && !y.value.has_value();
    return x.higher_is_better ? *x.value < *y.value : *x.value > *y.value;
  });
}

std::string group_table(const Report& report, std::vector<const GroupRow*> groups,
                        const TextStyle& style) {
  const auto columns = shown_columns(report);
  const bool crossed = groups.front()->crossed;
  const auto most = crossed ? kMostCrossedGroups : kMostGroups;
  if (crossed && groups.size() > most) worst_first(groups);
  TextTable table;
  table.align.assign(columns.size() + 3, 'l');
  table.align[1] = 'r';
  table.rows.push_back({label(groups.front()->column, crossed), group_unit(report.kind)});
  for (const auto& column : columns) table.rows[0].emplace_back(column.head);
  table.rows[0].emplace_back("");
  for (std::size_t i = 0; i < std::min(groups.size(), most); ++i) {
    table.rows.push_back(group_cells(*groups[i], columns));
  }
  auto text = "\n" + table.print(style);
  if (groups.size() > most) {
    text += fmt::format("… {} more {} in report.json\n", groups.size() - most,
                        crossed ? "groups, that fare better," : "values");
  }
  return text;
}

struct GapLine {
  const char* name;
  const char* difference;
  const char* ratio;  // nullptr: none
};
constexpr GapLine kGapLines[] = {
    {"demographic parity", "demographic_parity_difference", "demographic_parity_ratio"},
    {"equalized odds", "equalized_odds_difference", "equalized_odds_ratio"},
    {"equal opportunity", "equal_opportunity_difference", "equal_opportunity_ratio"},
    {"predictive parity", "predictive_parity_difference", "predictive_parity_ratio"},
    {"accuracy", "accuracy_difference", "accuracy_ratio"},
    {"recall_macro", "recall_macro_difference", nullptr},
    {"rmse", "rmse_difference", "rmse_ratio"},
    {"mae", "mae_difference", "mae_ratio"},
    {"mean error", "mean_error_difference", nullptr},
};

const RangeGap* find(const GroupGaps& gaps, const char* name) {
  if (name == nullptr) return nullptr;
  const auto found = std::find_if(gaps.ranges.begin(), gaps.ranges.end(),
                                  [&](const RangeGap& gap) { return gap.metric.name == name; });
  return found == gaps.ranges.end() ? nullptr : &*found;
}

// Those between which the gap is, with a mark where one is too small to judge by.
std::string ends_of(const RangeGap& gap, const GroupGaps& gaps, bool& marked) {
  if (gap.lowest.empty()) return "-";
  const auto name = [&](const std::string& group) {
    const bool small = is_small(gaps, group);
    marked = marked || small;
    return shown(group, 11) + (small ? "*" : "");
  };
  const auto lowest = name(gap.lowest);
  return lowest + ", " + name(gap.highest);
}

std::string gap_table(const Report& report, const GroupGaps& gaps, const TextStyle& style) {
  bool marked = false;
  const auto level = percent_text(report.confidence);
  TextTable table{{'l', 'l', 'l', 'l'},
                  {{"gaps by " + shown(gaps.column, 12), "difference, " + level, "ratio, " + level,
                    "lowest, highest"}}};
  for (const auto& line : kGapLines) {
    const auto* difference = find(gaps, line.difference);
    if (difference == nullptr) continue;
    const auto* ratio = find(gaps, line.ratio);
    table.rows.push_back({line.name, with_interval(difference->metric),
                          ratio == nullptr ? "-" : with_interval(ratio->metric),
                          ends_of(*difference, gaps, marked)});
  }
  if (table.rows.size() == 1) return {};
  return "\n" + table.print(style) +
         style.dim(std::string("intervals hold for all groups at once: conservative") +
                   (marked ? "; * a group of too few rows to judge by" : "")) +
         "\n";
}

std::string slice_name(const Slice& slice) {
  std::string text;
  for (std::size_t i = 0; i < slice.columns.size(); ++i) {
    text += (i > 0 ? ", " : "") + shown(slice.columns[i], 14) + " = " + shown(slice.values[i], 14);
  }
  return shown(text, 44);
}

std::string slice_table(const Report& report, const TextStyle& style) {
  if (!report.slices || report.slices->worst.empty()) return {};
  TextTable table{{'l', 'r', 'l', 'l', 'l'},
                  {{"worst slices", "rows", report.slices->metric, "other rows", "p (Holm)"}}};
  for (const auto& slice : report.slices->worst) {
    table.rows.push_back({slice_name(slice), with_thousands(slice.count),
                          fixed(slice.value, decimals_for(slice.value)),
                          fixed(slice.rest, decimals_for(slice.rest)),
                          slice.p_holm < 0.0001 ? "<0.0001" : fmt::format("{:.4f}", slice.p_holm)});
  }
  return "\n" + table.print(style);
}

}  // namespace

std::string group_text(const Report& report, const TextStyle& style) {
  std::string text;
  for (std::size_t begin = 0; begin < report.groups.size();) {
    std::vector<const GroupRow*> groups;
    const auto& column = report.groups[begin].column;
    for (; begin < report.groups.size() && report.groups[begin].column == column; ++begin) {
      groups.push_back(&report.groups[begin]);
    }
    text += group_table(report, std::move(groups), style);
  }
  for (const auto& gaps : report.gaps) {
    if (!gaps.crossed) text += gap_table(report, gaps, style);
  }
  return text + slice_table(report, style);
}

}  // namespace candor
