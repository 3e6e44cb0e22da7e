// SPDX-License-Identifier: Apache-2.0
#include "engine/select/cross_validate.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <candor/error.h>
#include <candor/version.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/config/check_evaluate.h"
#include "core/config/config_json.h"
#include "core/config/resume_rules.h"
#include "core/metrics/history.h"
#include "core/select/out_of_fold.h"
#include "engine/train/train_model.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Gates are about the model itself, and so are sets that come from the folds.
RunConfig fold_config(const RunConfig& config) {
  auto result = config;
  result.evaluate.gates.clear();
  if (sets_from_folds(config)) result.calibration.conformal.reset();
  result.search.clear();
  result.tune = {};
  return result;
}

class Folding {
 public:
  Folding(const RunConfig& config, const TrainOptions& options, const fs::path& run,
          const CrossFolds& folds)
      : config_(fold_config(config)), options_(options), run_(run), folds_(folds) {}

  void train_all() {
    const auto count = folds_.folds * folds_.repeats();
    for (std::int64_t number = 0; number < count; ++number) {
      const auto name = fmt::format("fold {} of {}", number + 1, count);
      try {
        train_one(number, name);
      } catch (const Error& error) {
        rethrow(error, name);
      }
    }
  }

 private:
  void train_one(std::int64_t number, const std::string& name) {
    const auto path = fold_path(run_, number);
    if (is_done(path)) {
      log().info("{}: done before", name);
      return;
    }
    log().info("{}:", name);
    auto options = options_;
    options.run_directory = path.string();
    options.resume = is_there(path / "config.json");
    options.overwrite = !options.resume;  // begun, and killed before anything was written
    options.hold_back_test = options.folds_only = options.json = options.color = false;
    options.stop_after = 0;
    options.profile.clear();
    if (options_.progress) {
      options.progress = [&, name](const std::string& line, bool last) {
        options_.progress(name + "  " + line, last);
      };
    }
    ModelPart part;
    part.fold = FoldChoice{number % folds_.folds, number / folds_.folds};
    train_model(config_, options, part);
    write_score(path, number);
  }

  // Another config may ask for more updates, and refusing the rest is the fold's own business.
  bool is_done(const fs::path& path) const {
    if (!is_there(path / "fold.json") || !is_there(path / "config.json")) return false;
    const auto file = (path / "config.json").string();
    const auto before = config_from_json(parse_json_file(file, ErrorKind::config), file);
    const auto changes = resume_changes(before, config_);
    return changes.rates.empty() && changes.refused.empty();
  }

  // The mark of a fold that is finished, written last.
  void write_score(const fs::path& path, std::int64_t number) const {
    const auto file = (path / "model" / "metrics.json").string();
    const auto metrics = parse_json_file(file, ErrorKind::model);
    const auto held_out = static_cast<std::int64_t>(
        folds_.held_out(number / folds_.folds, number % folds_.folds).size());
    Json json;
    json["format_version"] = kFormatVersion;
    json["fold"] = number % folds_.folds + 1;
    json["repeat"] = number / folds_.folds + 1;
    json["rows"] = held_out;
    json["training_rows"] = training_rows(number);
    json["steps"] = metrics.at("steps");
    json["best_step"] = metrics.at("best_step");
    json["steps_per_epoch"] = read_history(path / "metrics.jsonl").steps_per_epoch;
    write_file_atomic(path / "fold.json", json_document(json));
  }

  // By time, only the blocks before.
  std::int64_t training_rows(std::int64_t number) const {
    const auto fold = number % folds_.folds;
    const auto& dealt = folds_.fold_of[static_cast<std::size_t>(number / folds_.folds)];
    const bool by_time = std::find(dealt.begin(), dealt.end(), -1) != dealt.end();
    return std::count_if(dealt.begin(), dealt.end(), [&](std::int64_t other) {
      return by_time ? other < fold : other != fold;
    });
  }

  [[noreturn]] void rethrow(const Error& error, const std::string& name) const {
    if (error.kind() != ErrorKind::stopped) {
      throw Error(error.kind(), name + ": " + error.what());
    }
    const auto path = run_.string();
    throw Error(ErrorKind::stopped, "stopped in " + name +
                                        ", after a checkpoint; continue with: candor train " +
                                        path + "/config.json --run " + path + " --resume");
  }

  RunConfig config_;
  const TrainOptions& options_;
  fs::path run_;
  const CrossFolds& folds_;
};

// The rows of the folds, and the very bytes that they are in.
std::string digest_of(const CrossFolds& folds, const Json& files) {
  auto text = folds.digest();
  for (const auto& file : files) {
    if (file.value("part", "") == "train") text += " " + file.value("sha256", "");
  }
  return sha256(text);
}

void write_out_of_fold(const fs::path& run, const CrossFolds& folds) {
  make_folders(run / "predictions");
  write_file_atomic(run / "predictions" / "out_of_fold.jsonl", out_of_fold_lines(run, folds),
                    FileAccess::owner);  // a target per row
}

}  // namespace

CrossValidation cross_validate(const RunConfig& config, const TrainOptions& options,
                               const RunDirectory& run, const OpenedData& data) {
  const auto& folds = *data.folds;
  Folding(config, options, run.path(), folds).train_all();
  auto result = summarize_folds(run.path(), folds, config.evaluate.confidence);
  result.kind = data.fold_kind;
  result.digest = digest_of(folds, data.files);
  write_out_of_fold(run.path(), folds);
  run.write_json("cross_validation.json", cross_validation_json(result));
  return result;
}

void restore_out_of_fold(const fs::path& run, const CrossFolds& folds) {
  if (!is_there(run / "predictions" / "out_of_fold.jsonl")) write_out_of_fold(run, folds);
}

}  // namespace candor
