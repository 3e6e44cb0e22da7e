// SPDX-License-Identifier: Apache-2.0
#include "engine/train/trainer.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/base/environment.h"
#include "core/base/log.h"
#include "core/metrics/report.h"
#include "engine/checkpoint/weights.h"
#include "engine/evaluate/score.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// Mean loss as training defines it, from what evaluation already has.
double validation_loss(const Scored& scored, const TensorStage& stage) {
  double sum = 0.0, total = 0.0;
  const auto add = [&](std::size_t i, double loss) {
    const double weight = scored.weight.empty() ? 1.0 : scored.weight[i];
    sum += weight * loss;
    total += weight;
  };
  if (scored.kind == OutputKind::language_model) {
    for (std::size_t i = 0; i < scored.nll.size(); ++i) add(i, scored.nll[i]);
  } else if (scored.kind == OutputKind::classification) {
    const auto classes = scored.labels.size();
    for (std::size_t i = 0; i < scored.target.size(); ++i) {
      const auto p = scored.probabilities[i * classes + static_cast<std::size_t>(scored.target[i])];
      add(i, -std::log(std::max(p, std::numeric_limits<float>::min())));
    }
  } else {
    const auto& fitted = *stage.table();
    for (std::size_t i = 0; i < scored.value.size(); ++i) {
      const auto difference =
          fitted.standardised(scored.value[i]) - fitted.standardised(scored.target_value[i]);
      add(i, difference * difference);
    }
  }
  return sum / total;
}

std::vector<at::Tensor> updated_by_row(const Model& model, const TrainConfig& train) {
  if (!leaves_rows_alone(train.optimizer, train.regularization)) return {};
  return model.sparse_parameters();
}

void warn_when_bits_differ(const Json& saved, const Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (saved.contains(key) && saved[key] == value) continue;
    log().warn("resuming, but not bit-equal: {} was {}, now it is {}", key,
               saved.contains(key) ? saved[key].dump() : "unknown", value.dump());
  }
}

}  // namespace

Json bit_choices(at::Device device) {
  Json json;
  json["instruction_set"] = environment().at("instruction_set");
  json["threads"] = at::get_num_threads();
  json["device"] = device.str();
  json["candor"] = CANDOR_VERSION;
  json["libtorch"] = TORCH_VERSION;
  return json;
}

Trainer::Trainer(const RunConfig& config, const OpenedData& data, std::shared_ptr<Network> network,
                 at::Device device)
    : config_(config),
      data_(data),
      network_(std::move(network)),
      device_(device),
      kind_(data.preprocessor->signature().output),
      optimizer_((network_->to(device), network_->model()), config.train.optimizer,
                 updated_by_row(network_->model(), config.train)),
      loader_(make_loader(OrderKind::feistel)),
      plan_(make_plan(config.train, loader_->batches_per_epoch(), data.validation != nullptr)) {}

std::unique_ptr<Loader> Trainer::make_loader(OrderKind order) const {
  LoaderOptions options;
  options.rows.order = order;
  if (!data_.sampling_weights.empty()) {
    options.rows.sampler = std::make_shared<const RowSampler>(data_.sampling_weights);
  }
  options.threads = loader_threads(config_.train.loader_threads, *data_.train);
  return std::make_unique<Loader>(data_.train, config_.train.batch_size, config_.seed,
                                  std::move(options));
}

// Checkpoints without a loader are of versions whose order was fisher_yates; what began with it
// goes on with it.
void Trainer::resume_loader(const Json& state, const std::string& where) {
  if (!state.contains("loader")) {
    loader_ = make_loader(OrderKind::fisher_yates);
    return;
  }
  const auto saved = loader_from_json(state["loader"], where);
  if (saved.order != loader_->order()) loader_ = make_loader(saved.order);
  if (saved.state == loader_->state_after(state_.step * config_.train.accumulate)) return;
  throw Error(ErrorKind::model, where +
                                    ": loader is not at the place of train.step in this data; the "
                                    "file is damaged, or the training rows are others");
}

void Trainer::resume(RunDirectory& run) {
  const auto step = run.checkpoints().find_last_complete();
  if (!step) return start_again(run);
  log().info("resuming after step {}", *step);
  const auto folder = run.checkpoints().path_of(*step);
  const auto path = (folder / "state.json").string();
  const auto json = parse_json_file(path, ErrorKind::model);
  check_format_version(json, path);
  if (!json.contains("train") || !json.contains("bits") || !json["bits"].is_object()) {
    throw Error(ErrorKind::model, path + ": train or bits is missing; the file is damaged");
  }
  state_ = TrainState::from_json(json["train"], path);
  if (state_.step != *step) {
    throw Error(ErrorKind::model, path + ": train.step is not that of its folder");
  }
  resume_loader(json, path);
  warn_when_bits_differ(json["bits"], bit_choices(device_));
  load_weights(folder);
  optimizer_.load_state(load_tensors(folder / "optimizer.safetensors"), state_.step);
  run.truncate_after(*step);
  restore_links(run);
}

void Trainer::start_again(RunDirectory& run) {
  if (fs::exists(run.path() / "model")) {
    throw Error(ErrorKind::model, run.path().string() +
                                      ": has a model, but no checkpoint to go on from; train it "
                                      "anew with --overwrite");
  }
  log().info("no checkpoint was written yet; starting at step 1");
  run.truncate_after(0);
}

// The links are set after their checkpoint is in place; a kill in between leaves them behind.
void Trainer::restore_links(RunDirectory& run) {
  auto& checkpoints = run.checkpoints();
  checkpoints.set_last(state_.step);
  if (state_.best_step == 0) return;
  if (has_manifest(checkpoints.path_of(state_.best_step))) {
    checkpoints.set_best(state_.best_step);
    return;
  }
  log().warn(
      "resuming, but not bit-equal: the best checkpoint, of step {}, is gone; the best is "
      "looked for anew from step {} on",
      state_.best_step, state_.step);
  state_.best_step = 0;
  state_.best_score.reset();
}

Scored Trainer::score_finite(const Dataset& dataset, const std::string& part) const {
  auto scored = score(*network_, *data_.preprocessor, dataset, device_);
  if (all_finite(scored)) return scored;
  throw Error(ErrorKind::diverged,
              "training diverged: the model's answers on the " + part +
                  " rows are not finite after step " + std::to_string(state_.step) +
                  "; lower train.optimizer.learning_rate, set train.clip_norm, or look for extreme "
                  "values in the data; checkpoints before it are intact");
}

void Trainer::train(RunDirectory& run, const TrainOptions& options) {
  RunLog log(run, plan_, kind_ == OutputKind::language_model ? "tokens" : "samples",
             options.progress);
  StepContext context{config_, kind_, device_, plan_.total_steps, *network_, optimizer_, *loader_};
  network_->train();
  while (state_.step < plan_.total_steps && !state_.finished) {
    const auto result = train_step(context, state_.step);
    ++state_.step;
    log.step(result, state_, config_.train.log_every);
    const bool best = plan_.validates_after(state_.step) && validate(log);
    const bool stop = options.stop_requested && options.stop_requested();
    if (best || stop || state_.finished || plan_.checkpoints_after(state_.step)) {
      checkpoint(run, best);
    }
    if (stop && state_.step < plan_.total_steps && !state_.finished) {
      throw Error(ErrorKind::stopped, stopped_message(run));
    }
  }
  seconds_ = log.seconds();
  if (state_.finished) {
    candor::log().info("stopped early at step {} of {}: no better {} in {} validations",
                       state_.step, plan_.total_steps, config_.train.metric.value_or("loss"),
                       state_.stale);
  }
}

double Trainer::probe_steps() {
  constexpr std::int64_t kFewest = 3;
  constexpr double kSeconds = 2.0;
  StepContext context{config_, kind_, device_, plan_.total_steps, *network_, optimizer_, *loader_};
  network_->train();
  train_step(context, 0);  // the first pays for every first-time initialisation
  const auto start = std::chrono::steady_clock::now();
  std::int64_t steps = 0;
  double seconds = 0.0;
  while (steps < kFewest || (seconds < kSeconds && steps + 1 < plan_.total_steps)) {
    train_step(context, ++steps);
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return seconds / static_cast<double>(steps);
}

double Trainer::probe_checkpoint() const {
  std::error_code error;
  const auto folder =
      fs::temp_directory_path(error) / ("candor-estimate-" + std::to_string(getpid()));
  const auto start = std::chrono::steady_clock::now();
  try {
    write_checkpoint(folder);
  } catch (const Error&) {
    return 0.0;  // an estimate needs no disk
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  fs::remove_all(folder, error);
  return taken.count();
}

bool Trainer::validate(RunLog& log) {
  const auto scored = score_finite(*data_.validation, "validation");
  const auto report = make_report(scored, config_.evaluate, /*intervals=*/false);
  const auto loss = validation_loss(scored, network_->stage());
  log.validation(report, loss, state_);
  double value = loss;
  bool higher = false;
  if (config_.train.metric && *config_.train.metric != "loss") {
    const auto* metric = report.find(*config_.train.metric);
    if (metric == nullptr || !metric->value) return false;  // undefined on these rows: no verdict
    value = *metric->value;
    higher = metric->higher_is_better;
  }
  const auto& stopping = config_.train.early_stopping;
  const double margin = stopping ? stopping->min_delta : 0.0;
  const bool better = !state_.best_score || (higher ? value > *state_.best_score + margin
                                                    : value < *state_.best_score - margin);
  if (better) {
    state_.best_score = value;
    state_.best_step = state_.step;
    state_.stale = 0;
  } else {
    ++state_.stale;
    state_.finished = stopping && state_.stale >= stopping->patience;
  }
  return better;
}

void Trainer::write_checkpoint(const fs::path& folder) const {
  Json state;
  state["format_version"] = kFormatVersion;
  state["train"] = state_.to_json();
  state["loader"] =
      loader_json(loader_->order(), loader_->state_after(state_.step * config_.train.accumulate));
  state["bits"] = bit_choices(device_);
  DirectoryWriter writer(folder);
  save_tensors(writer.path("weights.safetensors"), module_state(network_->model()));
  save_tensors(writer.path("optimizer.safetensors"), optimizer_.state());
  writer.write("state.json", state.dump(2) + "\n");
  writer.commit(/*replace=*/true);
}

void Trainer::checkpoint(RunDirectory& run, bool best) {
  run.sync_rows();
  auto& checkpoints = run.checkpoints();
  write_checkpoint(checkpoints.path_of(state_.step));
  checkpoints.set_last(state_.step);
  if (best) checkpoints.set_best(state_.step);
  checkpoints.retain(config_.train.checkpoint.keep);
}

void Trainer::load_weights(const fs::path& checkpoint) {
  const auto weights = checkpoint / "weights.safetensors";
  load_state(network_->model(), load_tensors(weights), weights.string());
}

void Trainer::take_final_weights(RunDirectory& run) {
  if (config_.train.weights != Weights::best || state_.best_step == 0) return;
  log().info("the model has the weights of step {}, which were the best", state_.best_step);
  if (state_.best_step != state_.step) load_weights(run.checkpoints().path_of(state_.best_step));
}

std::string Trainer::stopped_message(const RunDirectory& run) const {
  return "stopped at step " + std::to_string(state_.step) + " of " +
         std::to_string(plan_.total_steps) + ", after a checkpoint; continue with: candor train " +
         (run.path() / "config.json").string() + " --run " + run.path().string() + " --resume";
}

}  // namespace candor
