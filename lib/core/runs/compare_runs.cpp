// SPDX-License-Identifier: Apache-2.0
// `candor compare`: what it reads, its tables and its JSON.
#include <candor/compare.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include <candor/version.h>

#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/config/metric_list.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"
#include "core/runs/compared.h"
#include "core/runs/comparison.h"
#include "core/runs/paired_words.h"
#include "core/runs/run_words.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRuns = 20;
constexpr std::size_t kLineWidth = 100;

void check_count(const std::vector<std::string>& paths) {
  if (paths.size() >= 2 && paths.size() <= kMostRuns) return;
  throw Error(ErrorKind::config, fmt::format("candor compare takes 2 to {} runs, reports or files "
                                             "of predictions, found {}",
                                             kMostRuns, paths.size()));
}

// The last components, with as many more in front as tell all from each other.
void name_runs(std::vector<RunRecord>& runs) {
  std::vector<fs::path> places;
  for (const auto& run : runs) {
    std::error_code error;
    places.push_back(without_slash(fs::absolute(run.path, error).lexically_normal()));
  }
  std::set<std::string> names;
  for (std::size_t parts = 1; names.size() < runs.size() && parts < 64; ++parts) {
    names.clear();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      fs::path name;
      auto rest = places[i];
      for (std::size_t p = 0; p < parts && rest.has_relative_path(); ++p) {
        name = name.empty() ? rest.filename() : rest.filename() / name;
        rest = rest.parent_path();
      }
      runs[i].name = name.generic_string();
      names.insert(runs[i].name);
    }
  }
}

// "loss", then the metrics in the order of reports, of those that `has` says there are.
template <class Has>
std::vector<std::string> known_metrics(bool with_loss, const Has& has) {
  std::vector<std::string> names;
  if (with_loss && has(std::string("loss"))) names.emplace_back("loss");
  for (const auto& info : metric_list()) {
    if (has(std::string(info.name))) names.emplace_back(info.name);
  }
  for (const auto& info : decision_metric_list()) {
    if (has(std::string(info.name))) names.emplace_back(info.name);
  }
  return names;
}

void keep_only(Comparison& comparison, const std::string& metric) {
  std::set<std::string> all(comparison.validations.begin(), comparison.validations.end());
  all.insert(comparison.reported.begin(), comparison.reported.end());
  if (!all.contains(metric)) {
    const std::vector<std::string> names(all.begin(), all.end());
    const auto nearest = nearest_name(metric, names);
    throw Error(ErrorKind::config, "--metric: none of these runs has '" + metric + "'" +
                                       (nearest ? "; did you mean '" + *nearest + "'?" : "") +
                                       " (they have: " + join(names) + ")");
  }
  const auto other = [&](const std::string& name) { return name != metric; };
  std::erase_if(comparison.validations, other);
  std::erase_if(comparison.reported, other);
  comparison.only = metric;
}

Comparison read_comparison(const std::vector<std::string>& paths, const CompareOptions& options) {
  check_count(paths);
  const auto compared = read_compared(paths, options);
  Comparison comparison;
  std::vector<Json> configs;
  for (const auto& one : compared) {
    comparison.runs.push_back(one.record);
    configs.push_back(one.record.config);  // null: has no settings
  }
  name_runs(comparison.runs);
  comparison.settings = differing_settings(configs);
  const auto any = [&](const auto& has) {
    return std::any_of(comparison.runs.begin(), comparison.runs.end(), has);
  };
  comparison.validations = known_metrics(true, [&](const std::string& name) {
    return any(
        [&](const RunRecord& run) { return !run.history.series("validation/" + name).empty(); });
  });
  comparison.reported = known_metrics(false, [&](const std::string& name) {
    return any([&](const RunRecord& run) {
      const auto* metric = run.find(name);
      return metric != nullptr && metric->value;
    });
  });
  if (options.metric) {
    keep_only(comparison, *options.metric);
  } else {
    std::erase_if(comparison.reported, equals_accuracy);
  }
  if (options.metric != "loss") {
    comparison.pairs = compare_pairs(compared, options.metric, options.all_pairs);
  }
  return comparison;
}

// "A", "B", ...: columns of full names would not fit.
std::string letter(std::size_t run) { return std::string(1, static_cast<char>('A' + run)); }

std::vector<std::string> letters(const Comparison& comparison) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) names.push_back(letter(i));
  return names;
}

TextCells head(const Comparison& comparison, const std::string& first) {
  TextCells cells = {first};
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) cells.push_back(letter(i));
  return cells;
}

TextTable run_table(const Comparison& comparison) {
  TextTable table{{'l', 'l', 'l', 'r', 'r', 'l'},
                  {{"", "run", "state", "steps", "trained", "started (UTC)"}}};
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const auto& run = comparison.runs[i];
    table.rows.push_back({letter(i), shown(run.name, kNameWidth), state_text(run), steps_text(run),
                          duration_text(run), time_text(run.started)});
  }
  return table;
}

TextTable setting_table(const Comparison& comparison) {
  TextTable table{{}, {head(comparison, "setting")}};
  for (std::size_t k = 0; k < comparison.settings.keys.size(); ++k) {
    TextCells row = {shown(comparison.settings.keys[k], 200)};
    std::vector<std::string> all;
    for (const auto& values : comparison.settings.values) {
      if (values[k]) all.push_back(*values[k]);
    }
    for (const auto& values : comparison.settings.values) {
      row.push_back(values[k] ? shown_apart(*values[k], all, 40) : "-");
    }
    table.rows.push_back(row);
  }
  return table;
}

TextTable validation_table(const Comparison& comparison) {
  TextTable table{{}, {head(comparison, "best validation (step)")}};
  for (const auto& metric : comparison.validations) {
    TextCells row = {metric};
    for (const auto& run : comparison.runs) {
      const auto best = best_validation(run.history, metric);
      row.push_back(best ? fmt::format("{} ({})", best_text(*best), best->step) : "-");
    }
    table.rows.push_back(row);
  }
  return table;
}

// Where reports are about different parts, a row says so.
TextTable report_table(const Comparison& comparison) {
  std::set<std::string> splits;
  TextCells parts = {"rows of"};
  for (const auto& run : comparison.runs) {
    if (!run.split.empty()) splits.insert(run.split);
    parts.push_back(run.split.empty() ? "-" : shown(run.split, kNameWidth));
  }
  TextTable table{
      {},
      {head(comparison,
            splits.size() == 1 ? "report, " + shown(*splits.begin(), kNameWidth) : "report")}};
  if (splits.size() > 1) table.rows.push_back(parts);
  for (const auto& name : comparison.reported) {
    TextCells row = {name};
    for (const auto& run : comparison.runs) {
      const auto* metric = run.find(name);
      row.push_back(metric != nullptr ? metric_text(*metric) : "-");
    }
    table.rows.push_back(row);
  }
  return table;
}

std::size_t width_of(const TextTable& table) {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < table.rows[0].size(); ++c) {
    std::size_t most = 0;
    for (const auto& row : table.rows) most = std::max(most, display_width(row[c]));
    sum += most + 2;
  }
  return sum;
}

// As it is where it fits; otherwise in parts of as many runs as fit, each with the first column.
std::string print(TextTable table, const TextStyle& style) {
  if (table.rows.size() < 2) return {};
  table.align.assign(table.rows[0].size(), 'l');
  auto columns = table.rows[0].size();
  TextTable part = table;
  while (columns > 2 && width_of(part) > kLineWidth + 2) {
    --columns;
    for (auto& row : part.rows) row.resize(columns);
  }
  part.align.resize(columns);
  auto text = "\n" + part.print(style);
  if (columns == table.rows[0].size()) return text;
  for (auto& row : table.rows) {
    row.erase(row.begin() + 1, row.begin() + static_cast<std::ptrdiff_t>(columns));
  }
  return text + print(std::move(table), style);
}

std::string comparison_text(const Comparison& comparison, bool color) {
  const TextStyle style(color);
  auto text = run_table(comparison).print(style);
  for (const auto& run : comparison.runs) {
    if (!run.note.empty()) text += shown(run.name, kNameWidth) + ": " + shown(run.note, 300) + "\n";
  }
  text += print(setting_table(comparison), style) + print(validation_table(comparison), style) +
          print(report_table(comparison), style);
  for (const auto& line : caveats(comparison)) text += "\n" + line + "\n";
  return text + paired_text(comparison.pairs, letters(comparison), style);
}

Json curves_json(const Comparison& comparison, const RunRecord& run) {
  auto curves = Json::object();
  for (const auto& [key, points] : run.history.values) {
    const auto name = key.substr(key.find('/') + 1);
    if (!comparison.only || *comparison.only == name) curves[key] = points;
  }
  return curves;
}

Json comparison_json(const Comparison& comparison) {
  Json json;
  json["format_version"] = kFormatVersion;
  json["runs"] = Json::array();
  for (const auto& record : comparison.runs) {
    auto run = run_json(record);
    run["best"] = Json::object();
    for (const auto& metric : comparison.validations) {
      const auto best = best_validation(record.history, metric);
      if (best) run["best"][metric] = {{"value", best->value}, {"step", best->step}};
    }
    run["curves"] = curves_json(comparison, record);
    json["runs"].push_back(run);
  }
  json["settings"] = Json::object();
  for (std::size_t k = 0; k < comparison.settings.keys.size(); ++k) {
    auto& row = json["settings"][comparison.settings.keys[k]] = Json::array();
    for (const auto& values : comparison.settings.values) {
      row.push_back(values[k] ? Json(*values[k]) : Json(nullptr));
    }
  }
  std::vector<std::string> names;
  for (const auto& run : comparison.runs) names.push_back(run.name);
  json["paired"] = paired_json(comparison.pairs, names);
  return json;
}

}  // namespace

CompareResult compare_runs(const std::vector<std::string>& runs, const CompareOptions& options) {
  const auto comparison = read_comparison(runs, options);
  CompareResult result;
  result.text = options.json ? json_document(comparison_json(comparison))
                             : comparison_text(comparison, options.color);
  if (options.html) result.html = comparison_html(comparison);
  return result;
}

}  // namespace candor
