// SPDX-License-Identifier: Apache-2.0
// The page of `candor compare`. Every text that comes from a run goes through escape_html().
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/config/metric_list.h"
#include "core/metrics/curve_chart.h"
#include "core/metrics/page.h"
#include "core/metrics/plot.h"
#include "core/metrics/report_format.h"
#include "core/runs/comparison.h"
#include "core/runs/paired_words.h"
#include "core/runs/run_words.h"

namespace candor {
namespace {

std::vector<std::string> names_of(const Comparison& comparison) {
  std::vector<std::string> names;
  for (const auto& run : comparison.runs) names.push_back(shown(run.name, kNameWidth));
  return names;
}

// The run's name with its colour.
std::string key(const Comparison& comparison, std::size_t run) {
  return fmt::format("<span class=\"key {}\">{}</span>", key_class(run),
                     escape_html(shown(comparison.runs[run].name, kNameWidth)));
}

std::string heads(const Comparison& comparison) {
  std::string text;
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    text += "<th>" + key(comparison, i) + "</th>";
  }
  return text;
}

std::string header(const Comparison& comparison) {
  std::string task;
  const auto place = Json::json_pointer("/task/type");
  for (const auto& run : comparison.runs) {
    if (!run.config.contains(place) || !run.config.at(place).is_string()) continue;
    const auto type = run.config.at(place).get<std::string>();
    if (task.find(type) == std::string::npos) task += (task.empty() ? "" : ", ") + type;
  }
  return fmt::format("<h1>{} runs</h1><ul class=\"facts\">{}{}</ul>\n", comparison.runs.size(),
                     page_fact("task", task), page_fact("metric", comparison.only.value_or("")));
}

std::string run_card(const Comparison& comparison) {
  std::string text =
      "<div class=\"card\"><table><tr><th>run</th><th>state</th><th class=\"n\">steps</th>"
      "<th class=\"n\">trained</th><th>best validation</th><th>started (UTC)</th></tr>\n";
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const auto& run = comparison.runs[i];
    const auto score = comparison.only ? best_validation(run.history, *comparison.only) : run.best;
    const auto best = score
                          ? fmt::format("{} {} <span class=\"soft\">at step {}</span>",
                                        escape_html(score->metric), best_text(*score), score->step)
                          : "-";
    text += fmt::format(
        "<tr><td>{}</td><td title=\"{}\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td>{}</td><td>{}</td></tr>\n",
        key(comparison, i), escape_html(run.note), state_text(run), steps_text(run),
        duration_text(run), best, time_text(run.started));
  }
  text += "</table></div>\n";
  for (const auto& line : caveats(comparison)) {
    text += "<p class=\"note\">" + escape_html(line) + "</p>\n";
  }
  return text;
}

// The intervals one below the other, from the lowest end to the highest.
std::string interval_chart(const Comparison& comparison, const std::string& name) {
  constexpr double kWidth = 220.0, kRow = 12.0;
  auto low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& run : comparison.runs) {
    const auto* metric = run.find(name);
    if (metric == nullptr || !metric->value) continue;
    low = std::min(low, metric->low.value_or(*metric->value));
    high = std::max(high, metric->high.value_or(*metric->value));
  }
  if (low > high) return {};
  const auto range = padded(low, high);
  const auto x = [&](double value) { return kWidth * range.share(value); };
  const auto height = kRow * static_cast<double>(comparison.runs.size());
  auto text = fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"intervals of {2}\">",
      kWidth, height, escape_html(name));
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const auto* metric = comparison.runs[i].find(name);
    if (metric == nullptr || !metric->value) continue;
    const auto y = kRow * (static_cast<double>(i) + 0.5);
    const auto css = curve_class(i);
    text +=
        fmt::format("<g class=\"{}\"><title>{}: {}</title>", css,
                    escape_html(shown(comparison.runs[i].name, kNameWidth)), metric_text(*metric));
    if (metric->low && metric->high) {
      text += fmt::format(
          "<line class=\"range\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
          x(*metric->low), x(*metric->high), y, y);
    }
    text += fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/></g>",
                        x(*metric->value), y);
  }
  return text + "</svg>";
}

std::string metric_cell(const RunRecord& run, const std::string& name, bool best) {
  const auto* metric = run.find(name);
  if (metric == nullptr) return "<td>-</td>";
  const auto value = value_text(*metric), interval = interval_text(*metric);
  return fmt::format("<td>{} <span class=\"soft\">{}</span></td>",
                     best ? "<b>" + value + "</b>" : value,
                     interval != "-" ? interval : escape_html(metric->value ? "" : metric->reason));
}

std::string split_row(const Comparison& comparison) {
  std::string text = "<tr><th>rows of</th>";
  for (const auto& run : comparison.runs) {
    const auto split = run.split.empty()
                           ? std::string("no report")
                           : fmt::format("{}, {}", run.split, percent_text(run.confidence));
    text += "<td class=\"soft\">" + escape_html(split) + "</td>";
  }
  return text + "<td></td></tr>\n";
}

bool any_best(const Comparison& comparison) {
  return std::any_of(
      comparison.reported.begin(), comparison.reported.end(),
      [&](const std::string& name) { return best_reported(comparison, name).has_value(); });
}

// Of equal values each is the best.
bool same_value(const Comparison& comparison, const std::string& name, std::size_t a,
                std::size_t b) {
  const auto* one = comparison.runs[a].find(name);
  const auto* other = comparison.runs[b].find(name);
  return one != nullptr && other != nullptr && one->value == other->value;
}

const char* direction_of(const std::string& metric) {
  if (find_decision_metric_info(metric) != nullptr) return "of the decisions; none is the best";
  return higher_is_better(metric) ? "higher is better" : "lower is better";
}

std::string report_section(const Comparison& comparison) {
  if (comparison.reported.empty()) return {};
  auto text = "<h2>Reports</h2><div class=\"card\"><table><tr><th>metric</th>" + heads(comparison) +
              "<th></th></tr>\n" + split_row(comparison);
  for (const auto& name : comparison.reported) {
    const auto best = best_reported(comparison, name);
    text += fmt::format("<tr><td title=\"{}\">{}</td>", direction_of(name), escape_html(name));
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
      text += metric_cell(comparison.runs[i], name, best && same_value(comparison, name, *best, i));
    }
    text += "<td>" + interval_chart(comparison, name) + "</td></tr>\n";
  }
  return text + "</table></div><p class=\"note\">" +
         (any_best(comparison) ? "Bold: the best value. " : "") +
         "Lines: the intervals, on one scale. Where they overlap far, the difference may be "
         "chance.</p>\n";
}

std::string validation_section(const Comparison& comparison) {
  if (comparison.validations.empty()) return {};
  auto text = "<h2>Best validations</h2><div class=\"card\"><table><tr><th>metric</th>" +
              heads(comparison) + "</tr>\n";
  for (const auto& name : comparison.validations) {
    const auto best = best_validated(comparison, name);
    text += "<tr><td>" + escape_html(name) + "</td>";
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
      const auto score = best_validation(comparison.runs[i].history, name);
      const auto value = score ? best_text(*score) : "-";
      text += "<td>" + (best == i ? "<b>" + value + "</b>" : value);
      if (score) text += fmt::format(" <span class=\"soft\">at step {}</span>", score->step);
      text += "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string setting_section(const Comparison& comparison) {
  const auto& table = comparison.settings;
  const auto runs = std::count_if(comparison.runs.begin(), comparison.runs.end(),
                                  [](const RunRecord& run) { return run.kind == RecordKind::run; });
  if (runs < 2) return {};
  if (table.keys.empty()) {
    return "<h2>Settings</h2><p class=\"note\">All settings are the same.</p>\n";
  }
  // The columns share the page's width; beyond what can be read, the card scrolls.
  constexpr std::size_t kKeyWidth = 200, kFewest = 90;
  auto text = fmt::format(
      "<h2>Settings that differ</h2><div class=\"card\"><table class=\"settings\" "
      "style=\"min-width:{}px\"><tr><th>setting</th>{}</tr>\n",
      kKeyWidth + kFewest * comparison.runs.size(), heads(comparison));
  for (std::size_t k = 0; k < table.keys.size(); ++k) {
    text += "<tr><td>" + breakable(table.keys[k]) + "</td>";
    for (const auto& values : table.values) {
      text += "<td>" + (values[k] ? escape_html(shown(*values[k], 400)) : "-") + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::vector<Curve> curves_of(const Comparison& comparison, const std::string& series,
                             bool noisy = false) {
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const auto& run = comparison.runs[i];
    const auto& points = run.history.series(series);
    if (!points.empty()) curves.push_back({run.name, i, points, noisy});
  }
  return curves;
}

std::vector<Curve> curves_over_time(const Comparison& comparison, const std::string& series) {
  auto curves = curves_of(comparison, series);
  for (auto& curve : curves) {
    curve.points = over_time(curve.points, read_seconds(comparison.runs[curve.color].path));
  }
  return curves;
}

// What stands at the y axis.
std::string unit_of(const std::string& metric) {
  if (metric == "cross_entropy") return "nats per token";
  if (metric == "cross_entropy_bits_per_token") return "bits per token";
  if (metric == "rmse" || metric == "mae") return metric + ", in the target's unit";
  return metric;
}

std::string curve_section(const Comparison& comparison) {
  std::string figures;
  const auto loss = !comparison.only || *comparison.only == "loss";
  if (loss) {
    figures += curve_chart({"Training loss", "step", "loss", std::nullopt},
                           curves_of(comparison, "train/loss", /*noisy=*/true));
  }
  for (const auto& metric : comparison.validations) {
    const bool higher = higher_is_better(metric);
    figures += curve_chart({"Validation: " + metric, "step", unit_of(metric), higher},
                           curves_of(comparison, "validation/" + metric));
    if (metric == "loss" || comparison.only) {
      figures +=
          curve_chart({"Validation: " + metric + " over time", "seconds", unit_of(metric), higher},
                      curves_over_time(comparison, "validation/" + metric));
    }
  }
  if (!comparison.only) {
    figures += curve_chart({"Gradient norm before clipping", "step", "norm", std::nullopt},
                           curves_of(comparison, "train/gradient_norm", /*noisy=*/true));
    figures += curve_chart({"Learning rate", "step", "learning rate", std::nullopt},
                           curves_of(comparison, "train/learning_rate"));
  }
  return figures.empty() ? figures
                         : "<h2>Curves</h2><div class=\"charts curves\">" + figures + "</div>\n";
}

}  // namespace

std::string comparison_html(const Comparison& comparison) {
  return html_page("Comparison of runs",
                   header(comparison) + run_card(comparison) + setting_section(comparison) +
                       curve_section(comparison) + report_section(comparison) +
                       paired_section(comparison.pairs, names_of(comparison)) +
                       validation_section(comparison),
                   "the same numbers are in the runs' report.json and metrics.jsonl");
}

}  // namespace candor
