// SPDX-License-Identifier: Apache-2.0
#include "engine/train/trainer.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <candor/error.h>

#include "core/base/counted.h"
#include "core/base/log.h"
#include "core/base/seconds.h"
#include "core/base/trace.h"
#include "core/metrics/groups.h"
#include "core/metrics/report.h"
#include "engine/evaluate/score.h"
#include "engine/train/loop.h"
#include "engine/train/product_choice.h"

namespace candor {
namespace {

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

// The newest checkpoint that is there, up to `anchor`: a later one may have failed to be written.
std::int64_t kept_anchor(RunDirectory& run, std::int64_t anchor) {
  const auto steps = run.checkpoints().list();
  const auto after = std::upper_bound(steps.begin(), steps.end(), anchor);
  return after == steps.begin() ? anchor : *std::prev(after);
}

bool is_better(double score, const std::optional<double>& best, bool higher, double margin) {
  return !best || (higher ? score > *best + margin : score < *best - margin);
}

// Thrown out of a validation that a stop interrupts, and caught there.
struct Interrupted {};

// Between the values of one column; none where data.groups does not name it.
std::vector<GroupGaps> gaps_between(Scored scored, const std::string& column,
                                    const EvaluateConfig& config) {
  std::erase_if(scored.groups, [&](const auto& group) { return group.first != column; });
  if (scored.groups.empty()) return {};
  return GroupStudy(scored, {config.min_count, 1, /*slices=*/false}).gaps(config.confidence);
}

}  // namespace

Trainer::Trainer(const RunConfig& config, const OpenedData& data, std::shared_ptr<Network> network,
                 at::Device device)
    : config_(config),
      data_(data),
      network_(std::move(network)),
      device_(device),
      kind_(data.preprocessor->signature().output),
      optimizer_((network_->to(device), network_->model()), config.train.optimizer,
                 updated_by_row(network_->model(), config.train), config.train.parameters),
      loss_(make_loss_options(config.train.loss, data.preprocessor->signature().labels,
                              data.class_counts, device)),
      loader_(make_loader(OrderKind::feistel)),
      plan_(make_plan(config.train, loader_->batches_per_epoch(), data.validation != nullptr)) {
  set_products(choose_products(config.train.precision, device));
  network_->model().set_recomputing(config.train.activation_checkpointing);
  if (config.train.fairness) groups_.emplace(*config.train.fairness, data.groups);
  if (config.train.ema) average_.emplace(module_state(network_->model()), *config.train.ema);
}

std::unique_ptr<Loader> Trainer::make_loader(OrderKind order) const {
  require_batch(config_.train, data_.train->training_size());
  LoaderOptions options;
  options.rows.order = order;
  if (!data_.sampling_weights.empty()) {
    options.rows.sampler = std::make_shared<const RowSampler>(data_.sampling_weights);
  }
  options.threads = loader_threads(config_.train.loader_threads, *data_.train);
  return std::make_unique<Loader>(data_.train, config_.train.batch_size, config_.seed,
                                  std::move(options));
}

void Trainer::set_products(ProductKind products) {
  products_ = products;
  working_.reset();
  if (products != ProductKind::bfloat16) return;
  working_.emplace(optimizer_.parameter_buffers());
}

bool Trainer::ended() const {
  return !state_.validation_due && (state_.finished || state_.step >= plan_.total_steps);
}

StepContext Trainer::context(const RunConfig& config) {
  StepContext context{config,    kind_,      device_,  plan_.total_steps,
                      *network_, optimizer_, *loader_, loss_};
  context.batch_offset = state_.batch_offset;
  context.reductions = state_.reductions;
  context.average = average_ ? &*average_ : nullptr;
  context.groups = groups_ ? &*groups_ : nullptr;
  context.products = products_;
  context.working = working_ ? &*working_ : nullptr;
  return context;
}

Scored Trainer::score_finite(const Dataset& dataset, const std::string& part,
                             const std::function<void()>& between) const {
  constexpr std::int64_t kBatch = 256;
  auto scored = score(*network_, *data_.preprocessor, dataset, device_, kBatch, between);
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
  CheckpointSaver saver(run, config_.train.checkpoint.keep,
                        {kept_anchor(run, state_.anchor), state_.anchor_best});
  Loop loop{run, saver, log, options, Clock::now()};
  network_->train();
  // Something to roll back to before the first planned one.
  if (state_.step == 0) checkpoint(loop, /*best=*/false, /*planned=*/true);
  if (pauses(options) && !state_.validation_due && !ended()) {
    throw Error(ErrorKind::stopped, stopped_message(run));
  }
  while (!ended()) {
    if (state_.validation_due || update(loop)) follow_up(loop);
  }
  saver.finish();
  log.finish(state_);
  seconds_ = log.seconds();
  items_per_second_ = log.items_per_second();
  if (state_.skipped > 0) candor::log().warn("{} updates were skipped", state_.skipped);
  if (state_.finished) {
    candor::log().info("stopped early at step {} of {}: no better {} in {}", state_.step,
                       plan_.total_steps, config_.train.metric.value_or("loss"),
                       counted(state_.stale, "validation"));
  }
}

bool Trainer::pauses(const TrainOptions& options) const {
  if (options.stop_after == 0) return false;
  return state_.step >= options.stop_after * (config_.train.steps ? 1 : plan_.steps_per_epoch);
}

bool Trainer::update(Loop& loop) {
  loop.saver.poll();
  auto now = context(config_);
  const auto result = train_step(now, state_.step);
  ++state_.step;
  if (result.skipped) {
    note_skipped(loop, result);
  } else {
    state_.skipped_in_row = 0;
  }
  loop.log.step(result, state_, config_.train.log_every);
  if (state_.skipped_in_row == kMostSkippedInRow) {
    roll_back(loop, result);
    return false;
  }
  state_.validation_due = plan_.validates_after(state_.step);
  return true;
}

void Trainer::follow_up(Loop& loop) {
  const auto best = state_.validation_due ? validate(loop) : false;
  const bool stop = !best || loop.stop() || pauses(loop.options);
  const bool planned = best && (*best || state_.finished || plan_.checkpoints_after(state_.step));
  const auto& seconds = config_.train.checkpoint.every_seconds;
  if (planned || stop || (seconds && seconds_since(loop.last_checkpoint) >= *seconds)) {
    checkpoint(loop, best.value_or(false), planned);
  }
  if (!stop || ended()) return;
  loop.saver.finish();
  loop.log.finish(state_);
  throw Error(ErrorKind::stopped, stopped_message(loop.run));
}

// Behind the epochs of smaller images, if there are any.
std::int64_t Trainer::first_probed(std::int64_t fewest) const {
  const auto& progressive = config_.augment.progressive_resize;
  if (!progressive) return 0;
  return std::clamp<std::int64_t>(plan_.total_steps - 1 - fewest, 0,
                                  progressive->epochs * plan_.steps_per_epoch);
}

StepTimes Trainer::probe_steps() {
  constexpr std::size_t kFewest = 3;
  constexpr double kSeconds = 2.0;
  auto context = this->context(config_);
  network_->train();
  const auto first = first_probed(kFewest);
  train_step(context, first);  // the first pays for every first-time initialisation
  std::vector<double> times;
  const auto next = [&] { return first + static_cast<std::int64_t>(times.size()) + 1; };
  for (double sum = 0.0; times.size() < kFewest || (sum < kSeconds && next() < plan_.total_steps);
       sum += times.back()) {
    const auto start = Clock::now();
    train_step(context, next());
    times.push_back(seconds_since(start));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) {
    return times[((times.size() - 1) * percent + 50) / 100];
  };
  return {at(50), at(90) / std::max(at(10), 1e-9), first};
}

RateRange Trainer::find_rate(const std::function<bool()>& stop_requested) {
  auto config = config_;
  auto context = this->context(config);
  context.average = nullptr;
  network_->train();
  return find_learning_rate(config, context, stop_requested);
}

std::optional<bool> Trainer::validate(Loop& loop) {
  const TraceSpan span("validation");
  std::optional<Scored> scored;
  try {
    std::optional<WeightAverage::InPlace> averages;
    if (average_) averages.emplace(*average_);
    scored = score_finite(*data_.validation, "validation", [&] {
      if (loop.stop()) throw Interrupted();
    });
  } catch (const Interrupted&) {
    return std::nullopt;
  }
  state_.validation_due = false;
  auto report = make_report(*scored, config_.evaluate, /*intervals=*/false);
  const auto loss = validation_loss(*scored, network_->stage());
  if (const auto& fairness = config_.train.fairness) {
    report.gaps = gaps_between(*std::move(scored), fairness->group, config_.evaluate);
  }
  loop.log.validation(report, loss, state_);
  if (!config_.train.metric || *config_.train.metric == "loss") return judge(loss, false);
  const auto* metric = report.find(*config_.train.metric);
  if (metric == nullptr || !metric->value) return false;  // undefined on these rows: no verdict
  return judge(*metric->value, metric->higher_is_better);
}

bool Trainer::judge(double score, bool higher) {
  judge_plateau(score, higher);
  const auto& stopping = config_.train.early_stopping;
  if (is_better(score, state_.best_score, higher, stopping ? stopping->min_delta : 0.0)) {
    state_.best_score = score;
    state_.best_step = state_.step;
    state_.stale = 0;
    return true;
  }
  ++state_.stale;
  state_.finished = stopping && state_.stale >= stopping->patience;
  return false;
}

void Trainer::judge_plateau(double score, bool higher) {
  const auto* plateau = std::get_if<PlateauSchedule>(&config_.train.schedule);
  if (plateau == nullptr) return;
  if (is_better(score, state_.plateau_best, higher, plateau->min_delta)) {
    state_.plateau_best = score;
    state_.plateau_stale = 0;
  } else if (++state_.plateau_stale >= plateau->patience) {
    ++state_.reductions;
    state_.plateau_stale = 0;
  }
}

}  // namespace candor
