// SPDX-License-Identifier: Apache-2.0
// Gradients beside central differences.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "engine/nn/check_same.h"

namespace candor::test {

// One number of what an operation gives, in which no two elements cancel.
inline at::Tensor weighted_sum(const at::Tensor& result) {
  const auto weight = torch::arange(1, result.numel() + 1, result.options().requires_grad(false));
  return (result.flatten() * weight.sin()).sum();
}

inline Inputs gradients_of(const Operation& operation, const Inputs& inputs, at::ScalarType type,
                           std::size_t differentiable) {
  Inputs own;
  for (const auto& input : inputs) {
    own.push_back(input.is_floating_point() ? input.to(type, /*non_blocking=*/false, /*copy=*/true)
                                            : input);
  }
  for (std::size_t i = 0; i < differentiable; ++i) own[i].set_requires_grad(true);
  weighted_sum(operation(own)).backward();
  Inputs gradients;
  for (std::size_t i = 0; i < differentiable; ++i) gradients.push_back(own[i].grad());
  return gradients;
}

// (f(x + h) - f(x - h)) / 2h in float64 for each element of input `which`.
inline at::Tensor central_differences(const Operation& operation, const Inputs& inputs,
                                      std::size_t which) {
  constexpr double kStep = 1e-5;  // error of the formula and of rounding are both about 1e-10
  const torch::NoGradGuard no_gradients;
  Inputs own;
  for (const auto& input : inputs) {
    own.push_back(input.is_floating_point() ? input.to(torch::kFloat64).contiguous().clone()
                                            : input);
  }
  auto slopes = torch::empty_like(own[which]);
  auto* const values = own[which].data_ptr<double>();
  for (std::int64_t i = 0; i < own[which].numel(); ++i) {
    const auto value = values[i];
    const auto step = kStep * std::max(1.0, std::abs(value));
    const auto at = [&](double x) {
      values[i] = x;
      return weighted_sum(operation(own)).item<double>();
    };
    const auto above = value + step, below = value - step;
    const auto rise = at(above) - at(below);
    slopes.data_ptr<double>()[i] = rise / (above - below);
    values[i] = value;
  }
  return slopes;
}

// The largest difference, in shares of the largest slope.
inline double relative_error(const at::Tensor& gradient, const at::Tensor& slopes) {
  REQUIRE(gradient.defined());
  REQUIRE(gradient.sizes() == slopes.sizes());
  const auto largest = slopes.abs().max().item<double>();
  return (gradient.to(torch::kFloat64) - slopes).abs().max().item<double>() /
         std::max(largest, 1e-3);
}

// `fused` has a gradient of its own, which for most operations is computed in float32 alone; in
// float64 they are the plain composition, or `plain` says what they are. Central differences of the
// latter are what both must give: in float64 up to 1e-6, in float32 up to its rounding. The first
// `differentiable` of `inputs`, which are float32 values, are differentiated by.
inline void check_gradients(const Operation& fused, const Operation& plain, const Inputs& inputs,
                            std::size_t differentiable) {
  constexpr double kDouble = 1e-6, kSingle = 2e-6;
  const auto exact = gradients_of(plain, inputs, torch::kFloat64, differentiable);
  const auto single = gradients_of(fused, inputs, torch::kFloat32, differentiable);
  for (std::size_t i = 0; i < differentiable; ++i) {
    INFO("input " << i);
    const auto slopes = central_differences(plain, inputs, i);
    CHECK(slopes.abs().max().item<double>() > 1e-3);  // there is something to check
    CHECK(relative_error(exact[i], slopes) < kDouble);
    CHECK(relative_error(single[i], slopes) < kSingle);
  }
}

inline void check_gradients(const Operation& operation, const Inputs& inputs,
                            std::size_t differentiable) {
  check_gradients(operation, operation, inputs, differentiable);
}

}  // namespace candor::test
