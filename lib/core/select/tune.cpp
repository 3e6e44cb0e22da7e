// SPDX-License-Identifier: Apache-2.0
// `candor tune`: trials, the choice, and the model of the chosen values.
#include <candor/tune.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/select/refit.h"
#include "core/select/run_trials.h"
#include "core/select/search_directory.h"
#include "core/select/tune_summary.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFinalOut = ".final-output.txt";
constexpr const char* kFinalErr = ".final-errors.txt";

SearchDirectory open_search(const RunConfig& config, const TuneOptions& options) {
  if (options.resume && options.run_directory.empty()) {
    throw Error(ErrorKind::config,
                "--resume needs --run DIR: the folder of the search to go on with "
                "(candor tune CONFIG --run DIR --resume)");
  }
  fs::path path = options.run_directory;
  if (path.empty()) {
    path = default_run_path(config.name + "-tune", std::chrono::system_clock::now());
  }
  return options.resume ? SearchDirectory::resume(path, config)
                        : SearchDirectory::create(path, config, options.overwrite);
}

// Epochs between two validations, or updates where the length is in updates.
std::int64_t validation_unit(const TrainConfig& train) {
  if (train.steps) return train.validate.every_steps.value_or(1);
  return train.validate.every_steps ? 1 : train.validate.every_epochs.value_or(1);
}

// One round without a length of its own, or those of successive halving.
std::vector<Rung> rounds_of(const RunConfig& config) {
  const auto count = trial_count(config);
  if (config.tune.method != SearchMethod::halving) return {{count, 0}};
  const auto& train = config.train;
  auto rungs = halving_rungs(count, train.steps ? *train.steps : train.epochs.value_or(1),
                             validation_unit(train));
  rungs.back().length = 0;  // to the end
  return rungs;
}

class Search {
 public:
  Search(const RunConfig& config, const TuneOptions& options)
      : config_(config),
        options_(options),
        rounds_(rounds_of(config)),
        rule_(score_rule(config)),
        directory_(open_search(config, options)),
        log_(directory_.log_path()),
        runner_(config, options, directory_, log_) {}

  TuneResult run() {
    run_trials();
    const auto best = choose();
    auto refit = refit_config(trial_config(config_, best.values), best.epochs, best.steps);
    if (!refit.kept_apart.empty()) {
      log().warn("the chosen values are trained as in their trial, without the validation rows: {}",
                 refit.kept_apart);
    }
    keep_sets_of_folds(config_, refit.config);
    train_final(write_config(refit.config));
    return result(best);
  }

 private:
  void run_trials() {
    std::vector<std::int64_t> trials(static_cast<std::size_t>(rounds_.front().trials));
    std::iota(trials.begin(), trials.end(), 0);
    log().info("{} trials, {} at a time; each is judged by {}", trials.size(), runner_.parallel(),
               rule_.by_folds ? "the mean " + rule_.name + " of its folds"
                              : "the " + rule_.name + " of the validation rows");
    for (std::size_t i = 0; i < rounds_.size(); ++i) {
      const auto rung = static_cast<std::int64_t>(i);
      bool all = false;
      try {
        all = runner_.run_round(rung, trials, rounds_[i].length);
      } catch (const Error& error) {
        const bool no_fault_of_values =
            error.kind() == ErrorKind::data || error.kind() == ErrorKind::config;
        if (no_fault_of_values && !options_.resume) directory_.discard();
        throw;
      }
      if (!all) {
        log().warn("tune.max_minutes has passed: no further trial begins");
        return;
      }
      if (i + 1 < rounds_.size()) trials = best_of(rung, rounds_[i + 1].trials);
    }
  }

  std::vector<TrialResult> results_of(std::int64_t rung) const {
    std::vector<TrialResult> results;
    for (const auto& result : log_.results()) {
      if (result.rung == rung) results.push_back(result);
    }
    return ranked(std::move(results), rule_.higher_is_better);
  }

  std::vector<std::int64_t> best_of(std::int64_t rung, std::int64_t count) const {
    std::vector<std::int64_t> trials;
    for (const auto& result : results_of(rung)) {
      if (static_cast<std::int64_t>(trials.size()) < count) trials.push_back(result.trial);
    }
    std::sort(trials.begin(), trials.end());
    return trials;
  }

  // Of the last round that any trial came through.
  TrialResult choose() const {
    for (auto rung = static_cast<std::int64_t>(rounds_.size()) - 1; rung >= 0; --rung) {
      const auto results = results_of(rung);
      if (!results.empty()) return results.front();
    }
    const auto& all = log_.results();
    throw Error(ErrorKind::failed,
                all.empty() ? "no trial was done: tune.max_minutes passed before the first one"
                            : fmt::format("none of {} trials was done; the first: {}", all.size(),
                                          all.front().reason));
  }

  // A final run of other values, from before trials were added, goes.
  void forget_other_final(const std::string& config) const {
    const auto best = directory_.best_path();
    std::error_code error;
    if (!fs::exists(best, error) || read_file(best, ErrorKind::failed) == config) return;
    fs::remove_all(directory_.final_path(), error);
    if (error) {
      throw Error(ErrorKind::failed,
                  directory_.final_path().string() + ": cannot be removed: " + error.message());
    }
  }

  void train_final(const std::string& config) {
    forget_other_final(config);
    write_file_atomic(directory_.best_path(), config);
    std::vector<std::string> words = {directory_.best_path().string(), "--quiet", "--color",
                                      options_.color ? "always" : "never"};
    words.insert(words.end(), {"--device", options_.device, "--threads",
                               std::to_string(options_.threads.value_or(0))});
    if (options_.json) words.emplace_back("--json");
    const auto more = run_words(directory_.final_path());
    words.insert(words.end(), more.begin(), more.end());
    const auto out = directory_.path() / kFinalOut, err = directory_.path() / kFinalErr;
    const int code = runner_.run_final(words, out, err);
    const auto said = error_lines(err);
    final_text_ = read_file(out, ErrorKind::failed);
    for (const auto& path : {out, err}) {
      std::error_code ignored;
      fs::remove(path, ignored);
    }
    passed_ = code != exit_code(ErrorKind::gate);
    if (code == 0 || !passed_) return;
    const bool known = code > 0 && code <= exit_code(ErrorKind::diverged);
    throw Error(known ? static_cast<ErrorKind>(code) : ErrorKind::failed,
                "the model of the best trial was not trained: " +
                    (said.empty() ? fmt::format("exit code {}", code) : said));
  }

  TuneResult result(const TrialResult& best) const {
    TuneSummary summary;
    summary.path = directory_.path().string();
    summary.method = config_.tune.method;
    summary.rule = rule_;
    summary.results = log_.results();
    summary.best = best;
    const auto report = directory_.final_path() / "report.json";
    summary.read_report(parse_json_file(report.string(), ErrorKind::model), report.string());
    TuneResult result;
    result.run_directory = directory_.path().string();
    result.passed = passed_;
    if (options_.json) {
      auto json = summary.json();
      json["final"] = parse_json(final_text_, "the final training", ErrorKind::failed);
      result.text = json_document(json);
    } else {
      result.text = summary.text(options_.color) + "\n" + final_text_;
    }
    return result;
  }

  const RunConfig& config_;
  const TuneOptions& options_;
  std::vector<Rung> rounds_;
  ScoreRule rule_;
  SearchDirectory directory_;
  TrialLog log_;
  TrialRunner runner_;
  std::string final_text_;
  bool passed_ = true;
};

}  // namespace

TuneResult tune(const RunConfig& config, const TuneOptions& options) {
  return Search(config, options).run();
}

}  // namespace candor
