// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/optimizer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <candor/error.h>

#include "engine/models/model.h"

namespace candor {
namespace {

constexpr std::int64_t kAlign = 16;  // floats; one cache line

std::int64_t aligned(std::int64_t count) { return (count + kAlign - 1) / kAlign * kAlign; }

// A part of `flat` with the shape and strides (channels-last stays channels-last) of `like`.
at::Tensor view_like(const at::Tensor& flat, std::int64_t offset, const at::Tensor& like) {
  return flat.as_strided(like.sizes(), like.strides(), offset);
}

FlatGroup flatten(const std::string& name, bool decaying,
                  const std::vector<at::Tensor>& parameters) {
  std::int64_t total = 0;
  for (const auto& parameter : parameters) total += aligned(parameter.numel());
  FlatGroup group;
  group.name = name;
  group.decays = decaying;
  const auto options = parameters.empty() ? at::TensorOptions(at::kFloat)
                                          : parameters.front().options().requires_grad(false);
  group.parameters = at::zeros({total}, options);
  group.gradients = at::zeros({total}, options);
  std::int64_t offset = 0;
  for (auto parameter : parameters) {
    auto view = view_like(group.parameters, offset, parameter);
    view.copy_(parameter.detach());
    parameter.set_data(view);
    parameter.mutable_grad() = view_like(group.gradients, offset, parameter);
    offset += aligned(parameter.numel());
  }
  return group;
}

// Which moments an optimizer keeps.
std::vector<std::string> moment_names(const OptimizerConfig& config) {
  if (const auto* sgd = std::get_if<SgdConfig>(&config)) {
    return sgd->momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{};
  }
  return {"first", "second"};
}

struct AdamValues {
  double beta1, beta2, eps, weight_decay;
};

void adam_update(FlatGroup& group, std::map<std::string, at::Tensor>& moments, std::int64_t update,
                 double learning_rate, const AdamValues& values) {
  const auto count = at::full({}, static_cast<double>(update), at::kFloat);
  const auto steps = std::vector<at::Tensor>{count.to(group.parameters.device())};
  const auto decay = group.decays ? values.weight_decay : 0.0;
  at::_fused_adamw_({group.parameters}, {group.gradients}, {moments.at("first")},
                    {moments.at("second")}, {}, steps, learning_rate, values.beta1, values.beta2,
                    decay, values.eps, /*amsgrad=*/false, /*maximize=*/false);
}

void sgd_update(FlatGroup& group, std::map<std::string, at::Tensor>& moments, double learning_rate,
                const SgdConfig& config) {
  if (group.decays && config.weight_decay > 0.0) {
    group.parameters.mul_(1.0 - learning_rate * config.weight_decay);
  }
  if (config.momentum == 0.0) {
    group.parameters.add_(group.gradients, -learning_rate);
    return;
  }
  auto& momentum = moments.at("momentum");
  momentum.mul_(config.momentum).add_(group.gradients);
  if (config.nesterov) group.parameters.add_(group.gradients, -learning_rate);
  group.parameters.add_(momentum,
                        config.nesterov ? -learning_rate * config.momentum : -learning_rate);
}

}  // namespace

bool leaves_rows_alone(const OptimizerConfig& config, const RegularizationConfig& regularization) {
  const auto* sgd = std::get_if<SgdConfig>(&config);
  return sgd != nullptr && sgd->momentum == 0.0 && sgd->weight_decay == 0.0 &&
         regularization.l1 == 0.0 && regularization.l2 == 0.0;
}

Optimizer::Optimizer(torch::nn::Module& module, const OptimizerConfig& config,
                     std::vector<at::Tensor> by_row)
    : config_(config), by_row_(std::move(by_row)) {
  TORCH_CHECK(by_row_.empty() || leaves_rows_alone(config, {}),
              "updates by row need an optimizer that leaves the other rows alone");
  const auto in_group = [&](const at::Tensor& parameter) {
    return std::none_of(by_row_.begin(), by_row_.end(),
                        [&](const at::Tensor& other) { return other.is_same(parameter); });
  };
  std::vector<at::Tensor> decaying, plain;
  for (const auto& parameter : module.parameters()) {
    if (!parameter.requires_grad() || !in_group(parameter)) continue;
    (decays(parameter) ? decaying : plain).push_back(parameter);
  }
  for (const bool decay : {true, false}) {
    const auto& parameters = decay ? decaying : plain;
    if (!parameters.empty())
      groups_.push_back(flatten(decay ? "decay" : "plain", decay, parameters));
  }
  for (const auto& group : groups_) {
    auto& moments = moments_.emplace_back();
    for (const auto& name : moment_names(config)) moments[name] = at::zeros_like(group.parameters);
  }
}

void Optimizer::zero_gradients() {
  for (auto& group : groups_) group.gradients.zero_();
  for (auto& parameter : by_row_) parameter.mutable_grad() = at::Tensor();
}

double Optimizer::regularise(const RegularizationConfig& config) {
  double value = 0.0;
  if (config.l1 == 0.0 && config.l2 == 0.0) return value;
  for (auto& group : groups_) {
    if (!group.decays) continue;
    if (config.l1 > 0.0) {
      group.gradients.add_(group.parameters.sign(), config.l1);
      value += config.l1 * group.parameters.abs().sum(at::kDouble).item<double>();
    }
    if (config.l2 > 0.0) {
      group.gradients.add_(group.parameters, config.l2);
      value += 0.5 * config.l2 * group.parameters.square().sum(at::kDouble).item<double>();
    }
  }
  return value;
}

void Optimizer::scale_gradients(double factor) {
  for (auto& group : groups_) group.gradients.mul_(factor);
  for (auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.mutable_grad() = parameter.grad() * factor;
  }
}

double Optimizer::clip(std::optional<double> limit) {
  double squares = 0.0;
  const auto add = [&](const at::Tensor& gradients) {
    const auto norm = at::linalg_vector_norm(gradients, 2).item<double>();
    squares += norm * norm;
  };
  for (const auto& group : groups_) add(group.gradients);
  for (auto& parameter : by_row_) {
    if (!parameter.grad().defined()) continue;
    parameter.mutable_grad() = parameter.grad().coalesce();
    add(parameter.grad().values());
  }
  const auto norm = std::sqrt(squares);
  if (limit && norm > *limit) scale_gradients(*limit / norm);
  return norm;
}

void Optimizer::step(double learning_rate) {
  ++updates_;
  for (const auto& parameter : by_row_) {
    if (parameter.grad().defined()) parameter.detach().add_(parameter.grad(), -learning_rate);
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (const auto* sgd = std::get_if<SgdConfig>(&config_)) {
      sgd_update(groups_[g], moments_[g], learning_rate, *sgd);
    } else if (const auto* adam = std::get_if<AdamConfig>(&config_)) {
      adam_update(groups_[g], moments_[g], updates_, learning_rate,
                  {adam->beta1, adam->beta2, adam->eps, 0.0});
    } else {
      const auto& adamw = std::get<AdamWConfig>(config_);
      adam_update(groups_[g], moments_[g], updates_, learning_rate,
                  {adamw.beta1, adamw.beta2, adamw.eps, adamw.weight_decay});
    }
  }
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
