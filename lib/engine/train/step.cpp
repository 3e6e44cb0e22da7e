// SPDX-License-Identifier: Apache-2.0
#include "engine/train/step.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/seconds.h"
#include "core/base/trace.h"
#include "engine/optim/schedule.h"
#include "engine/train/gradients.h"
#include "engine/train/loss.h"

namespace candor {
namespace {

Batch to_device(Batch batch, at::Device device) {
  if (device.is_cpu()) return batch;
  batch.inputs = batch.inputs.to(device);
  batch.target = batch.target.to(device);
  if (batch.second_target.defined()) batch.second_target = batch.second_target.to(device);
  if (batch.weight.defined()) batch.weight = batch.weight.to(device);
  return batch;
}

// Running statistics of batch norms, which the forward pass moves: put back when the update is
// skipped.
class RunningStatistics {
 public:
  explicit RunningStatistics(const torch::nn::Module& module) {
    for (const auto& item : module.named_buffers()) {
      if (item.key().find("running_") == std::string::npos &&
          item.key().find("num_batches_tracked") == std::string::npos) {
        continue;
      }
      live_.push_back(item.value());
    }
    const torch::NoGradGuard no_gradients;
    for (const auto& tensor : live_) copies_.push_back(tensor.clone());
  }
  void put_back() {
    for (std::size_t i = 0; i < live_.size(); ++i) live_[i].copy_(copies_[i]);
  }

 private:
  std::vector<at::Tensor> live_, copies_;
};

void skip(StepResult& result, const char* fault, std::vector<std::int64_t> rows,
          RunningStatistics& statistics) {
  const torch::NoGradGuard no_gradients;
  statistics.put_back();
  result.skipped = true;
  result.fault = fault;
  result.rows = std::move(rows);
}

// What a part counts among those of one update, so that they give what one large batch would: its
// rows' weight, or the tokens that it predicts. Parts have as many rows each.
double share_of(const Batch& batch, const StepContext& context) {
  if (context.config.train.accumulate == 1) return 1.0;
  const auto weight = loss_weight(batch, context.loss).value_or(1.0);
  return std::max(weight, double{std::numeric_limits<float>::min()});
}

void weigh_groups(StepContext& context, std::int64_t number, Batch& batch) {
  std::vector<std::int64_t> rows;
  context.loader.add_rows(number, rows);
  context.groups->weigh(rows, batch);
}

StepResult update(StepContext& context, std::int64_t step) {
  const auto& train = context.config.train;
  const RandomStream dropout(context.config.seed, "dropout");
  const auto first = step * train.accumulate + context.batch_offset;
  RunningStatistics statistics(context.network.model());
  if (context.working != nullptr) context.working->refresh();
  if (context.groups != nullptr) context.groups->begin_update();
  StepResult result;
  std::vector<std::int64_t> bad_rows;
  double shares = 0.0;
  for (std::int64_t part = 0; part < train.accumulate; ++part) {
    const auto number = first + part;
    auto batch = to_device(context.loader.load(number), context.device);
    if (context.groups != nullptr) weigh_groups(context, number, batch);
    const auto share = share_of(batch, context);
    const auto value =
        make_gradients(context, batch, dropout.at(static_cast<std::uint64_t>(number)), share,
                       /*add=*/part > 0);
    if (context.groups != nullptr) context.groups->end_batch();
    if (!std::isfinite(value)) context.loader.add_rows(number, bad_rows);
    result.loss += value * share;
    result.items += batch.counted.value_or(batch.target.numel());
    shares += share;
  }
  result.loss /= shares;
  result.learning_rate =
      base_learning_rate(train.optimizer) *
      schedule_factor(train.schedule, step, context.total_steps, context.reductions);
  if (!std::isfinite(result.loss)) {
    skip(result, "loss", std::move(bad_rows), statistics);
    return result;
  }
  const TraceSpan span("update");
  const torch::NoGradGuard no_gradients;
  if (train.accumulate > 1) {
    context.optimizer.scale_gradients(1.0 / shares);
  }
  result.regularisation = context.optimizer.regularise(train.regularization);
  result.gradient_norm = context.optimizer.clip(train.clip_norm, train.clip_value);
  if (!std::isfinite(result.gradient_norm)) {
    for (std::int64_t part = 0; part < train.accumulate; ++part) {
      context.loader.add_rows(first + part, bad_rows);
    }
    skip(result, "gradient", std::move(bad_rows), statistics);
    return result;
  }
  context.optimizer.step(result.learning_rate, context.working);
  if (context.groups != nullptr) context.groups->end_update();
  if (context.average != nullptr) context.average->update(context.optimizer.updates());
  return result;
}

}  // namespace

StepResult train_step(StepContext& context, std::int64_t step) {
  const auto start = Clock::now();
  auto result = update(context, step);
  result.seconds = seconds_since(start);
  return result;
}

}  // namespace candor
