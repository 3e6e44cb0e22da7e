// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_record.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/artifact/checkpoint_folders.h"
#include "core/artifact/manifest.h"
#include "core/artifact/model_directory.h"
#include "core/artifact/run_directory.h"
#include "core/artifact/run_end.h"
#include "core/base/files.h"
#include "core/config/metric_list.h"
#include "core/runs/run_words.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFoldsName = "cross_validation.json";

// A shared lock, for as long as it takes to see that nobody has the exclusive one.
bool in_use(const fs::path& run) {
  // A pipe of that name would wait for its other end.
  const int descriptor = open((run / ".lock").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  const bool busy = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(descriptor);  // gives the lock back
  return busy;
}

// Seconds since 1970; 0 when there is no such file.
std::int64_t changed_at(const fs::path& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 ? static_cast<std::int64_t>(facts.st_mtime) : 0;
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::optional<double> number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string text_at(const Json& json, const char* key) {
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What `pointer` leads to, or null.
Json at_pointer(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json.at(place) : Json(nullptr);
}

// The file's object, or null, with the reason as the run's damage.
Json read_object(RunRecord& run, const char* name) {
  if (!is_file(run.path / name)) return nullptr;
  try {
    auto json = parse_json_file((run.path / name).string(), ErrorKind::model);
    if (json.is_object()) return json;
    run.note = std::string(name) + ": is not a JSON object";
  } catch (const Error& error) {
    const std::string text = error.what();
    const auto path = (run.path / name).string();
    run.note = text.starts_with(path) ? name + text.substr(path.size()) : text;
  }
  run.state = RunState::damaged;
  return nullptr;
}

void read_metrics(const Json& json, std::vector<Metric>& metrics) {
  if (!json.is_object()) return;
  for (const auto& [name, entry] : json.items()) {
    if (!entry.is_object()) continue;
    metrics.push_back({name, number_at(entry, "value"), number_at(entry, "low"),
                       number_at(entry, "high"), text_at(entry, "method"), text_at(entry, "reason"),
                       text_at(entry, "better") != "lower"});
  }
}

void read_report(RunRecord& run) {
  const auto json = read_object(run, "report.json");
  if (!json.is_object()) return;
  run.split = text_at(json, "split");
  run.count = std::llround(std::clamp(number_at(json, "count").value_or(0.0), 0.0, 9e15));
  run.confidence = number_at(json, "confidence").value_or(0.95);
  run.report_rows.digest = text_at(json, "rows_sha256");
  run.tokenizer = text_at(json, "tokenizer_sha256");
  run.sliding_stride =
      std::llround(std::clamp(number_at(json, "sliding_stride").value_or(0.0), 0.0, 9e15));
  read_metrics(at_pointer(json, "/metrics"), run.metrics);
  std::vector<Metric> decisions;
  read_metrics(at_pointer(json, "/decision/metrics"), decisions);
  for (auto& metric : decisions) {
    if (find_decision_metric_info(metric.name) != nullptr) run.metrics.push_back(std::move(metric));
  }
}

// SHA-256 of the files of `part`; of a part without files of its own, those that it is cut from and
// of the split. Empty where environment.json does not tell.
std::string rows_of(const Json& environment, const std::string& part) {
  const auto files = at_pointer(environment, "/files");
  if (!files.is_array() || part.empty()) return {};
  std::string own, training;
  for (const auto& entry : files) {
    const auto of = text_at(entry, "part");
    if (of == part) own += text_at(entry, "sha256") + " ";
    if (of == "train") training += text_at(entry, "sha256") + " ";
  }
  return part != "train" && !own.empty() ? own : training + text_at(environment, "split_sha256");
}

// Of no use for anything else, so that it is no damage where it cannot be read.
void read_rows(RunRecord& run) {
  Json environment;
  try {
    if (!is_file(run.path / "environment.json")) return;
    environment = parse_json_file((run.path / "environment.json").string(), ErrorKind::model);
  } catch (const Error&) {
    return;
  }
  if (!environment.is_object()) return;
  auto& report = run.report_rows.by_split;
  report = rows_of(environment, run.split);
  if (!report.empty()) report += " " + run.split;
  run.validation_rows.by_split = rows_of(environment, "validation");
  run.validation_rows.digest = text_at(at_pointer(environment, "/rows_sha256"), "validation");
}

// Which file of the model is missing or of another size; its bytes are not hashed here.
std::string model_fault(const fs::path& model) {
  const auto path = (model / kManifestName).string();
  try {
    for (const auto& [name, file] :
         manifest_from_json(parse_json_file(path, ErrorKind::model), path)) {
      std::error_code error;
      const auto size = fs::file_size(model / name, error);
      if (error) return "model/" + name + ": is missing";
      if (size != file.size) {
        return "model/" + name + ": has " + std::to_string(size) + " bytes, not " +
               std::to_string(file.size);
      }
    }
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void read_plan(RunRecord& run) {
  const auto steps = at_pointer(run.config, "/train/steps");
  const auto epochs = at_pointer(run.config, "/train/epochs");
  double planned = 0.0;
  if (steps.is_number()) {
    planned = steps.get<double>();
  } else if (epochs.is_number()) {
    planned = epochs.get<double>() * run.history.steps_per_epoch;
  }
  if (planned >= 1.0 && planned < 9e15) run.planned_steps = std::llround(planned);
}

void damage(RunRecord& run, std::string what) {
  run.state = RunState::damaged;
  if (run.note.empty()) run.note = std::move(what);
}

// What a run has that ended with its folds.
std::string folds_note(const fs::path& path) {
  const std::string end = "no model; --resume without --folds-only trains it";
  const auto folds = read_folds(path);
  if (!folds) return std::string(kFoldsName) + " cannot be read; " + end;
  const auto count = std::to_string(folds->scores.size()) + " folds";
  if (folds->metrics.empty()) return count + "; " + end;
  const auto& metric = folds->metrics.front();
  return count + ", " + metric.name + " " + metric_text(metric) + "; " + end;
}

// How it ended, by what it left; without a model and a report it did not come to its end.
void judge_end(RunRecord& run, const Json& end, bool has_checkpoint) {
  if (has_manifest(run.path / "model") && is_file(run.path / "report.json")) {
    run.state = RunState::finished;
    if (auto fault = model_fault(run.path / "model"); !fault.empty()) damage(run, fault);
    return;
  }
  const auto state = text_at(end, "state");
  const bool begun = has_checkpoint || run.history.last_step > 0;
  if (state.empty() && !begun && is_file(run.path / kFoldsName)) {
    run.state = RunState::cross_validated;
    run.note = folds_note(run.path);
    return;
  }
  run.state = state == kStopped    ? RunState::stopped
              : state == kDiverged ? RunState::diverged
              : state == kCrashed  ? RunState::crashed
                                   : RunState::interrupted;
  if (run.state == RunState::crashed || run.state == RunState::diverged) {
    run.note = text_at(end, "message");
  } else if (!has_checkpoint) {
    run.note = run.config.is_null() ? "training had not begun" : "ended before a checkpoint";
  }
}

void judge(RunRecord& run, const Json& end, bool has_checkpoint) {
  if (run.history.damaged_lines > 0) {
    damage(run, "metrics.jsonl: " + std::to_string(run.history.damaged_lines) +
                    (run.history.damaged_lines == 1 ? " line" : " lines") + " cannot be read");
    return;
  }
  if (run.state == RunState::damaged) return;
  const bool began = has_checkpoint || run.history.last_step > 0;
  if (run.config.is_null() && began) return damage(run, "config.json: is missing");
  judge_end(run, end, has_checkpoint);
}

}  // namespace

const char* state_name(RunState state) {
  constexpr std::array names = {"running", "finished", "stopped", "interrupted",
                                "crashed", "diverged", "damaged", "cross_validated"};
  return names.at(static_cast<std::size_t>(state));
}

bool known_to_differ(const RowsMark& a, const RowsMark& b) {
  if (!a.digest.empty() && !b.digest.empty()) return a.digest != b.digest;
  return !a.by_split.empty() && !b.by_split.empty() && a.by_split != b.by_split;
}

const Metric* RunRecord::find(const std::string& metric) const {
  return find_metric(metrics, metric);
}

bool higher_is_better(const std::string& metric) {
  const auto* info = find_reported_metric_info(metric);
  return info != nullptr && info->higher_is_better;
}

std::optional<BestScore> best_validation(const History& history, const std::string& metric) {
  const bool higher = higher_is_better(metric);
  std::optional<BestScore> best;
  for (const auto& [step, value] : history.series("validation/" + metric)) {
    if (best && !(higher ? value > best->value : value < best->value)) continue;
    best = {metric, value, static_cast<std::int64_t>(step)};
  }
  return best;
}

Points read_seconds(const fs::path& run) {
  Points result;
  std::string text;
  try {
    text = is_file(run / "timing.jsonl") ? read_file(run / "timing.jsonl", ErrorKind::model) : "";
  } catch (const std::exception&) {  // also where it does not fit into the memory
    return result;
  }
  double before = 0.0, last = 0.0;  // seconds of the processes before this one; of the last row
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const auto row = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                 text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (!row.is_object()) continue;
    const auto step = number_at(row, "step"), seconds = number_at(row, "seconds");
    if (!step || !seconds) continue;
    if (*seconds < last) before += last;
    last = *seconds;
    result.push_back({*step, before + last});
  }
  return result;
}

Points over_time(const Points& points, const Points& seconds_by_step) {
  Points result;
  if (seconds_by_step.empty()) return result;
  std::array<double, 2> before = {0.0, 0.0};
  std::size_t row = 0;
  for (const auto& [step, value] : points) {
    for (; row < seconds_by_step.size() && seconds_by_step[row][0] <= step; ++row) {
      before = seconds_by_step[row];
    }
    const auto after =
        row < seconds_by_step.size() ? seconds_by_step[row] : std::array<double, 2>{0.0, 0.0};
    // Behind the last row, at the rate up to there.
    const auto rate = (after[1] - before[1]) / (after[0] - before[0]);
    result.push_back({before[1] + rate * (step - before[0]), value});
  }
  return result;
}

RunRecord read_run(const fs::path& path) {
  RunRecord run;
  run.path = path;
  run.name = display_name(path);
  const bool busy = in_use(path);
  run.config = read_object(run, "config.json");
  run.history = read_history(path / "metrics.jsonl");
  const auto end = read_object(run, kEndName);
  read_report(run);
  read_rows(run);
  read_plan(run);
  const auto metric = at_pointer(run.config, "/train/metric");
  run.best = best_validation(run.history,
                             metric.is_string() ? metric.get<std::string>() : std::string("loss"));
  const auto checkpoints = CheckpointFolders(path / kCheckpointsName).list();
  run.steps = std::max(run.history.last_step, checkpoints.empty() ? 0 : checkpoints.back());
  run.started = changed_at(path / ".candor-run");
  run.changed =
      std::max({run.started, changed_at(path / "metrics.jsonl"), changed_at(path / "report.json")});
  if (const auto times = read_seconds(path); !times.empty()) run.seconds = times.back()[1];
  judge(run, end, !checkpoints.empty());
  if (busy) run.state = RunState::running, run.note.clear();
  return run;
}

std::optional<CrossValidation> read_folds(const fs::path& run) {
  const auto path = run / kFoldsName;
  if (!is_file(path)) return std::nullopt;
  try {
    return cross_validation_from_json(parse_json_file(path.string(), ErrorKind::model),
                                      path.string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

RunRecord read_report_folder(const fs::path& path) {
  RunRecord report;
  report.kind = RecordKind::report;
  report.path = path;
  report.name = display_name(path);
  report.state = RunState::finished;
  read_report(report);
  return report;
}

}  // namespace candor
