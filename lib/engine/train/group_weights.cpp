// SPDX-License-Identifier: Apache-2.0
#include "engine/train/group_weights.h"

#include <torch/torch.h>

#include <algorithm>

namespace candor {
namespace {

std::size_t cell_of(const TrainingGroups& groups, std::size_t row) {
  const auto label = groups.labels.empty() ? std::int64_t{0} : groups.labels[row];
  return static_cast<std::size_t>(groups.of_rows[row]) * groups.classes +
         static_cast<std::size_t>(label);
}

std::vector<double> cell_counts(const TrainingGroups& groups) {
  std::vector<double> counts(groups.names.size() * groups.classes, 0.0);
  for (std::size_t row = 0; row < groups.of_rows.size(); ++row) counts[cell_of(groups, row)] += 1.0;
  return counts;
}

}  // namespace

GroupWeights::GroupWeights(const FairnessConfig& config, const TrainingGroups& groups)
    : groups_(groups),
      weights_(config, groups.classes, cell_counts(groups)),
      sums_(weights_.groups() * weights_.classes()) {}

void GroupWeights::begin_update() { sums_ = CellSums(sums_.rows.size()); }

// By row: what its cell counts times what it counted before. The weight of a whole group is shared
// by its rows of the batch.
at::Tensor GroupWeights::batch_weights(const at::Tensor& before) const {
  const auto count = static_cast<std::int64_t>(cells_.size());
  auto weight = before.defined() ? before.to(at::kCPU).clone() : at::ones({count}, at::kFloat);
  auto* values = weight.data_ptr<float>();
  std::vector<double> of_group(weights_.groups(), 0.0);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    of_group[cells_[i] / weights_.classes()] += double{values[i]};
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const auto group = cells_[i] / weights_.classes(), label = cells_[i] % weights_.classes();
    auto factor = weights_.rule(group, label).weight;
    if (weights_.shared() && of_group[group] > 0.0) {
      factor *= static_cast<double>(count) / of_group[group];
    }
    values[i] = static_cast<float>(double{values[i]} * factor);
  }
  return weight;
}

void GroupWeights::weigh(std::span<const std::int64_t> rows, Batch& batch) {
  cells_.clear();
  for (const auto row : rows) cells_.push_back(cell_of(groups_, static_cast<std::size_t>(row)));
  losses_.assign(cells_.size(), 0.0);
  positive_.assign(cells_.size(), 0);
  target_ = batch.target.to(at::kCPU);
  batch.weight = batch_weights(batch.weight).to(batch.target.device());
  if (!weights_.relabels()) return;
  std::vector<std::int64_t> targets;
  for (const auto cell : cells_) {
    const auto classes = weights_.classes();
    targets.push_back(
        static_cast<std::int64_t>(weights_.rule(cell / classes, cell % classes).label));
  }
  batch.target = torch::tensor(targets, torch::kInt64).to(batch.target.device());
}

void GroupWeights::observe(std::int64_t first, OutputKind kind, const TensorStage& stage,
                           const at::Tensor& output) {
  if (!weights_.moves()) return;
  const torch::NoGradGuard no_gradients;
  auto answers = output.detach().to(at::kCPU).to(at::kFloat);
  const auto target = target_.narrow(0, first, answers.size(0));
  at::Tensor losses, positive;
  if (kind == OutputKind::regression) {
    if (answers.dim() == 3) answers = answers.mean(1);
    const auto standard = stage.standardise(target.to(output.device())).to(at::kCPU);
    losses = (answers.squeeze(1) - standard).square();
  } else {
    auto p = answers.softmax(-1);
    if (p.dim() == 3) p = p.mean(1);
    losses = -p.gather(1, target.unsqueeze(1)).squeeze(1).clamp_min(1e-30).log();
    positive = p.argmax(1).eq(p.size(1) - 1);
  }
  losses = losses.to(at::kDouble).contiguous();
  std::copy_n(losses.const_data_ptr<double>(), losses.numel(), losses_.begin() + first);
  if (!positive.defined()) return;
  const auto* chosen = positive.const_data_ptr<bool>();
  std::copy_n(chosen, positive.numel(), positive_.begin() + first);
}

void GroupWeights::end_batch() {
  if (!weights_.moves()) return;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    sums_.rows[cells_[i]] += 1.0;
    sums_.loss[cells_[i]] += losses_[i];
    sums_.positive[cells_[i]] += positive_[i];
  }
}

}  // namespace candor
