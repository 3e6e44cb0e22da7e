// SPDX-License-Identifier: Apache-2.0
// Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks").
#pragma once

#include <map>
#include <utility>

#include "engine/optim/flat_groups.h"
#include "engine/optim/update_kernels.h"

namespace candor {

// A matrix near the closest one with orthogonal rows (or columns, if there are fewer): the quintic
// Newton-Schulz iteration with Jordan's coefficients, which brings the singular values near 1.
// `matrix` float32 (rows, columns).
class Orthogonaliser {
 public:
  // `matrix` is overwritten; the result lies there or in a buffer that the next call uses again.
  at::Tensor operator()(const at::Tensor& matrix, std::int64_t iterations);

 private:
  struct Buffers {
    at::Tensor gram, polynomial, next;
  };
  std::map<std::pair<std::int64_t, std::int64_t>, Buffers> buffers_;  // by shape
};

// One update of a group of matrices at `rate`: momentum, made orthogonal, times
// sqrt(max(1, rows / columns)).
class MuonUpdate {
 public:
  void operator()(FlatGroup& group, at::Tensor& momentum, kernels::GradientScale scale, double rate,
                  const MuonConfig& config);

 private:
  at::Tensor directions_;  // of the group, flat
  Orthogonaliser orthogonalise_;
};

}  // namespace candor
