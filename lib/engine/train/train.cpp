// SPDX-License-Identifier: Apache-2.0
// `candor train`: from a config to a run directory with a model and a report.
#include <candor/train.h>

#include <fmt/format.h>
#include <torch/torch.h>

#include <chrono>
#include <filesystem>

#include <candor/error.h>
#include <candor/model.h>
#include <candor/version.h>

#include "core/artifact/raw_copies.h"
#include "core/artifact/run_directory.h"
#include "core/base/environment.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/config/config_json.h"
#include "core/metrics/report.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/baseline.h"
#include "engine/evaluate/report_files.h"
#include "engine/evaluate/score.h"
#include "engine/predict/model_files.h"
#include "engine/tensor/device.h"
#include "engine/train/estimate.h"
#include "engine/train/trainer.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

Json metric_values(const Report& report) {
  Json values = Json::object();
  for (const auto& metric : report.metrics) {
    values[metric.name] = metric.value ? Json(*metric.value) : Json(nullptr);
  }
  return values;
}

Json environment_of(const OpenedData& data, const RunConfig& config, at::Device device) {
  auto json = Json::parse(environment_json());
  json["format_version"] = kFormatVersion;
  json["device"] = device_description(device);
  json["threads"] = at::get_num_threads();
  json["seed"] = config.seed;
  json["files"] = data.files;
  json["split_sha256"] = data.split_digest;
  if (!data.caches.empty()) json["caches"] = data.caches;
  json["split"] = data.split;
  return json;
}

// One run from opened data on; knows the part of the test that the report is about.
class Run {
 public:
  Run(const RunConfig& config, const TrainOptions& options)
      : config_(config), options_(options), device_(select_device(options.device)) {
    set_threads(options.threads);
  }

  TrainResult train() {
    if (options_.dry_run) return {"", dry_run(), true};
    LogFile log_file;
    auto run = open_run();
    const auto data = open_data(config_);
    if (options_.resume) {
      check_same_data(run, data);
    } else {
      run.begin();
      run.write("config.json", write_config(config_));
      if (!data.ledger.empty()) run.write(kLedgerName, data.ledger, FileAccess::owner);
    }
    log_file.open(run.log_path());
    for (const auto& line : data.summary) log().info("{}", line);
    record_environment(run, data);
    const auto network = make_network(config_, *data.preprocessor);
    log().info("model: {} parameters on {}", network->parameter_count(),
               device_description(device_));
    Trainer trainer(config_, data, network, device_);
    if (options_.resume) trainer.resume(run);
    trainer.train(run, options_);
    log().info("trained to step {} in {:.1f} s", trainer.state().step, trainer.seconds());
    trainer.take_final_weights(run);
    return finish(run, data, *network, trainer);
  }

 private:
  RunDirectory open_run() {
    auto path = options_.run_directory;
    if (options_.resume && path.empty()) {
      throw Error(ErrorKind::config,
                  "--resume needs --run DIR: the run directory to continue "
                  "(candor train CONFIG --run DIR --resume)");
    }
    if (options_.resume) {
      auto run = RunDirectory::resume(path);
      check_same_config(run);
      return run;
    }
    if (path.empty()) path = default_run_path(config_.name, std::chrono::system_clock::now());
    return RunDirectory::create(path, options_.overwrite);
  }

  void check_same_config(const RunDirectory& run) {
    const auto path = run.path() / "config.json";
    if (!fs::exists(path)) {
      throw Error(ErrorKind::config, run.path().string() +
                                         ": training had not begun there; train with --overwrite "
                                         "instead of --resume");
    }
    const auto saved =
        config_from_json(parse_json_file(path.string(), ErrorKind::config), path.string());
    const auto differences = config_differences(saved, config_);
    if (differences.empty()) return;
    std::string text = "--resume: the config is not the one of " + run.path().string() +
                       "; resume with the same config, or start a new run:";
    for (const auto& line : differences) text += "\n  " + line;
    throw Error(ErrorKind::config, text);
  }

  static Json recorded_environment(const RunDirectory& run) {
    const auto path = run.path() / "environment.json";
    if (!fs::exists(path)) return Json::object();
    return parse_json_file(path.string(), ErrorKind::model);
  }

  // Weights that saw other rows, or categories under other numbers, must not go on.
  static void check_same_data(const RunDirectory& run, const OpenedData& data) {
    const auto recorded = recorded_environment(run);
    if (!recorded.contains("files")) return;
    const auto changed = changed_files(recorded["files"], data.files);
    const bool same_split = recorded.value("split_sha256", "") == data.split_digest;
    if (changed.empty() && same_split) return;
    throw Error(ErrorKind::data,
                "--resume: " + (changed.empty() ? "the split of the rows" : join(changed)) +
                    " is not what " + run.path().string() +
                    " began with (SHA-256 in environment.json); restore it, or start a new run");
  }

  // A resumed run keeps what it began with and adds what it goes on with.
  void record_environment(const RunDirectory& run, const OpenedData& data) const {
    auto now = environment_of(data, config_, device_);
    auto recorded = options_.resume ? recorded_environment(run) : Json::object();
    if (!recorded.contains("files")) return run.write_json("environment.json", now);
    for (const char* same : {"files", "split_sha256", "split", "seed", "format_version"})
      now.erase(same);
    recorded["resumed"].push_back(now);
    run.write_json("environment.json", recorded);
  }

  std::string dry_run() {
    const auto data = open_data(config_);
    const auto data_seconds = process_seconds();
    const auto network = make_network(config_, *data.preprocessor);
    Trainer trainer(config_, data, network, device_);
    const auto estimate = estimate_run(config_, data, *network, trainer, device_, data_seconds);
    if (options_.json) {
      auto json = estimate.json();
      json["format_version"] = kFormatVersion;
      json["data"] = data.summary;
      return json.dump(2) + "\n";
    }
    std::string text;
    for (const auto& line : data.summary) text += line + "\n";
    text += fmt::format("parameters: {}\nsteps: {} ({} per epoch)\n", estimate.parameters,
                        estimate.steps, trainer.plan().steps_per_epoch);
    return text + estimate.text(config_);
  }

  // The report is about the test rows, or about the validation rows when there are none, and says
  // which.
  TrainResult finish(RunDirectory& run, const OpenedData& data, Network& network,
                     const Trainer& trainer) {
    const auto split = data.reported_part();
    auto scored = trainer.score_finite(*data.part(split), split);
    scored.baseline = score_baseline(config_, data, *data.part(split), split);
    auto report = make_report(scored, config_.evaluate);
    report.model = config_.name;
    report.split = split;
    report.data = public_files(data.files);
    Json metrics;
    metrics["format_version"] = kFormatVersion;
    metrics["split"] = split;
    metrics["steps"] = trainer.state().step;
    metrics["best_step"] = trainer.state().best_step;
    metrics["metrics"] = metric_values(report);
    metrics["data"] = report.data;
    metrics["split_sha256"] = data.split_digest;
    report.digest =
        write_model(run.path() / "model", config_, *data.preprocessor, network, metrics);
    write_report(run.path(), report, scored);
    return result(run, report, network, trainer);
  }

  TrainResult result(const RunDirectory& run, const Report& report, Network& network,
                     const Trainer& trainer) {
    TrainResult result;
    result.run_directory = run.path().string();
    result.passed = report.passed();
    if (options_.json) {
      Json json;
      json["format_version"] = kFormatVersion;
      json["run"] = result.run_directory;
      json["steps"] = trainer.state().step;
      json["seconds"] = trainer.seconds();
      json["parameters"] = network.parameter_count();
      json["report"] = report_json(report);
      result.text = json.dump(2) + "\n";
    } else {
      result.text = report_text(report, options_.color) + "run: " + result.run_directory + "\n";
    }
    return result;
  }

  const RunConfig& config_;
  const TrainOptions& options_;
  at::Device device_;
};

}  // namespace

TrainResult train(const RunConfig& config, const TrainOptions& options) {
  return Run(config, options).train();
}

}  // namespace candor
