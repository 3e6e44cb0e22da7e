// SPDX-License-Identifier: Apache-2.0
// `candor train`: from a config to a run directory with a model and a report.
#include <candor/train.h>

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include <candor/error.h>
#include <candor/model.h>
#include <candor/version.h>

#include "core/artifact/raw_copies.h"
#include "core/artifact/run_directory.h"
#include "core/artifact/run_end.h"
#include "core/base/environment.h"
#include "core/base/heap.h"
#include "core/base/json_number.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/base/trace.h"
#include "core/config/check_train.h"
#include "core/config/config_json.h"
#include "core/config/gate_names.h"
#include "core/metrics/decisions.h"
#include "core/metrics/fairness_finding.h"
#include "core/metrics/one_answer.h"
#include "core/metrics/report.h"
#include "core/predictions/report_files.h"
#include "core/select/out_of_fold.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/baseline.h"
#include "engine/evaluate/score.h"
#include "engine/predict/model_files.h"
#include "engine/tensor/device.h"
#include "engine/train/estimate.h"
#include "engine/train/first_weights.h"
#include "engine/train/memory_advice.h"
#include "engine/train/product_choice.h"
#include "engine/train/profile.h"
#include "engine/train/resume_run.h"
#include "engine/train/train_model.h"
#include "engine/train/trainer.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

Json metric_values(const Report& report) {
  Json values = Json::object();
  for (const auto& metric : report.metrics) {
    values[metric.name] = number_or_null(metric.value);
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
  const auto add_rows = [&](const char* part, const std::shared_ptr<const Dataset>& rows) {
    if (rows) json["rows_sha256"][part] = data.rows_digest(part);
  };
  add_rows("train", data.train);
  add_rows("validation", data.validation);
  add_rows("test", data.test);
  if (!data.caches.empty()) json["caches"] = data.caches;
  json["split"] = data.split;
  return json;
}

// One run from opened data on; knows the part of the test that the report is about.
class Run {
 public:
  Run(const RunConfig& config, const TrainOptions& options, const ModelPart& part)
      : config_(config),
        options_(options),
        part_(part),
        device_(select_device(options.device)),
        first_weights_(config, options.words) {
    set_threads(options.threads);
    keep_freed_memory();
    require_precision(config.train.precision, instruction_set(), device_);
  }

  // Memory that runs out is an error of its own kind, wherever it happens.
  TrainResult train() {
    try {
      return all();
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error)) throw;
      const std::string text = error.what();
      throw Error(ErrorKind::out_of_memory,
                  memory_advice(config_, doing_, text.substr(0, text.find('\n'))));
    }
  }

 private:
  TrainResult all() {
    if (options_.dry_run) return {"", dry_run(), true};
    if (options_.find_learning_rate) return {"", find_rate(), true};
    LogFile log_file;
    auto run = open_run();
    fresh_ = !options_.resume || run.checkpoints().list().empty();
    if (fresh_) first_weights_.find();
    auto data = open_data(config_, nullptr, "", part_.fold);
    if (options_.hold_back_test) data.test.reset();
    if (options_.resume) check_same_data(run.path(), data);
    check_decisions(data);
    doing_ = "training";
    const auto network = new_network(data);
    Trainer trainer(config_, data, network, device_);
    // What is wrong with config, data or weights has been said by now, and has left nothing.
    if (!options_.resume) begin(run, data);
    log_file.open(run.log_path());
    warn();
    for (const auto& line : data.summary) log().info("{}", line);
    for (const auto& line : data.findings) log().info("data: {}", line);
    first_weights_.tell();
    log().info("model: {} parameters on {}", network->parameter_count(),
               device_description(device_));
    for (const auto& line : plan_warnings(config_.train, trainer.plan())) log().warn("{}", line);
    warn_of_decisions(data);
    if (options_.resume) resume(trainer, run);
    try {
      return work(run, data, *network, trainer);
    } catch (const std::exception& error) {
      write_run_end(run, error);
      throw;
    }
  }

  // From the first update to the report.
  TrainResult work(RunDirectory& run, const OpenedData& data, Network& network, Trainer& trainer) {
    tell_precision(trainer.products());
    record_environment(run, data, trainer.products());
    if (part_.before && !part_.before(run, data)) return {run.path().string(), "", true};
    trainer.train(run, options_);
    log().info("trained to step {} in {:.1f} s", trainer.state().step, trainer.seconds());
    log_utilization(
        config_, network, trainer.items_per_second(),
        data.preprocessor->signature().output == OutputKind::language_model ? "tokens" : "samples",
        !options_.profile.empty());
    trainer.take_final_weights(run);
    doing_ = "the report";
    return finish(run, data, network, trainer);
  }

  void tell_precision(ProductKind products) const {
    if (config_.train.precision == Precision::float32) return;
    const bool rounded = products == ProductKind::bfloat16;
    log().info("precision: {}", rounded ? "bfloat16 operands, float32 sums and weights"
                                        : "float32 (auto: bfloat16 is not 20 % faster here)");
  }

  void begin(RunDirectory& run, const OpenedData& data) const {
    run.begin();
    run.write("config.json", write_config(config_));
    if (!data.ledger.empty()) run.write(kLedgerName, data.ledger, FileAccess::owner);
  }

  void require_run_directory() const {
    if (!options_.run_directory.empty()) return;
    throw Error(ErrorKind::config,
                "--resume needs --run DIR: the run directory to continue "
                "(candor train CONFIG --run DIR --resume)");
  }

  RunDirectory open_run() {
    auto path = options_.run_directory;
    if (options_.resume) {
      require_run_directory();
      auto run = RunDirectory::resume(path);
      before_ = config_to_resume(path, config_);
      return run;
    }
    if (path.empty()) path = default_run_path(config_.name, std::chrono::system_clock::now());
    return RunDirectory::create(path, options_.overwrite);
  }

  // What was changed holds from here on, for later resumes too.
  void resume(Trainer& trainer, RunDirectory& run) const {
    trainer.resume(run, before_);
    if (trainer.ended()) {
      log().info(
          "{} has come to its end, at step {} of {}: nothing is left to train, and its report "
          "and model are made anew",
          run.path().string(), trainer.state().step, trainer.plan().total_steps);
    }
    const auto changes = config_differences(before_, config_);
    if (changes.empty()) return;
    for (const auto& line : changes) {
      log().warn("resuming with another config, from step {} on: {}", trainer.state().step + 1,
                 line);
    }
    run.write("config.json", write_config(config_));
  }

  // Unless the run begins, its weights come from a checkpoint.
  std::shared_ptr<Network> new_network(const OpenedData& data) {
    auto network = make_network(config_, *data.preprocessor);
    if (!fresh_) return network;
    fit_layers(*network, *data.train);
    first_weights_.load(*network, data);
    return network;
  }

  // On rows from everywhere in the training data, which may be sorted by class.
  static void fit_layers(Network& network, const Dataset& training) {
    const auto wanted = std::min(network.model().fitting_rows(), training.size());
    if (wanted == 0) return;
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < wanted; ++i) rows.push_back(i * training.size() / wanted);
    const torch::NoGradGuard no_gradients;
    network.model().fit(network.stage().forward(training.batch(rows).inputs));
  }

  void record_environment(const RunDirectory& run, const OpenedData& data,
                          ProductKind products) const {
    auto now = environment_of(data, config_, device_);
    now["products"] = product_kind_name(products);
    if (!first_weights_.file().is_null()) now["init_from"] = first_weights_.file();
    // What began again from the first step is a run of now, whatever was recorded before.
    if (!fresh_) now = resumed_environment(run.path(), now, before_, config_);
    run.write_json("environment.json", now);
  }

  void warn() const {
    for (const auto& line : config_warnings(config_)) log().warn("{}", line);
  }

  // What can be known of it is known before hours of training.
  void check_decisions(const OpenedData& data) const {
    require_known_classes(config_, data.preprocessor->signature().labels);
    check_two_labels(config_, data.preprocessor->signature().labels);
    for (std::size_t i = 0; i < data.fitting_rows.size(); ++i) {
      auto rows = data.fitting_rows[i];
      if (i == 0) rows.decided = data.part(data.reported_part())->groups();
      try {
        check_fitting_rows(config_, rows);
      } catch (const Error& error) {
        if (i == 0) throw;
        throw Error(error.kind(), fmt::format("fold {} of {}: {}", i, data.fitting_rows.size() - 1,
                                              error.what()));
      }
    }
  }

  void warn_of_decisions(const OpenedData& data) const {
    if (data.fitting_rows.empty()) return;
    for (const auto& line : fitting_warnings(config_, data.fitting_rows.front())) {
      log().warn("{}", line);
    }
  }

  // Updates that the run in options_.run_directory has done, which is only looked at.
  std::int64_t done_before() {
    if (!options_.resume) return 0;
    require_run_directory();
    if (!is_run_directory(options_.run_directory)) {
      throw Error(ErrorKind::config, options_.run_directory +
                                         ": is not a run directory of candor; pass the folder that "
                                         "candor train made");
    }
    before_ = config_to_resume(options_.run_directory, config_);
    return steps_done(options_.run_directory);
  }

  std::string dry_run() {
    warn();
    const auto done = done_before();
    fresh_ = done == 0;
    if (fresh_) first_weights_.find();
    const auto data = open_data(config_);
    if (options_.resume) check_same_data(options_.run_directory, data);
    check_decisions(data);
    warn_of_decisions(data);
    const auto data_seconds = process_seconds();
    const auto network = new_network(data);
    first_weights_.tell();
    Trainer trainer(config_, data, network, device_);
    for (const auto& line : plan_warnings(config_.train, trainer.plan())) log().warn("{}", line);
    const auto estimate =
        estimate_run(config_, data, *network, trainer, device_, {done, data_seconds});
    if (options_.json) {
      auto json = estimate.json();
      json["format_version"] = kFormatVersion;
      json["data"] = data.summary;
      json["findings"] = data.findings;
      return json_document(json);
    }
    std::string text;
    for (const auto& line : data.summary) text += line + "\n";
    for (const auto& line : data.findings) text += "data: " + line + "\n";
    text += fmt::format(
        "parameters: {}\nsteps: {} ({} per epoch)\n", estimate.parameters,
        done == 0 ? std::to_string(estimate.steps)
                  : fmt::format("{} left of {}", estimate.steps, trainer.plan().total_steps),
        trainer.plan().steps_per_epoch);
    return text + estimate.text(config_);
  }

  std::string find_rate() {
    first_weights_.find();
    const auto data = open_data(config_);
    Trainer trainer(config_, data, new_network(data), device_);
    const auto range = trainer.find_rate(options_.stop_requested);
    return options_.json ? json_document(range.json()) : range.text();
  }

  // The report is about the test rows, or about the validation rows when there are none, and says
  // which.
  TrainResult finish(RunDirectory& run, const OpenedData& data, Network& network,
                     const Trainer& trainer) {
    const TraceSpan span("report");
    const auto split = data.reported_part();
    const auto stop_if_asked = [&] {
      if (options_.stop_requested && options_.stop_requested())
        throw Error(ErrorKind::stopped, trainer.stopped_message(run));
    };
    auto scored = trainer.score_finite(*data.part(split), split, stop_if_asked);
    const auto finding = one_answer(scored, split);
    if (finding) log().warn("{}", *finding);
    complete_for_report(config_.evaluate, network, *data.preprocessor, *data.part(split), device_,
                        scored, stop_if_asked);
    scored.baseline = score_baseline(config_, data, *data.part(split), split);
    const auto decision = find_decision(run, data, trainer, stop_if_asked);
    const auto priors = training_priors(config_.train, data.class_counts, scored.labels);
    // Not under evaluate.priors: the report and its gates are about what is served.
    apply_decision(scored, decision, config_.evaluate.confidence);
    stop_if_asked();
    auto report = make_report(scored, config_.evaluate);
    stop_if_asked();  // from here on, the end is near
    report.model = config_.name;
    report.split = split;
    report.data = public_files(data.files);
    report.rows_sha256 = data.rows_digest(split);
    report.cross_validation = part_.folds;
    for (const auto& line : data.findings) report.findings.push_back("training data: " + line);
    if (finding) report.findings.push_back(*finding);
    Json metrics;
    metrics["format_version"] = kFormatVersion;
    metrics["split"] = split;
    metrics["steps"] = trainer.state().step;
    metrics["best_step"] = trainer.state().best_step;
    metrics["metrics"] = metric_values(report);
    const auto* table = std::get_if<TableData>(&config_.data);
    const bool weighted = table != nullptr && table->weight;  // by class, that is not known
    if (!priors.empty() && !weighted) metrics["training_priors"] = priors;
    metrics["gates"] = report_json(report)["gates"];
    metrics["data"] = report.data;
    metrics["split_sha256"] = data.split_digest;
    const auto recorded = recorded_environment(run.path());
    if (recorded.contains("init_from")) {
      metrics["init_from"] = public_files(Json::array({recorded["init_from"]})).front();
    }
    if (const auto unmet = fairness_finding(report, config_.train)) {
      log().warn("{}", *unmet);
      report.findings.push_back(*unmet);
    }
    report.digest =
        write_model(run.path() / "model", config_, *data.preprocessor, network, metrics, decision);
    write_report(run.path(), report, scored, read_history(run.path() / "metrics.jsonl"));
    return result(run, report, network, trainer);
  }

  // Fitted on rows that neither training nor the choice of the weights has seen.
  DecisionRule find_decision(const RunDirectory& run, const OpenedData& data,
                             const Trainer& trainer, const std::function<void()>& between) const {
    const auto& labels = data.preprocessor->signature().labels;
    if (sets_from_folds(config_)) return with_sets_of_folds(run, data);
    if (!asks_for_calibration_rows(config_) || !data.calibration) {
      return fit_decision(config_, labels, nullptr).rule;
    }
    const auto scored = trainer.score_finite(*data.calibration, "calibration", between);
    const auto fitted = fit_decision(config_, labels, &scored);
    for (const auto& line : fitting_lines(fitted)) log().info("{}", line);
    return fitted.rule;
  }

  // The folds were trained before.
  DecisionRule with_sets_of_folds(const RunDirectory& run, const OpenedData& data) const {
    const auto& labels = data.preprocessor->signature().labels;
    auto fitted = fit_decision(config_, labels, nullptr);
    const auto held_out = read_held_out(run.path(), *data.folds, labels, decision_columns(config_));
    fitted.rule.conformal =
        fit_out_of_fold(config_, held_out, static_cast<std::size_t>(data.folds->folds));
    for (const auto& line : fitting_lines(fitted)) log().info("{}", line);
    return fitted.rule;
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
      result.text = json_document(json);
    } else {
      result.text = report_text(report, options_.color) + "run: " + result.run_directory + "\n";
    }
    return result;
  }

  const RunConfig& config_;
  const TrainOptions& options_;
  const ModelPart& part_;
  at::Device device_;
  RunConfig before_;  // of a run that is resumed
  std::string doing_ = "reading the data";
  bool fresh_ = true;  // the run begins with its first step
  FirstWeights first_weights_;
};

// A search for a rate is no run: whoever names one expects something else.
void check_search(const TrainOptions& options) {
  std::vector<std::string> given;
  if (!options.run_directory.empty()) given.emplace_back("--run");
  if (options.resume) given.emplace_back("--resume");
  if (options.overwrite) given.emplace_back("--overwrite");
  if (options.dry_run) given.emplace_back("--dry-run");
  if (!options.find_learning_rate || given.empty()) return;
  throw Error(ErrorKind::config,
              "--find-learning-rate makes no run and leaves nothing behind, so it does not go "
              "with " +
                  join(given) + "; leave one of them out");
}

}  // namespace

TrainResult train_model(const RunConfig& config, const TrainOptions& options,
                        const ModelPart& part) {
  check_search(options);
  if (options.resume && options.overwrite) {
    throw Error(
        ErrorKind::config,
        "--resume continues the run in --run, and --overwrite replaces it; leave one of them "
        "out");
  }
  if ((options.dry_run || options.find_learning_rate) && !options.profile.empty()) {
    throw Error(ErrorKind::config, std::string("--profile writes a file, and ") +
                                       (options.dry_run ? "--dry-run" : "--find-learning-rate") +
                                       " leaves none behind; leave one of them out");
  }
  TrainResult result;
  profile(options.profile, [&] { result = Run(config, options, part).train(); });
  return result;
}

}  // namespace candor
