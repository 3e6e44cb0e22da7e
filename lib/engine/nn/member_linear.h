// SPDX-License-Identifier: Apache-2.0
// A linear layer of an ensemble whose K members share its matrix: y = ((x * r) W^T) * s + b with
// r, s and b of each member's own. "BatchEnsemble" (Wen et al. 2020), eq. 5. Values of N rows are
// (N K, width): row n K + k is what member k makes of row n, so that all members are one product.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace candor {

struct MemberLinear {
  at::Tensor weight;  // (out, in)
  at::Tensor r;       // (K, in); undefined: 1
  at::Tensor s;       // (K, out); undefined: 1
  at::Tensor bias;    // (out), or of each member's own [K out]
};

// Inputs that the members share: x (N, in) to (N K, out). `added` (N, out), if defined, joins the
// product before s. The adapters go into the matrix, so there are never N K rows of inputs, and no
// gradient of them.
at::Tensor member_inputs(const MemberLinear& layer, std::int64_t members, const at::Tensor& x,
                         const at::Tensor& added = {});

// Of a layer without a matrix: only `added`, (N, out) to (N K, out).
at::Tensor member_sums(const MemberLinear& layer, std::int64_t members, const at::Tensor& added);

// Inputs of each member's own: x (N K, in) to (N K, out).
at::Tensor member_linear(const MemberLinear& layer, std::int64_t members, const at::Tensor& x);

// Matrices of each member's own: x (N K, in), weight (K, in, out), bias [K out] to (N, K, out).
at::Tensor member_heads(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace candor
