// SPDX-License-Identifier: Apache-2.0
#include "engine/train/step.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <candor/error.h>

#include "engine/optim/schedule.h"
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

void check_finite(const StepContext& context, std::int64_t step, const char* what, double value) {
  if (std::isfinite(value)) return;
  throw Error(
      ErrorKind::diverged,
      std::string("training diverged: ") + what + " is not finite at step " +
          std::to_string(step + 1) + " (epoch " +
          std::to_string(context.loader.epoch_of(step * context.config.train.accumulate) + 1) +
          "); lower train.optimizer.learning_rate, set train.clip_norm, or look for extreme "
          "values in the data; checkpoints before it are intact");
}

// What a part counts among those of one update, so that they give what one large batch would: its
// rows' weight, or the tokens that it predicts. Parts have as many rows each.
double share_of(const Batch& batch, std::int64_t accumulate) {
  if (accumulate > 1 && batch.counted) {
    return std::max(static_cast<double>(*batch.counted), double{std::numeric_limits<float>::min()});
  }
  if (accumulate == 1 || !batch.weight.defined()) return 1.0;
  return std::max(batch.weight.sum().item<double>(), double{std::numeric_limits<float>::min()});
}

}  // namespace

StepResult train_step(StepContext& context, std::int64_t step) {
  const auto& train = context.config.train;
  const RandomStream dropout(context.config.seed, "dropout");
  StepResult result;
  double shares = 0.0;
  context.optimizer.zero_gradients();
  for (std::int64_t part = 0; part < train.accumulate; ++part) {
    const auto number = step * train.accumulate + part;
    const auto batch = to_device(context.loader.load(number), context.device);
    DropoutStream stream(dropout.at(static_cast<std::uint64_t>(number)));
    const auto output = context.network.forward(batch.inputs, stream);
    const auto loss = training_loss(context.kind, context.network.stage(), output, batch);
    const auto share = share_of(batch, train.accumulate);
    (train.accumulate > 1 ? loss * share : loss).backward();
    result.loss += loss.item<double>() * share;
    result.items += batch.counted.value_or(batch.target.numel());
    shares += share;
  }
  result.loss /= shares;
  check_finite(context, step, "the loss", result.loss);
  const torch::NoGradGuard no_gradients;
  if (train.accumulate > 1) {
    context.optimizer.scale_gradients(1.0 / shares);
  }
  result.regularisation = context.optimizer.regularise(train.regularization);
  result.gradient_norm = context.optimizer.clip(train.clip_norm);
  check_finite(context, step, "the gradient", result.gradient_norm);
  result.learning_rate = base_learning_rate(train.optimizer) *
                         schedule_factor(train.schedule, step, context.total_steps);
  context.optimizer.step(result.learning_rate);
  return result;
}

}  // namespace candor
