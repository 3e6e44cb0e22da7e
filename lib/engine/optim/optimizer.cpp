// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/optimizer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <candor/error.h>

#include "engine/optim/chunks.h"
#include "engine/optim/schedule.h"

namespace candor {
namespace {

constexpr float kNoLimit = std::numeric_limits<float>::infinity();

bool on_cpu(const FlatGroup& group) { return group.parameters.device().is_cpu(); }

// Which moments an optimizer keeps of a group.
std::vector<std::string> moment_names(const OptimizerConfig& config, const FlatGroup& group) {
  if (const auto* sgd = std::get_if<SgdConfig>(&config)) {
    return sgd->momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{};
  }
  if (group.matrix || std::holds_alternative<LionConfig>(config)) return {"momentum"};
  return {"first", "second"};
}

AdamWConfig without_decay(const AdamConfig& adam) {
  return {adam.learning_rate, adam.beta1, adam.beta2, adam.eps, 0.0};
}

std::uint16_t* bfloat16_bits(const at::Tensor& tensor) {
  static_assert(sizeof(at::BFloat16) == sizeof(std::uint16_t));
  return reinterpret_cast<std::uint16_t*>(tensor.data_ptr<at::BFloat16>());
}

// kernel(first, count) for each chunk, whose weights are then rounded into `copy`, if there is one.
template <class Kernel>
void update_chunks(const FlatGroup& group, const at::Tensor& copy, const Kernel& kernel) {
  const auto* w = group.parameters.const_data_ptr<float>();
  auto* rounded = copy.defined() ? bfloat16_bits(copy) : nullptr;
  for_chunks(group.parameters.numel(), [&](std::int64_t first, std::int64_t count) {
    kernel(first, count);
    if (rounded != nullptr) kernels::round_to_bfloat16(w + first, rounded + first, count);
  });
}

}  // namespace

bool leaves_rows_alone(const OptimizerConfig& config, const RegularizationConfig& regularization) {
  const auto* sgd = std::get_if<SgdConfig>(&config);
  return sgd != nullptr && sgd->momentum == 0.0 && sgd->weight_decay == 0.0 &&
         regularization.l1 == 0.0 && regularization.l2 == 0.0;
}

Optimizer::Optimizer(torch::nn::Module& module, const OptimizerConfig& config,
                     std::vector<at::Tensor> by_row, const ParameterConfigs& parameters)
    : config_(config) {
  TORCH_CHECK(by_row.empty() || leaves_rows_alone(config, {}),
              "updates by row need an optimizer that leaves the other rows alone");
  auto grouped =
      group_parameters(module, std::holds_alternative<MuonConfig>(config), by_row, parameters);
  groups_ = std::move(grouped.groups);
  by_row_ = std::move(grouped.by_row);
  muon_.resize(groups_.size());
  for (const auto& group : groups_) {
    auto& moments = moments_.emplace_back();
    for (const auto& name : moment_names(config, group)) {
      moments[name] = at::zeros_like(group.parameters);
    }
  }
}

void Optimizer::configure(const OptimizerConfig& config) {
  TORCH_CHECK(config.index() == config_.index(), "another optimizer keeps other moments");
  config_ = config;
}

std::vector<at::Tensor> Optimizer::parameter_buffers() const {
  std::vector<at::Tensor> buffers;
  for (const auto& group : groups_) buffers.push_back(group.parameters);
  return buffers;
}

void Optimizer::zero_gradients() {
  for (auto& group : groups_) group.gradients.zero_();
  forget_gradients();
}

void Optimizer::forget_gradients() {
  for (auto& parameter : by_row_) parameter.mutable_grad() = at::Tensor();
  scale_ = {};
}

// The gradients become what the next update would make of them.
void Optimizer::apply_scale() {
  if (scale_.scale == 1.0f && scale_.limit == kNoLimit && scale_.shrink == 1.0f) return;
  for (auto& group : groups_) {
    if (!on_cpu(group)) continue;
    auto* g = group.gradients.data_ptr<float>();
    for_chunks(group.gradients.numel(), [&](std::int64_t first, std::int64_t count) {
      kernels::rescale(g + first, count, scale_);
    });
  }
  scale_ = {};
}

double Optimizer::regularise(const RegularizationConfig& config) {
  if (config.l1 == 0.0 && config.l2 == 0.0) return 0.0;
  apply_scale();
  double absolute = 0.0, squares = 0.0;
  for (auto& group : groups_) {
    if (!group.decays) continue;
    if (!on_cpu(group)) {
      group.gradients.add_(group.parameters.sign(), config.l1).add_(group.parameters, config.l2);
      absolute += group.parameters.abs().sum(at::kDouble).item<double>();
      squares += group.parameters.square().sum(at::kDouble).item<double>();
      continue;
    }
    const auto* w = group.parameters.const_data_ptr<float>();
    auto* g = group.gradients.data_ptr<float>();
    const auto sums = over_chunks<kernels::PenaltySums>(
        group.parameters.numel(), [&](std::int64_t first, std::int64_t count) {
          return kernels::add_penalty(w + first, g + first, count, static_cast<float>(config.l1),
                                      static_cast<float>(config.l2));
        });
    for (const auto& sum : sums) {
      absolute += sum.absolute;
      squares += sum.squares;
    }
  }
  return config.l1 * absolute + 0.5 * config.l2 * squares;
}

void Optimizer::scale_gradients(double factor) {
  scale_.shrink *= static_cast<float>(factor);
  for (auto& group : groups_) {
    if (!on_cpu(group)) group.gradients.mul_(factor);
  }
  for (auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.mutable_grad() = parameter.grad() * factor;
  }
}

// Of all gradients as the next update would see them, and of those kept within +-`limit`.
kernels::Squares Optimizer::squares(float limit) const {
  kernels::Squares all;
  const auto add = [&](kernels::Squares more) {
    all.raw += more.raw;
    all.clamped += more.clamped;
  };
  const auto add_tensor = [&](const at::Tensor& gradients) {
    const auto raw = at::linalg_vector_norm(gradients, 2).item<double>();
    const auto clamped =
        limit < kNoLimit ? at::linalg_vector_norm(gradients.clamp(-limit, limit), 2).item<double>()
                         : raw;
    add({raw * raw, clamped * clamped});
  };
  for (const auto& group : groups_) {
    if (!on_cpu(group)) {
      add_tensor(group.gradients);
      continue;
    }
    const auto* g = group.gradients.const_data_ptr<float>();
    const auto sums = over_chunks<kernels::Squares>(
        group.gradients.numel(), [&](std::int64_t first, std::int64_t count) {
          return kernels::sum_squares(g + first, count, scale_.scale, limit);
        });
    for (const auto& sum : sums) add(sum);
  }
  for (const auto& parameter : by_row_) {
    if (parameter.grad().defined()) add_tensor(parameter.grad().values());
  }
  return all;
}

double Optimizer::clip(std::optional<double> norm, std::optional<double> value) {
  if (scale_.limit < kNoLimit) apply_scale();  // what was clipped before is clipped once more
  scale_ = {scale_.scale * scale_.shrink, kNoLimit, 1.0f};
  for (auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.mutable_grad() = parameter.grad().coalesce();
  }
  const auto limit = value ? static_cast<float>(*value) : kNoLimit;
  const auto sums = squares(limit);
  if (value) clamp(limit);
  const auto clamped = std::sqrt(sums.clamped);
  if (norm && clamped > *norm) scale_gradients(*norm / clamped);
  return std::sqrt(sums.raw);
}

void Optimizer::clamp(float limit) {
  scale_.limit = limit;
  for (auto& group : groups_) {
    if (!on_cpu(group)) group.gradients.clamp_(-limit, limit);
  }
  for (auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.grad().values().clamp_(-limit, limit);
  }
}

void Optimizer::update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
                       const SgdConfig& config) {
  const auto keep = 1.0 - rate * group.weight_decay(config.weight_decay);
  if (!on_cpu(group)) {
    if (keep != 1.0) group.parameters.mul_(keep);
    if (config.momentum == 0.0) {
      group.parameters.add_(group.gradients, -rate);
      return;
    }
    auto& momentum = moments.at("momentum");
    momentum.mul_(config.momentum).add_(group.gradients);
    if (config.nesterov) group.parameters.add_(group.gradients, -rate);
    group.parameters.add_(momentum, config.nesterov ? -rate * config.momentum : -rate);
    return;
  }
  auto* w = group.parameters.data_ptr<float>();
  const auto* g = group.gradients.const_data_ptr<float>();
  auto* m = config.momentum == 0.0 ? nullptr : moments.at("momentum").data_ptr<float>();
  const kernels::SgdStep step{static_cast<float>(rate), static_cast<float>(keep),
                              static_cast<float>(config.momentum), config.nesterov};
  update_chunks(group, copy, [&](std::int64_t first, std::int64_t count) {
    kernels::sgd(w + first, g + first, m == nullptr ? nullptr : m + first, count, scale_, step);
  });
}

void Optimizer::update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
                       const AdamWConfig& config) {
  const auto decay = group.weight_decay(config.weight_decay);
  auto &first_moment = moments.at("first"), &second_moment = moments.at("second");
  if (!on_cpu(group)) {
    const auto count = at::full({}, static_cast<double>(updates_), at::kFloat);
    at::_fused_adamw_({group.parameters}, {group.gradients}, {first_moment}, {second_moment}, {},
                      {count.to(group.parameters.device())}, rate, config.beta1, config.beta2,
                      decay, config.eps, /*amsgrad=*/false, /*maximize=*/false);
    return;
  }
  auto* w = group.parameters.data_ptr<float>();
  const auto* g = group.gradients.const_data_ptr<float>();
  auto* m = first_moment.data_ptr<float>();
  auto* v = second_moment.data_ptr<float>();
  const auto updates = static_cast<double>(updates_);
  const auto correction1 = 1.0 - std::pow(config.beta1, updates);
  const auto correction2 = 1.0 - std::pow(config.beta2, updates);
  const kernels::AdamStep step{static_cast<float>(rate / correction1),
                               static_cast<float>(1.0 - rate * decay),
                               static_cast<float>(config.beta1),
                               static_cast<float>(config.beta2),
                               static_cast<float>(1.0 - config.beta1),
                               static_cast<float>(1.0 - config.beta2),
                               static_cast<float>(1.0 / std::sqrt(correction2)),
                               static_cast<float>(config.eps)};
  update_chunks(group, copy, [&](std::int64_t first, std::int64_t count) {
    kernels::adam(w + first, g + first, m + first, v + first, count, scale_, step);
  });
}

void Optimizer::update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
                       const LionConfig& config) {
  const auto keep = 1.0 - rate * group.weight_decay(config.weight_decay);
  auto& momentum = moments.at("momentum");
  if (!on_cpu(group)) {
    group.parameters.mul_(keep).add_(
        (momentum * config.beta1).add_(group.gradients, 1.0 - config.beta1).sign_(), -rate);
    momentum.mul_(config.beta2).add_(group.gradients, 1.0 - config.beta2);
    return;
  }
  auto* w = group.parameters.data_ptr<float>();
  const auto* g = group.gradients.const_data_ptr<float>();
  auto* m = momentum.data_ptr<float>();
  const kernels::LionStep step{static_cast<float>(rate),
                               static_cast<float>(keep),
                               static_cast<float>(config.beta1),
                               static_cast<float>(config.beta2),
                               static_cast<float>(1.0 - config.beta1),
                               static_cast<float>(1.0 - config.beta2)};
  update_chunks(group, copy, [&](std::int64_t first, std::int64_t count) {
    kernels::lion(w + first, g + first, m + first, count, scale_, step);
  });
}

void Optimizer::update(std::size_t g, const at::Tensor& copy, double learning_rate) {
  auto& group = groups_[g];
  auto& moments = moments_[g];
  const auto rate = learning_rate * group.learning_rate_factor;
  if (const auto* sgd = std::get_if<SgdConfig>(&config_)) {
    update(group, moments, copy, rate, *sgd);
  } else if (const auto* adam = std::get_if<AdamConfig>(&config_)) {
    update(group, moments, copy, rate, without_decay(*adam));
  } else if (const auto* adamw = std::get_if<AdamWConfig>(&config_)) {
    update(group, moments, copy, rate, *adamw);
  } else if (const auto* lion = std::get_if<LionConfig>(&config_)) {
    update(group, moments, copy, rate, *lion);
  } else {
    const auto& muon = std::get<MuonConfig>(config_);
    const auto rest = rate / muon.learning_rate * muon.adamw.learning_rate;
    if (!group.matrix) return update(group, moments, copy, rest, muon.adamw);
    muon_[g](group, moments.at("momentum"), scale_, rate, muon);
  }
}

void Optimizer::step(double learning_rate, WorkingWeights* working) {
  ++updates_;
  for (const auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.detach().add_(parameter.grad(), -learning_rate);
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto& group = groups_[g];
    const bool in_chunks = on_cpu(group) && !group.matrix;
    update(g, working != nullptr && in_chunks ? working->copy(g) : at::Tensor(), learning_rate);
    if (working != nullptr && !in_chunks) working->copy(g).copy_(group.parameters);
  }
  if (working != nullptr) working->mark_current();
}

std::map<std::string, at::Tensor> Optimizer::state() const {
  std::map<std::string, at::Tensor> state;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const auto& [name, tensor] : moments_[g]) state[groups_[g].name + "." + name] = tensor;
  }
  return state;
}

void Optimizer::load_state(const std::map<std::string, at::Tensor>& state, std::int64_t updates) {
  const auto expected = this->state();
  if (state.size() != expected.size()) {
    throw Error(ErrorKind::model, "optimizer.safetensors: " + std::to_string(state.size()) +
                                      " tensors, but the optimizer has " +
                                      std::to_string(expected.size()));
  }
  for (auto [name, tensor] : expected) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != tensor.sizes()) {
      throw Error(ErrorKind::model, "optimizer.safetensors: '" + name +
                                        "' is missing or has another size than the model");
    }
    tensor.copy_(found->second);
  }
  updates_ = updates;
}

}  // namespace candor
