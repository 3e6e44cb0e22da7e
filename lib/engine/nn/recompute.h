// SPDX-License-Identifier: Apache-2.0
// Activation checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a
// layer that keeps its inputs alone, and is computed once more when its gradient is due.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "engine/nn/dropout.h"

namespace candor {

// A pure function of its inputs, which are defined, and of parameters and constants that it knows.
using LayerFunction =
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs, DropoutStream&)>;

// What `layer` gives, with the same gradients, bit by bit: when it runs again, it has the same
// masks. What it changes besides (running statistics) it must leave alone where recomputing() says
// so. Without gradients, or in a trace, it is simply called. Where the model's parameters are named
// in no input, their gradients are added as backward() adds them to leaves; so the gradient is
// taken by backward(), not by grad().
at::Tensor recompute(LayerFunction layer, std::vector<at::Tensor> inputs, DropoutStream& dropout);

// Whether this thread computes a layer for the second time.
bool recomputing();

}  // namespace candor
