// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/metrics/forest_plot.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/report_format.h"
#include "core/metrics/share.h"

namespace candor {
namespace {

constexpr std::size_t kMostGroups = 25;  // of one figure
constexpr std::size_t kMostRows = 100;   // of a table
constexpr std::size_t kMostPairs = 12;
constexpr std::size_t kMostFigures = 6;

// What is drawn of a group's metrics, as far as it has them; the table has all.
constexpr std::array<std::string_view, 12> kDrawn = {"accuracy",
                                                     "selection_rate",
                                                     "true_positive_rate",
                                                     "false_positive_rate",
                                                     "precision",
                                                     "calibration_gap",
                                                     "balanced_accuracy",
                                                     "log_loss",
                                                     "rmse",
                                                     "mae",
                                                     "mean_error",
                                                     "cross_entropy"};

std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// As a title.
std::string capital(std::string text) {
  if (text == "rmse" || text == "mae") return text == "mae" ? "MAE" : "RMSE";
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

using Groups = std::span<const GroupRow>;

std::string metric_figure(const Report& report, Groups groups, std::string_view name) {
  std::vector<ForestRow> rows;
  for (const auto& group : groups.first(std::min(groups.size(), kMostGroups))) {
    const auto* metric = find_metric(group.metrics, name);
    if (metric == nullptr) return {};
    auto row = forest_row(group.value, *metric);
    row.note = metric->value ? with_thousands(group.count) + " " + group_unit(report.kind)
                             : metric->reason;
    row.soft = group.small;
    rows.push_back(std::move(row));
  }
  const auto* overall = report.find(std::string(name));
  const auto value = overall != nullptr ? overall->value : std::nullopt;
  return forest_plot({capital(spoken(std::string(name))), value ? "Dashed: all rows." : "", value},
                     rows);
}

std::string metric_figures(const Report& report, Groups groups) {
  std::string figures;
  std::size_t count = 0;
  for (const auto name : kDrawn) {
    if (count == kMostFigures) break;
    const auto figure = metric_figure(report, groups, name);
    if (!figure.empty()) ++count;
    figures += figure;
  }
  return figures;
}

std::string cell(const Metric& metric) {
  // A constant metric is known without one.
  const bool told = metric.low || !metric.value || metric.reason == kHeavyRows;
  return fmt::format("<td>{} <span class=\"soft\">{}</span></td>", value_text(metric),
                     told ? escape_html(interval_or_reason(metric)) : "");
}

std::string group_row(const GroupRow& group) {
  auto text = "<tr><td>" + escape_html(shown(group.value, 40)) + "</td><td class=\"n\">" +
              with_thousands(group.count) + "</td>";
  for (const auto& metric : group.metrics) text += cell(metric);
  const auto* mark = group.small && !group.metrics.empty() ? group.metrics[0].reason.c_str() : "";
  return text + "<td class=\"m\">" + escape_html(mark) + "</td></tr>\n";
}

std::string group_table(Groups groups) {
  return "<details><summary>All metrics of these groups</summary>" + group_metric_table(groups) +
         "</details>\n";
}

// ---- gaps -------------------------------------------------------------------------------------

std::string without(const std::string& name, std::string_view ending) {
  return spoken(name.substr(0, name.size() - ending.size()));
}

std::string range_figure(const GroupGaps& gaps, std::string_view ending, const ForestText& text) {
  std::vector<ForestRow> rows;
  for (const auto& gap : gaps.ranges) {
    if (!gap.metric.name.ends_with(ending)) continue;
    auto row = forest_row(without(gap.metric.name, ending), gap.metric);
    if (gap.metric.value && !gap.lowest.empty()) {
      row.soft = is_small(gaps, gap.lowest) || is_small(gaps, gap.highest);
      row.note = "lowest " + gap.lowest + ", highest " + gap.highest +
                 (row.soft ? "; one of them has too few rows to judge by" : "");
    }
    rows.push_back(std::move(row));
  }
  return forest_plot(text, rows);
}

std::string pair_figure(const GroupGaps& gaps, std::string_view metric) {
  std::vector<const PairGap*> pairs;
  for (const auto& pair : gaps.pairs) {
    if (pair.metric == metric) pairs.push_back(&pair);
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const PairGap* a, const PairGap* b) {
    return std::abs(a->difference) > std::abs(b->difference);
  });
  const auto all = pairs.size();
  pairs.resize(std::min(all, kMostPairs));
  std::vector<ForestRow> rows;
  for (const auto* pair : pairs) {
    rows.push_back(
        {shown(pair->first, 10) + " − " + shown(pair->second, 10), pair->difference, pair->low,
         pair->high,
         fmt::format("{} less {}, p {:.3g} (Holm)", pair->first, pair->second, pair->p_holm),
         false});
  }
  const auto note = all > kMostPairs
                        ? fmt::format("The {} largest of {} differences.", kMostPairs, all)
                        : std::string();
  return forest_plot({"Differences: " + spoken(std::string(metric)), note, 0.0}, rows);
}

std::string gap_figures(const GroupGaps& gaps) {
  auto figures =
      range_figure(gaps, "_difference",
                   {"Largest differences between groups",
                    "Intervals hold for all groups at once; they are conservative.", 0.0});
  figures += range_figure(gaps, "_ratio",
                          {"Smallest ratios between groups", "1: all groups are equal.", 1.0});
  std::size_t count = 0;
  for (const auto name : kDrawn) {
    if (count == 4) break;
    const auto figure = pair_figure(gaps, name);
    if (!figure.empty()) ++count;
    figures += figure;
  }
  return figures;
}

const GroupGaps* gaps_of(const Report& report, const std::string& column) {
  for (const auto& gaps : report.gaps) {
    if (gaps.column == column) return &gaps;
  }
  return nullptr;
}

std::string small_note(const GroupGaps& gaps) {
  if (gaps.small.empty()) return {};
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(gaps.small.size(), 12); ++i) {
    names += (i > 0 ? ", " : "") + shown(gaps.small[i], 30);
  }
  if (gaps.small.size() > 12) names += fmt::format(" and {} more", gaps.small.size() - 12);
  return "<p class=\"note\">Pale: too few rows to judge by: " + escape_html(names) + ".</p>\n";
}

std::string column_section(const Report& report, Groups groups) {
  const auto& column = groups[0].column;
  auto text = "<h2>By " + escape_html(column) + "</h2>";
  auto figures = metric_figures(report, groups);
  const auto* gaps = gaps_of(report, column);
  if (gaps != nullptr) figures += gap_figures(*gaps);
  if (!figures.empty()) text += "<div class=\"charts\">" + figures + "</div>\n";
  if (gaps != nullptr) text += small_note(*gaps);
  return text + group_table(groups);
}

std::string slice_name(const Slice& slice) {
  std::string name;
  for (std::size_t i = 0; i < slice.columns.size(); ++i) {
    name += (i > 0 ? ", " : "") + slice.columns[i] + " = " + slice.values[i];
  }
  return name;
}

std::string slice_row(const Slice& slice) {
  const auto number = [](double value) { return fixed(value, decimals_for(value)); };
  const auto interval = slice.low && slice.high
                            ? fmt::format("[{}, {}]", number(*slice.low), number(*slice.high))
                            : std::string();
  return fmt::format(
      "<tr><td class=\"w\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td>"
      "<td>{} <span class=\"soft\">{}</span></td><td>{:.2g}</td></tr>\n",
      escape_html(shown(slice_name(slice), 80)), with_thousands(slice.count), number(slice.value),
      number(slice.rest), number(slice.difference), interval, slice.p_holm);
}

}  // namespace

std::string group_metric_table(Groups groups) {
  std::string text = "<div class=\"card\"><table><tr><th>" +
                     escape_html(shown(groups[0].column, 40)) + "</th><th class=\"n\">rows</th>";
  for (const auto& metric : groups[0].metrics) {
    text += "<th>" + escape_html(spoken(metric.name)) + "</th>";
  }
  text += "<th></th></tr>\n";
  const auto drawn = std::min(groups.size(), kMostRows);
  for (const auto& group : groups.first(drawn)) text += group_row(group);
  text += "</table></div>\n";
  if (groups.size() == drawn) return text;
  return text + fmt::format("<p class=\"note\">{} more values in report.json</p>\n",
                            groups.size() - drawn);
}

std::string group_sections(const Report& report) {
  std::string text;
  for (const auto& groups : by_column(report.groups)) text += column_section(report, groups);
  return text;
}

std::string slice_section(const Report& report) {
  if (!report.slices) return {};
  const auto& slices = *report.slices;
  std::string text = "<h2>Worst slices</h2>";
  const auto looked = fmt::format(
      "{} looked at: values of the group columns and pairs of them. p is corrected "
      "for that many (Holm).",
      slices.tested == 1 ? "1 slice was" : with_thousands(slices.tested) + " slices were");
  if (!slices.worst.empty()) {
    const auto metric = escape_html(spoken(slices.metric));
    text += "<div class=\"card\"><table><tr><th>rows with</th><th class=\"n\">rows</th><th>" +
            metric + "</th><th>elsewhere</th><th>difference</th><th>p</th></tr>\n";
    for (const auto& slice : slices.worst) text += slice_row(slice);
    text += "</table></div>\n";
  }
  return text + "<p class=\"note\">" +
         (slices.worst.empty() ? "None is worse than the rest. " : "") + looked + "</p>\n";
}

}  // namespace candor
