// SPDX-License-Identifier: Apache-2.0
// max(x, 0) and dropout, with the gradient of both in one pass: what is above 0 behind them was
// neither cut off nor dropped, so that no mask is kept.
#pragma once

#include "engine/nn/dropout.h"

namespace candor {

// dropout.apply(max(x, 0), p), with the same bits. It is written into x's memory without
// autograd's knowledge: x must be a new result that nobody else needs, nor its own backward (of a
// linear layer, a normalisation, a sum).
at::Tensor relu_dropout(const at::Tensor& x, DropoutStream& dropout, double p);

// The gradient behind y = relu_dropout(x): `kept` * dy where y > 0, else 0. On the CPU both are
// float32.
at::Tensor relu_gradient(const at::Tensor& y, const at::Tensor& dy, double kept);

// What dropout of probability `p`, which made `after` of `before`, has multiplied the values by
// that stay: DropoutStream::apply() gives `before` itself where it drops none.
double kept_scale(const at::Tensor& before, const at::Tensor& after, double p);

}  // namespace candor
