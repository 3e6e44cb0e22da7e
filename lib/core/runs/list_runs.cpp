// SPDX-License-Identifier: Apache-2.0
// `candor runs`.
#include <candor/runs.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <candor/version.h>

#include "core/base/nearest.h"
#include "core/config/metric_list.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"
#include "core/runs/find_runs.h"
#include "core/runs/run_record.h"
#include "core/runs/run_words.h"
#include "core/runs/settings.h"

namespace candor {
namespace {

constexpr std::size_t kMostRuns = 50;
constexpr std::size_t kMostForeign = 10;
constexpr std::size_t kMostSettings = 6;
constexpr std::size_t kValueWidth = 32;
constexpr std::size_t kLineWidth = 100;
constexpr const char* kValidation = "validation/";

// The key of --sort, after a look whether there is such a metric.
struct SortKey {
  bool by_validation = false;
  std::string metric;

  static SortKey of(const std::string& text) {
    SortKey key{text.starts_with(kValidation), text};
    if (key.by_validation) key.metric = text.substr(std::string(kValidation).size());
    const auto* info =
        key.by_validation ? find_metric_info(key.metric) : find_reported_metric_info(key.metric);
    if (info != nullptr || (key.by_validation && key.metric == "loss")) return key;
    std::vector<std::string> names;
    for (const auto& info : metric_list()) names.emplace_back(info.name);
    for (const auto& info : decision_metric_list()) names.emplace_back(info.name);
    const auto nearest = nearest_name(key.metric, names);
    throw Error(ErrorKind::config,
                "--sort: '" + text + "' is no metric" +
                    (nearest ? "; did you mean '" + *nearest + "'?" : "") + " (" + join(names) +
                    "; of the validations with validation/ in front, and validation/loss)");
  }

  std::optional<double> value(const RunRecord& run) const {
    if (by_validation) {
      const auto best = best_validation(run.history, metric);
      return best ? std::optional(best->value) : std::nullopt;
    }
    const auto* found = run.find(metric);
    return found != nullptr ? found->value : std::nullopt;
  }
};

// One line of the list, with what the others decide about it.
struct Entry {
  RunRecord run;
  // Whole key and value, the most telling first.
  std::vector<std::pair<std::string, std::string>> differences;
};

// Runs that ask the same of the same files are compared; others differ in nearly everything.
std::string subject_of(const Json& config) {
  std::string subject;
  for (const auto* pointer : {"/task/type", "/task/target", "/data/type", "/data/files/train"}) {
    const Json::json_pointer place(pointer);
    subject += config.contains(place) ? config.at(place).dump() : "-";
  }
  return subject;
}

void add_differences(std::vector<Entry>& entries) {
  std::map<std::string, std::vector<std::size_t>> subjects;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].run.config.is_object()) {
      subjects[subject_of(entries[i].run.config)].push_back(i);
    }
  }
  for (const auto& [subject, members] : subjects) {
    std::vector<Json> configs;
    for (const auto i : members) configs.push_back(entries[i].run.config);
    const auto table = differing_settings(configs);
    const auto order = most_telling(table);
    for (std::size_t m = 0; m < members.size(); ++m) {
      for (const auto k : order) {
        const auto& value = table.values[m][k];
        if (value) entries[members[m]].differences.emplace_back(table.keys[k], *value);
      }
    }
  }
}

void sort_entries(std::vector<Entry>& entries, const std::optional<SortKey>& key) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.run.started > b.run.started; });
  if (!key) return;
  const bool higher = higher_is_better(key->metric);
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    const auto one = key->value(a.run), other = key->value(b.run);
    if (!one || !other) return one.has_value() && !other.has_value();
    return higher ? *one > *other : *one < *other;
  });
}

// What the two columns of scores show of a run.
class Scores {
 public:
  Scores(const std::vector<Entry>& entries, const std::optional<SortKey>& key) : key_(key) {
    for (const auto& entry : entries) {
      if (const auto best = validation(entry.run)) validations_.push_back(best->metric);
      if (const auto* metric = reported(entry.run)) reports_.push_back(metric->name);
    }
  }

  // Named in the head where all are of one metric, else in each cell.
  std::string validation_head() const {
    return one(validations_) ? "validation " + shown(validations_[0], kNameWidth) : "validation";
  }
  std::string report_head() const {
    return one(reports_) ? "report " + shown(reports_[0], kNameWidth) : "report";
  }

  std::string validation_cell(const RunRecord& run) const {
    const auto best = validation(run);
    if (!best) return "-";
    return (one(validations_) ? "" : best->metric + " ") + best_text(*best);
  }
  std::string report_cell(const RunRecord& run) const {
    const auto* metric = reported(run);
    if (metric == nullptr) return "-";
    return (one(reports_) ? "" : metric->name + " ") + metric_text(*metric);
  }

 private:
  static bool one(const std::vector<std::string>& names) {
    return !names.empty() && std::all_of(names.begin(), names.end(),
                                         [&](const std::string& name) { return name == names[0]; });
  }
  std::optional<BestScore> validation(const RunRecord& run) const {
    return key_ && key_->by_validation ? best_validation(run.history, key_->metric) : run.best;
  }
  const Metric* reported(const RunRecord& run) const {
    if (key_ && !key_->by_validation) return run.find(key_->metric);
    return run.metrics.empty() ? nullptr : &run.metrics.front();
  }

  const std::optional<SortKey>& key_;
  std::vector<std::string> validations_, reports_;
};

// "  key=value  key=value", wrapped.
std::string wrapped(const std::vector<std::string>& words) {
  std::string text, line;
  for (const auto& word : words) {
    if (!line.empty() && display_width(line) + 2 + display_width(word) > kLineWidth) {
      text += line + "\n";
      line.clear();
    }
    line += "  " + word;
  }
  return line.empty() ? text : text + line + "\n";
}

// Of each key that differs: how lines name it, and all its values.
struct ShownKey {
  std::string name;
  std::vector<std::string> values;
};

std::string differences_text(const Entry& entry, const std::map<std::string, ShownKey>& keys,
                             bool all) {
  std::vector<std::string> words;
  for (const auto& [key, value] : entry.differences) {
    if (!all && words.size() == kMostSettings) {
      words.push_back(fmt::format("… {} more (--all)", entry.differences.size() - kMostSettings));
      break;
    }
    words.push_back(all ? key + "=" + shown(value, 400)
                        : keys.at(key).name + "=" +
                              shown_apart(value, keys.at(key).values, kValueWidth));
  }
  return wrapped(words);
}

std::string metrics_text(const RunRecord& run) {
  std::vector<std::string> words;
  for (const auto& metric : run.metrics)
    words.push_back(shown(metric.name, kNameWidth) + " " + metric_text(metric));
  return words.empty() ? "" : wrapped({shown(run.split, kNameWidth) + ":"}) + wrapped(words);
}

std::map<std::string, ShownKey> shown_keys(const std::vector<Entry>& entries) {
  std::map<std::string, ShownKey> shown;
  for (const auto& entry : entries) {
    for (const auto& [key, value] : entry.differences) shown[key].values.push_back(value);
  }
  std::vector<std::string> keys;
  for (const auto& one : shown) keys.push_back(one.first);
  const auto names = short_keys(keys);
  for (std::size_t i = 0; i < keys.size(); ++i) shown[keys[i]].name = names[i];
  return shown;
}

std::string entries_text(const std::vector<Entry>& entries, std::size_t count,
                         const std::optional<SortKey>& key, const RunsOptions& options) {
  const TextStyle style(options.color);
  const Scores scores(entries, key);
  TextTable table{
      {'l', 'l', 'r', 'r', 'l', 'l'},
      {{"run", "state", "steps", scores.validation_head(), scores.report_head(), "started (UTC)"}}};
  for (std::size_t i = 0; i < count; ++i) {
    const auto& run = entries[i].run;
    table.rows.push_back({shown(run.name, kNameWidth), state_name(run.state), steps_text(run),
                          scores.validation_cell(run), scores.report_cell(run),
                          time_text(run.started)});
  }
  const auto lines = table.lines(style);
  const auto keys = shown_keys(entries);
  auto text = lines[0] + "\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += lines[i + 1] + "\n";
    if (!entries[i].run.note.empty())
      text += style.bad("  " + shown(entries[i].run.note, 300)) + "\n";
    if (options.all) text += metrics_text(entries[i].run);
    text += differences_text(entries[i], keys, options.all);
  }
  if (count < entries.size()) {
    text += fmt::format("… {} more runs (--all)\n", entries.size() - count);
  }
  return text;
}

std::string foreign_text(const std::vector<ForeignFolder>& foreign, bool all) {
  std::string text;
  const auto count = all ? foreign.size() : std::min(foreign.size(), kMostForeign);
  for (std::size_t i = 0; i < count; ++i) {
    text += shown(foreign[i].path.string(), 200) + ": " + foreign[i].why + "\n";
  }
  if (count < foreign.size()) {
    text += fmt::format("… {} more folders without a run (--all)\n", foreign.size() - count);
  }
  return text;
}

std::string json_text(const std::vector<Entry>& entries,
                      const std::vector<ForeignFolder>& foreign) {
  Json json;
  json["format_version"] = kFormatVersion;
  json["runs"] = Json::array();
  for (const auto& entry : entries) {
    auto run = run_json(entry.run);
    run["differences"] = Json::object();
    for (const auto& [key, value] : entry.differences) run["differences"][key] = value;
    json["runs"].push_back(run);
  }
  json["others"] = Json::array();
  for (const auto& folder : foreign) {
    json["others"].push_back({{"path", folder.path.string()}, {"why", folder.why}});
  }
  return json_document(json);
}

}  // namespace

std::string list_runs(const RunsOptions& options) {
  const auto key = options.sort ? std::optional(SortKey::of(*options.sort)) : std::nullopt;
  const auto found = find_runs(options.folders);
  std::vector<Entry> entries;
  for (const auto& run : found.runs) {
    entries.push_back({read_run(run.path), {}});
    entries.back().run.name = run.name;
  }
  add_differences(entries);
  sort_entries(entries, key);
  if (options.json) return json_text(entries, found.foreign);
  const auto count = options.all ? entries.size() : std::min(entries.size(), kMostRuns);
  const auto list = entries.empty() ? "no runs below " + join(options.folders) + "\n"
                                    : entries_text(entries, count, key, options);
  const auto rest = foreign_text(found.foreign, options.all);
  return rest.empty() ? list : list + "\n" + rest;
}

}  // namespace candor
