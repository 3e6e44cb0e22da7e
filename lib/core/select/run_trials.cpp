// SPDX-License-Identifier: Apache-2.0
#include "core/select/run_trials.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/metrics/history.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr std::size_t kTellingFailures = 3;
constexpr int kDiskFaults[] = {ENOSPC, EDQUOT, EROFS, EIO};

std::string beside_this_program() {
  std::error_code error;
  const auto here = fs::read_symlink("/proc/self/exe", error).parent_path();
  return (here / "candor-train").string();
}

std::int64_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

// One thread each unless another number was asked for; 0 is all cores.
std::int64_t at_a_time(const RunConfig& config, const TuneOptions& options) {
  if (config.tune.parallel) return *config.tune.parallel;
  const std::int64_t threads = options.threads.value_or(1);
  return threads == 0 ? 1 : std::max<std::int64_t>(1, cores() / threads);
}

fs::path beside(const fs::path& run, const char* ending) { return run.string() + ending; }

void remove_file(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

// A process that was killed together with the search may take a moment to go.
void wait_until_free(const fs::path& run) {
  std::error_code error;
  if (!fs::exists(run / ".lock", error)) return;
  for (int i = 0;; ++i) {
    try {
      const FileLock lock(run / ".lock");
      return;
    } catch (const Error&) {
      if (i == 500) throw;
    }
    std::this_thread::sleep_for(kPoll);
  }
}

std::string how_it_ended(int code) {
  return code > 128 ? fmt::format("killed by signal {}", code - 128)
                    : fmt::format("exit code {}", code);
}

// Whether a trial ended for want of disk, so that it says nothing about its values.
bool is_fault_of_disk(const std::string& reason) {
  return std::any_of(std::begin(kDiskFaults), std::end(kDiskFaults), [&](int fault) {
    return reason.find(std::strerror(fault)) != std::string::npos;
  });
}

bool differ_in_every_key(const std::vector<TrialResult>& results) {
  const auto& first = results.front().values;
  for (std::size_t key = 0; key < first.size(); ++key) {
    const bool same = std::all_of(results.begin(), results.end(), [&](const TrialResult& other) {
      return other.values[key] == first[key];
    });
    if (same) return false;
  }
  return true;
}

}  // namespace

// Results that came before those of earlier trials wait.
struct TrialRunner::Round {
  std::int64_t rung;
  const std::vector<std::int64_t>& trials;
  std::int64_t length;
  std::size_t next = 0;    // to begin
  std::size_t logged = 0;  // from the first on
  std::vector<Running> running = {};
  std::map<std::int64_t, TrialResult> waiting = {};
  bool stopping = false;
  std::string failure = {};  // why the search cannot go on

  bool ended() const { return logged == trials.size(); }
};

TrialRunner::TrialRunner(const RunConfig& config, const TuneOptions& options,
                         const SearchDirectory& search, TrialLog& log)
    : config_(config),
      options_(options),
      search_(search),
      log_(log),
      rule_(score_rule(config)),
      program_(options.train_program.empty() ? beside_this_program() : options.train_program),
      parallel_(at_a_time(config, options)),
      start_(std::chrono::steady_clock::now()) {}

bool TrialRunner::run_round(std::int64_t rung, const std::vector<std::int64_t>& trials,
                            std::int64_t length) {
  Round round{rung, trials, length};
  while (true) {
    if (stop_requested()) ask_to_stop(round);
    if (!round.stopping) launch(round);
    reap(round);
    put_into_log(round);
    if (round.ended()) return true;
    if (round.running.empty()) {
      if (!round.failure.empty()) throw Error(ErrorKind::failed, round.failure);
      if (round.stopping) throw_stopped();
      if (out_of_time()) return false;
    }
    tell(round);
    std::this_thread::sleep_for(kPoll);
  }
}

void TrialRunner::launch(Round& round) {
  while (round.next < round.trials.size() &&
         static_cast<std::int64_t>(round.running.size()) < parallel_) {
    const auto trial = round.trials[round.next];
    if (log_.find(round.rung, trial) == nullptr) {
      if (out_of_time()) return;
      start(round, trial);
    }
    ++round.next;
  }
}

void TrialRunner::start(Round& round, std::int64_t trial) {
  const auto values = draw_trial(config_, trial);
  const auto run = search_.trial_path(trial);
  const auto config_path = beside(run, ".json");
  try {
    auto config = trial_config(config_, values);
    config.evaluate.gates.clear();  // judged once, at the end
    write_file_atomic(config_path, write_config(config));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
    TrialResult result{trial, round.rung, values};
    result.state = "failed";
    result.reason = error.what();
    round.waiting.emplace(trial, std::move(result));
    return;
  }
  wait_until_free(run);
  std::vector<std::string> words = {
      program_, config_path.string(), "--no-test", "--quiet", "--color", "never"};
  words.insert(words.end(), {"--device", options_.device, "--threads",
                             std::to_string(options_.threads.value_or(1))});
  const auto more = run_words(run);
  words.insert(words.end(), more.begin(), more.end());
  if (rule_.by_folds) words.emplace_back("--folds-only");
  if (round.length > 0) words.insert(words.end(), {"--stop-after", std::to_string(round.length)});
  round.running.push_back(
      {trial, ChildProcess(words, beside(run, ".out.txt"), beside(run, ".err.txt"))});
}

void TrialRunner::reap(Round& round) {
  auto& running = round.running;
  for (auto child = running.begin(); child != running.end();) {
    const auto code = child->process.ended();
    if (!code) {
      ++child;
      continue;
    }
    const auto trial = child->trial;
    child = running.erase(child);
    const auto failure = disk_failure(trial, *code);
    if (!failure.empty()) round.failure = failure;
    if (!failure.empty() || cut_off(round, trial, *code)) {
      ask_to_stop(round);
    } else {
      round.waiting.emplace(trial, judge(round, trial, *code));
    }
  }
}

std::string TrialRunner::disk_failure(std::int64_t trial, int code) const {
  if (code != exit_code(ErrorKind::failed)) return {};
  const auto reason = error_lines(beside(search_.trial_path(trial), ".err.txt"));
  if (!is_fault_of_disk(reason)) return {};
  return fmt::format("trial {}: {}; the search has stopped, mend that and {}", trial + 1, reason,
                     how_to_go_on());
}

// Whether a stop kept the trial from what it was to do, so that it has no result: one that the
// search asked for, or one from outside. Who stops one trial wants the search to stop.
bool TrialRunner::cut_off(const Round& round, std::int64_t trial, int code) const {
  if (code == exit_code(ErrorKind::stopped)) {
    return round.stopping || round.length == 0 ||
           reached(trial) + 1e-6 < static_cast<double>(round.length);
  }
  if (round.stopping) return code > 128;
  return code == 128 + SIGTERM || code == 128 + SIGINT || code == 128 + SIGHUP;
}

// Epochs of the trial so far, or updates where train.steps is set.
double TrialRunner::reached(std::int64_t trial) const {
  const auto history = read_history(search_.trial_path(trial) / "metrics.jsonl");
  const auto steps = static_cast<double>(history.last_step);
  if (config_.train.steps) return steps;
  return history.steps_per_epoch > 0.0 ? steps / history.steps_per_epoch : 0.0;
}

// What trials with other values of every key end with, to the letter, is no fault of their values;
// of the data, even what the first one ends with.
void TrialRunner::check_own_fault(const Round& round, const TrialResult& failed, int code) const {
  auto all = log_.results();
  for (const auto& [trial, result] : round.waiting) all.push_back(result);
  const auto done = [](const TrialResult& other) { return other.done(); };
  if (std::any_of(all.begin(), all.end(), done)) return;
  if (code == exit_code(ErrorKind::data)) throw Error(ErrorKind::data, failed.reason);
  all.push_back(failed);
  const bool alike = std::all_of(all.begin(), all.end(), [&](const TrialResult& other) {
    return other.reason == failed.reason;
  });
  const bool telling = code == exit_code(ErrorKind::config) && all.size() >= kTellingFailures;
  if (!telling || !alike || !differ_in_every_key(all)) return;
  throw Error(ErrorKind::config,
              fmt::format("{} trials with other values of every key ended alike: {}", all.size(),
                          failed.reason));
}

TrialResult TrialRunner::judge(const Round& round, std::int64_t trial, int code) const {
  TrialResult result{trial, round.rung, draw_trial(config_, trial)};
  const auto run = search_.trial_path(trial);
  const bool paused = round.length > 0 && code == exit_code(ErrorKind::stopped);
  if (code == 0 || paused) {
    read_trial_score(run, rule_, result);
  } else {
    result.reason = error_lines(beside(run, ".err.txt"));
    if (result.reason.empty()) result.reason = how_it_ended(code);
    result.state = code == exit_code(ErrorKind::diverged) ? "diverged" : "failed";
    check_own_fault(round, result, code);
  }
  for (const char* ending : {".out.txt", ".err.txt"}) remove_file(beside(run, ending));
  return result;
}

void TrialRunner::put_into_log(Round& round) {
  while (!round.ended()) {
    const auto trial = round.trials[round.logged];
    const auto found = round.waiting.find(trial);
    if (found != round.waiting.end()) {
      const auto& result = found->second;
      log_.append(result);
      const auto text = values_text(result.values);
      if (result.done()) {
        log().info("trial {}: {} {:.6g} at epoch {:.4g} ({})", trial + 1, rule_.name, *result.score,
                   result.epochs, text);
      } else {
        log().warn("trial {} {}: {} ({})", trial + 1, result.state, result.reason, text);
      }
      round.waiting.erase(found);
    } else if (log_.find(round.rung, trial) == nullptr) {
      return;
    }
    ++round.logged;
  }
}

void TrialRunner::ask_to_stop(Round& round) {
  if (std::exchange(round.stopping, true)) return;
  for (const auto& child : round.running) child.process.signal(SIGTERM);
}

void TrialRunner::tell(const Round& round) const {
  if (!options_.progress) return;
  std::vector<TrialResult> here;
  for (const auto& result : log_.results()) {
    if (result.rung == round.rung) here.push_back(result);
  }
  const auto best = ranked(std::move(here), rule_.higher_is_better);
  auto line = fmt::format("trials: {} of {} done, {} running", round.logged + round.waiting.size(),
                          round.trials.size(), round.running.size());
  if (round.length > 0) line = fmt::format("round {}, ", round.rung + 1) + line;
  if (!best.empty()) {
    line += fmt::format("; best {} {:.6g} (trial {})", rule_.name, *best.front().score,
                        best.front().trial + 1);
  }
  options_.progress(line);
}

bool TrialRunner::out_of_time() const {
  if (!config_.tune.max_minutes) return false;
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
  return since.count() >= *config_.tune.max_minutes * 60.0;
}

int TrialRunner::run_final(const std::vector<std::string>& words, const fs::path& out,
                           const fs::path& err) {
  std::vector<std::string> all = {program_};
  all.insert(all.end(), words.begin(), words.end());
  wait_until_free(search_.final_path());
  ChildProcess child(all, out, err);
  bool stopping = false;
  while (true) {
    if (stop_requested() && !std::exchange(stopping, true)) child.signal(SIGTERM);
    if (const auto code = child.ended()) {
      if (stopping && (*code == exit_code(ErrorKind::stopped) || *code > 128)) throw_stopped();
      return *code;
    }
    if (options_.progress) options_.progress("training the model of the best trial");
    std::this_thread::sleep_for(kPoll);
  }
}

std::string TrialRunner::how_to_go_on() const {
  const auto path = search_.path().string();
  return "go on with: candor tune " + path + "/config.json --run " + path + " --resume";
}

void TrialRunner::throw_stopped() const {
  throw Error(ErrorKind::stopped, "stopped; " + how_to_go_on());
}

std::string error_lines(const fs::path& err) {
  std::error_code error;
  if (!fs::exists(err, error)) return {};
  const auto text = read_file(err, ErrorKind::failed);
  std::string lines;
  bool inside = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    const std::string label = "error: ";
    const bool first = line.starts_with(label);
    inside = first || (inside && line.starts_with("  "));
    if (inside) lines += (lines.empty() ? "" : "\n") + (first ? line.substr(label.size()) : line);
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> run_words(const fs::path& run) {
  std::vector<std::string> words = {"--run", run.string()};
  std::error_code error;
  if (!is_run_directory(run)) return words;
  // Without a config, it was killed before anything was written.
  words.emplace_back(fs::exists(run / "config.json", error) ? "--resume" : "--overwrite");
  return words;
}

std::string values_text(const TrialValues& values) {
  std::string text;
  for (const auto& [key, value] : values) {
    if (!text.empty()) text += ", ";
    text += short_key(key, values) + " " + value;
  }
  return text;
}

}  // namespace candor
