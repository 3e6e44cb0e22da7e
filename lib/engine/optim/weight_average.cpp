// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/weight_average.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "engine/optim/chunks.h"
#include "engine/optim/update_kernels.h"

namespace candor {
namespace {

bool averaged(const at::Tensor& tensor) { return tensor.is_floating_point(); }

// Whether a plain walk over the memory of both meets the same elements at the same time.
bool walks_alike(const at::Tensor& a, const at::Tensor& b) {
  return a.device().is_cpu() && a.scalar_type() == at::kFloat && a.strides() == b.strides() &&
         a.is_non_overlapping_and_dense();
}

double decay_of(const EmaConfig& config, std::int64_t updates_done) {
  const auto n = static_cast<double>(updates_done);
  return config.warmup ? std::min(config.decay, (1.0 + n) / (10.0 + n)) : config.decay;
}

}  // namespace

WeightAverage::WeightAverage(Tensors live, const EmaConfig& config)
    : config_(config), live_(std::move(live)) {
  for (const auto& [name, tensor] : live_) {
    average_[name] = at::empty_like(tensor, at::MemoryFormat::Preserve).copy_(tensor);
  }
}

// In parts of a fixed size, of all tensors: many are too small to be worth a thread alone.
std::vector<WeightAverage::Part> WeightAverage::parts() const {
  std::vector<Part> parts;
  for (const auto& [name, average] : average_) {
    const auto& live = live_.at(name);
    if (!averaged(average) || !walks_alike(average, live)) continue;
    for (std::int64_t first = 0; first < average.numel(); first += kChunk) {
      parts.push_back({average.data_ptr<float>() + first, live.data_ptr<float>() + first,
                       std::min(kChunk, average.numel() - first)});
    }
  }
  return parts;
}

void WeightAverage::update(std::int64_t updates_done) {
  TORCH_CHECK(!in_place_, "no update while the average stands in for the weights");
  const torch::NoGradGuard no_gradients;
  const auto share = 1.0 - decay_of(config_, updates_done);
  const auto all = parts();
  parallel_for(
      0, static_cast<std::int64_t>(all.size()), 4, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
          const auto& part = all[static_cast<std::size_t>(i)];
          kernels::move_average(part.average, part.live, part.count, static_cast<float>(share));
        }
      });
  for (auto& [name, average] : average_) {
    const auto& live = live_.at(name);
    if (!averaged(average)) {
      average.copy_(live);
    } else if (!walks_alike(average, live)) {
      average.lerp_(live, share);
    }
  }
}

void WeightAverage::swap() {
  const torch::NoGradGuard no_gradients;
  for (const auto& part : parts()) {
    std::swap_ranges(part.average, part.average + part.count, part.live);
  }
  for (auto& [name, average] : average_) {
    auto& live = live_.at(name);
    if (averaged(average) && walks_alike(average, live)) continue;
    const auto kept = live.clone();
    live.copy_(average);
    average.copy_(kept);
  }
  in_place_ = !in_place_;
}

const WeightAverage::Tensors& WeightAverage::state() const {
  TORCH_CHECK(!in_place_, "no state while the average stands in for the weights");
  return average_;
}

void WeightAverage::load_state(const Tensors& state, const std::string& where) {
  TORCH_CHECK(!in_place_, "no new state while the average stands in for the weights");
  for (const auto& [name, tensor] : average_) {
    const auto found = state.find(name);
    if (found != state.end() && found->second.sizes() == tensor.sizes() &&
        found->second.scalar_type() == tensor.scalar_type()) {
      continue;
    }
    throw Error(ErrorKind::model, where + ": tensor '" + name +
                                      "' is missing or has another shape or type than the model");
  }
  if (state.size() != average_.size()) {
    throw Error(ErrorKind::model, where + ": has tensors that the model does not have");
  }
  const torch::NoGradGuard no_gradients;
  for (auto& [name, tensor] : average_) tensor.copy_(state.at(name));
}

WeightAverage::InPlace::InPlace(WeightAverage& average) : average_(average) {
  TORCH_CHECK(!average.in_place_, "the average stands in for the weights already");
  average_.swap();
}

WeightAverage::InPlace::~InPlace() { average_.swap(); }

}  // namespace candor
