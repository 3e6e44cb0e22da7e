// SPDX-License-Identifier: Apache-2.0
// Operations of the Transformer block as one pass each, with explicit gradients, for float32 on the
// CPU. Elsewhere (other devices and types, tracing) the plain composition of ATen operations, which
// computes the same up to rounding.
#pragma once

#include <ATen/core/Tensor.h>

namespace candor {

// x / sqrt(mean(x^2) + eps) * weight over the last dimension; x (..., C), weight (C). Zhang &
// Sennrich 2019, eq. 4.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps);

// x + more and its rms_norm(), in one pass.
struct AddedNorm {
  at::Tensor sum, normed;
};
AddedNorm add_rms_norm(const at::Tensor& x, const at::Tensor& more, const at::Tensor& weight,
                       double eps);

// Rotary position embedding in the half-split form: with x = (a, b) halved along D, (a cos - b sin,
// b cos + a sin). x (B, T, H, D), cosine and sine (T, D / 2). Su et al. 2021, section 3.2.2.
at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);

// silu(gate) * up, element by element, of (..., 2 F) that holds a row's gate before its up; (...,
// F). Shazeer 2020, section 2.
at::Tensor swiglu(const at::Tensor& gate_up);

// The plain compositions, for tests and for where the fused ones do not apply.
at::Tensor rms_norm_plain(const at::Tensor& x, const at::Tensor& weight, double eps);
at::Tensor rotary_plain(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);
at::Tensor swiglu_plain(const at::Tensor& gate_up);

}  // namespace candor
