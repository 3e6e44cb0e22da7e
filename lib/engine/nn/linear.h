// SPDX-License-Identifier: Apache-2.0
// Linear layers, alone and with what follows them, as one node with explicit gradients each. In a
// trace, and where nothing is differentiated, the plain composition of ATen operations, which
// computes the same up to rounding.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/nn/dropout.h"

namespace candor {

// x W^T + b: x (..., C), weight (O, C), bias (O) or undefined; (..., O). The product is of the kind
// of the ProductScope.
at::Tensor linear_layer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

// dropout.apply(max(linear_layer(x, weight, bias), 0), p).
at::Tensor linear_relu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       DropoutStream& dropout, double p);

}  // namespace candor
