// SPDX-License-Identifier: Apache-2.0
#include "engine/train/gradients.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/base/trace.h"
#include "engine/optim/sum_gradients.h"
#include "engine/tensor/parallel.h"
#include "engine/train/loss.h"

namespace candor {
namespace {

constexpr std::int64_t kFewestItems = 64;  // rows or tokens of a part, the height of its matrices

at::Tensor rows_of(const at::Tensor& tensor, std::int64_t first, std::int64_t count) {
  return tensor.defined() ? tensor.narrow(0, first, count) : at::Tensor();
}

// `first`: the batch's row that is the first of this part.
at::Tensor loss_of(StepContext& context, const Batch& batch, std::int64_t first,
                   const RandomStream& masks) {
  DropoutStream stream(masks);
  const auto output = context.network.forward(batch.inputs, stream);
  if (context.groups != nullptr) {
    context.groups->observe(first, context.kind, context.network.stage(), output);
  }
  return training_loss(context.kind, context.network.stage(), output, batch, context.loss);
}

// What the mean of the loss was divided by.
double weight_of(const Batch& batch, const LossOptions& options) {
  const auto items = static_cast<double>(batch.target.numel());
  return std::max(loss_weight(batch, options).value_or(items),
                  double{std::numeric_limits<float>::min()});
}

std::vector<at::Tensor> trained_parameters(const Model& model) {
  std::vector<at::Tensor> parameters;
  for (const auto& parameter : model.parameters()) {
    if (parameter.requires_grad()) parameters.push_back(parameter);
  }
  return parameters;
}

}  // namespace

std::int64_t part_count(const Batch& batch, const Model& model) {
  const std::int64_t threads = at::get_num_threads();
  const bool whole = !batch.target.device().is_cpu() || batch.inputs.terms.defined() ||
                     !model.rows_independent() || !model.sparse_parameters().empty();
  const auto rows = batch.target.size(0);
  if (whole || rows < threads || batch.target.numel() / threads < kFewestItems) return 1;
  return threads;
}

std::vector<Batch> split_batch(const Batch& batch, std::int64_t parts) {
  if (parts == 1) return {batch};
  std::vector<Batch> split;
  const auto rows = batch.target.size(0);
  for (std::int64_t i = 0; i < parts; ++i) {
    const auto first = i * rows / parts, count = (i + 1) * rows / parts - first;
    Batch part;
    std::vector<at::Tensor> inputs;
    for (const auto& tensor : batch.inputs.list()) inputs.push_back(rows_of(tensor, first, count));
    part.inputs = InputTensors::from_list(batch.inputs.names(), inputs);
    part.inputs.segments = rows_of(batch.inputs.segments, first, count);
    part.target = rows_of(batch.target, first, count);
    part.weight = rows_of(batch.weight, first, count);
    part.second_target = rows_of(batch.second_target, first, count);
    part.target_share = batch.target_share;
    if (batch.counted) part.counted = part.target.ne(kNoTarget).sum().item<std::int64_t>();
    split.push_back(std::move(part));
  }
  return split;
}

double make_gradients(StepContext& context, const Batch& batch, const RandomStream& masks,
                      double scale, bool add) {
  // A layer that is computed again adds to its parameters' gradients by itself (recompute.h).
  const bool whole = context.config.train.activation_checkpointing;
  const auto parts = split_batch(batch, whole ? 1 : part_count(batch, context.network.model()));
  if (parts.size() == 1) {
    if (!add) context.optimizer.zero_gradients();
    const ProductScope products(context.products, context.working);
    TraceSpan span("forward");
    const auto loss = loss_of(context, batch, 0, masks);
    span.next("backward");
    (scale != 1.0 ? loss * scale : loss).backward();
    return loss.item<double>();
  }
  // The sum of the parts overwrites the gradients.
  if (!add) context.optimizer.forget_gradients();
  const auto parameters = trained_parameters(context.network.model());
  const auto weight = weight_of(batch, context.loss);
  std::vector<std::vector<at::Tensor>> gradients(parts.size());
  std::vector<double> losses(parts.size());
  std::vector<std::int64_t> firsts(parts.size(), 0);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    firsts[i] = firsts[i - 1] + parts[i - 1].target.size(0);
  }
  const auto run = [&](std::size_t i) {
    const ProductScope products(context.products, context.working);
    TraceSpan span("forward");
    const auto share = weight_of(parts[i], context.loss) / weight;
    const auto loss = loss_of(context, parts[i], firsts[i], masks.at(i)) * share;
    span.next("backward");
    gradients[i] = torch::autograd::grad({scale != 1.0 ? loss * scale : loss}, parameters, {},
                                         /*retain_graph=*/std::nullopt, /*create_graph=*/false,
                                         /*allow_unused=*/true);
    losses[i] = loss.item<double>();
  };
  parallel_for(0, static_cast<std::int64_t>(parts.size()), 1,
               [&](std::int64_t first, std::int64_t last) {
                 for (auto i = first; i < last; ++i) run(static_cast<std::size_t>(i));
               });
  sum_gradients(parameters, gradients, add);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace candor
