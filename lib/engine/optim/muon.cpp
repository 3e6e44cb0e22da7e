// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/muon.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "engine/optim/chunks.h"

namespace candor {
namespace {

constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;

void blend(const FlatGroup& group, const at::Tensor& momentum, const at::Tensor& out,
           kernels::GradientScale scale, const MuonConfig& config) {
  if (!out.device().is_cpu()) {  // gradients are scaled already
    momentum.mul_(config.momentum).add_(group.gradients);
    out.copy_(momentum);
    if (config.nesterov) out.mul_(config.momentum).add_(group.gradients);
    return;
  }
  const auto* g = group.gradients.const_data_ptr<float>();
  auto* m = momentum.data_ptr<float>();
  auto* o = out.data_ptr<float>();
  for_chunks(out.numel(), [&](std::int64_t first, std::int64_t count) {
    kernels::blend_momentum(g + first, m + first, o + first, count, scale,
                            static_cast<float>(config.momentum), config.nesterov);
  });
}

void descend(const at::Tensor& weights, const at::Tensor& direction, double rate, double keep) {
  if (!weights.device().is_cpu()) {
    weights.mul_(keep).add_(direction.flatten(), -rate);
    return;
  }
  auto* w = weights.data_ptr<float>();
  const auto* d = direction.const_data_ptr<float>();
  for_chunks(weights.numel(), [&](std::int64_t first, std::int64_t count) {
    kernels::descend(w + first, d + first, count, static_cast<float>(rate),
                     static_cast<float>(keep));
  });
}

}  // namespace

at::Tensor Orthogonaliser::operator()(const at::Tensor& matrix, std::int64_t iterations) {
  constexpr double kEps = 1e-7;
  const auto rows = matrix.size(0), columns = matrix.size(1);
  const auto small = std::min(rows, columns);
  auto& buffers = buffers_[{rows, columns}];
  if (!buffers.gram.defined()) {
    buffers = {at::empty({small, small}, matrix.options()),
               at::empty({small, small}, matrix.options()), at::empty_like(matrix)};
  }
  auto x = matrix, next = buffers.next;
  x.div_(at::linalg_vector_norm(x, 2).add_(kEps));
  for (std::int64_t i = 0; i < iterations; ++i) {
    // a X + (b A + c A^2) X with A = X X^T, or its mirror image for tall matrices.
    const bool wide = rows <= columns;
    at::mm_out(buffers.gram, wide ? x : x.t(), wide ? x.t() : x);
    at::addmm_out(buffers.polynomial, buffers.gram, buffers.gram, buffers.gram, kB, kC);
    at::addmm_out(next, x, wide ? buffers.polynomial : x, wide ? x : buffers.polynomial, kA, 1.0);
    std::swap(x, next);
  }
  return x;
}

void MuonUpdate::operator()(FlatGroup& group, at::Tensor& momentum, kernels::GradientScale scale,
                            double rate, const MuonConfig& config) {
  if (!directions_.defined()) directions_ = at::zeros_like(group.parameters);
  blend(group, momentum, directions_, scale, config);
  const auto keep = 1.0 - rate * group.weight_decay(config.weight_decay);
  for (const auto& matrix : group.matrices) {
    const auto size = matrix.rows * matrix.columns;
    const auto direction = directions_.narrow(0, matrix.offset, size);
    const auto orthogonal =
        orthogonalise_(direction.view({matrix.rows, matrix.columns}), config.iterations);
    const auto shape = static_cast<double>(matrix.rows) / static_cast<double>(matrix.columns);
    descend(group.parameters.narrow(0, matrix.offset, size), orthogonal,
            rate * std::sqrt(std::max(1.0, shape)), keep);
  }
}

}  // namespace candor
