// SPDX-License-Identifier: Apache-2.0
// Which parameters are updated alike, and their flat buffers.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

// A weight matrix in a flat buffer, row by row; of a convolution, each output channel is a row.
struct FlatMatrix {
  std::int64_t offset, rows, columns;
};

// Parameters that are updated alike, one after the other in one buffer (each start aligned to 64
// bytes, gaps are zero).
struct FlatGroup {
  // "decay" or "plain", or with Muon "matrix" for what it makes orthogonal; of parameters that a
  // pattern of train.parameters fits, that follows: "decay[layers.0.*]".
  std::string name;
  bool matrix = false;                     // Muon's
  bool decays = false;                     // regularisation and the optimizer's weight decay apply
  double learning_rate_factor = 1.0;       // of the optimizer's rate
  std::optional<double> own_weight_decay;  // instead of the optimizer's
  at::Tensor parameters;                   // float32 [n]; the module's parameters are views of it
  at::Tensor gradients;                    // float32 [n]; the parameters' gradients are views of it
  std::vector<FlatMatrix> matrices;        // with `matrix`: of each parameter

  double weight_decay(double usual) const {
    return own_weight_decay.value_or(decays ? usual : 0.0);
  }
};

using ParameterConfigs = std::map<std::string, ParameterConfig>;

// What the longest pattern that fits `name` says, of several that are as long the first in
// alphabetic order; null: none fits.
const ParameterConfigs::value_type* find_fitting(const ParameterConfigs& parameters,
                                                 const std::string& name);

// Of these names of a model's parameters with their numbers of dimensions, those that are weight
// matrices between hidden layers, which Muon makes orthogonal: the projections of a Transformer's
// layers; a ResNet's convolutions but the first one; `layers.N.weight` of an MLP but the first one
// and, where there is no `head.weight`, the last one.
std::vector<bool> find_hidden_matrices(const std::vector<std::string>& names,
                                       const std::vector<std::int64_t>& dimensions);

struct GroupedParameters {
  std::vector<FlatGroup> groups;
  std::vector<at::Tensor> by_row;  // of those that were asked for; the others are in a group
};

// Moves the storage of the module's parameters (which stay the same Tensor objects) into flat
// buffers, and gives each its gradient view. Those that `parameters` freezes are in none, and no
// gradient is computed for them. Throws Error{config} for a pattern that fits no parameter, where
// nothing is left to train, and for Muon where no parameter left is its own.
GroupedParameters group_parameters(torch::nn::Module& module, bool muon,
                                   const std::vector<at::Tensor>& by_row,
                                   const ParameterConfigs& parameters);

}  // namespace candor
