// SPDX-License-Identifier: Apache-2.0
#include "core/runs/compared.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/artifact/model_directory.h"
#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/metrics/report_format.h"
#include "core/predictions/prediction_file.h"
#include "core/predictions/text_losses.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

[[noreturn]] void refuse(const std::string& path) {
  std::error_code ignored;
  const std::string found =
      fs::exists(path, ignored)
          ? ": is not a run directory of candor, no report and no file of predictions"
          : ": no such file or folder";
  throw Error(ErrorKind::config,
              path + found +
                  "; pass folders that candor train or candor eval --out made, or predictions as "
                  "CSV or JSON lines");
}

// Rows, or what a language model lost on the parts of its text: of as many tokens as its report
// counts.
Scored read_scored(const std::string& file, std::int64_t count) {
  if (!holds_text_losses(file)) return read_prediction_file(file, {}).scored;
  Scored scored;
  scored.kind = OutputKind::language_model;
  scored.cells = read_text_losses(file);
  std::int64_t tokens = 0;
  for (const auto& cell : scored.cells) tokens += cell.tokens;
  if (count > 0 && tokens != count) {
    throw Error(ErrorKind::data,
                fmt::format("{}: has the losses of {} tokens, and report.json counts {}; the file "
                            "is cut off or was changed, measure the model again (candor eval MODEL "
                            "--out DIR)",
                            file, with_thousands(tokens), with_thousands(count)));
  }
  return scored;
}

// The predictions that the report is about.
void add_predictions(Compared& compared) {
  const auto& record = compared.record;
  if (record.split.empty()) {
    compared.why_not = "has no report yet";
    return;
  }
  const auto file = record.path / "predictions" / (record.split + ".jsonl");
  if (!is_file(file)) {
    compared.why_not = "has no " + (fs::path("predictions") / file.filename()).string();
    return;
  }
  try {
    compared.scored = read_scored(file.string(), record.count);
    compared.has_ids = true;
  } catch (const Error& error) {
    compared.why_not = error.what();
  }
}

Compared read_folder(const fs::path& path, bool run) {
  Compared compared;
  compared.record = run ? read_run(path) : read_report_folder(path);
  add_predictions(compared);
  return compared;
}

Compared measured(const std::string& path, const PredictionRules& rules) {
  auto read = read_prediction_file(path, rules);
  Compared compared;
  compared.has_ids = read.has_ids;
  compared.record.kind = RecordKind::predictions;
  compared.record.path = path;
  compared.record.name = display_name(path);
  compared.record.split = display_name(path);
  compared.record.metrics = make_report(read.scored, EvaluateConfig{}).metrics;
  compared.scored = std::move(read.scored);
  return compared;
}

// The positive class of the runs, which a file beside them means too, unless it has none such.
Compared read_predictions(const std::string& path, const CompareOptions& options,
                          const std::optional<std::string>& usual) {
  PredictionRules rules{options.positive, options.threshold, options.ranking, {}};
  if (options.positive || !usual) return measured(path, rules);
  rules.positive = usual;
  try {
    return measured(path, rules);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
  }
  rules.positive.reset();
  return measured(path, rules);
}

// The folder that `path` stands for; empty for a file of predictions.
struct Place {
  fs::path folder;
  bool run = false;
};

Place place_of(const std::string& path) {
  if (is_run_directory(path)) return {without_slash(path), true};
  if (is_folder(path)) {
    if (is_file(fs::path(path) / "report.json")) return {without_slash(path), false};
    const auto run = has_manifest(path) ? run_of_model(path) : std::nullopt;
    if (run) return {*run, true};
    refuse(path);
  }
  if (!is_file(path)) refuse(path);
  if (fs::path(path).filename() != "report.json") return {};
  const auto folder = fs::absolute(path).parent_path();
  return {folder, is_run_directory(folder)};
}

std::optional<std::string> positive_of(const Compared& compared) {
  if (!compared.scored || compared.scored->labels.size() != 2) return std::nullopt;
  return compared.scored->labels[1];
}

}  // namespace

std::vector<Compared> read_compared(const std::vector<std::string>& paths,
                                    const CompareOptions& options) {
  std::vector<Place> places;
  for (const auto& path : paths) places.push_back(place_of(path));
  std::vector<Compared> all(paths.size());
  std::optional<std::string> positive;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (places[i].folder.empty()) continue;
    all[i] = read_folder(places[i].folder, places[i].run);
    if (!positive) positive = positive_of(all[i]);
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (places[i].folder.empty()) all[i] = read_predictions(paths[i], options, positive);
    all[i].record.positive = positive_of(all[i]).value_or("");
  }
  return all;
}

}  // namespace candor
