// SPDX-License-Identifier: Apache-2.0
// SGD, Adam and AdamW over parameters and gradients that lie in flat buffers: clipping,
// regularisation and the update are one pass each over a few large tensors.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

// Parameters of one kind, one after the other in one buffer (each start aligned to 64 bytes, gaps
// are zero).
struct FlatGroup {
  std::string name;       // "decay" or "plain"
  bool decays = false;    // regularisation and weight decay apply
  at::Tensor parameters;  // float32 [n]; the module's parameters are views of it
  at::Tensor gradients;   // float32 [n]; the parameters' gradients are views of it
};

// Whether an update leaves a row of weights alone that has no gradient: SGD without momentum and
// weight decay, and no regularisation.
bool leaves_rows_alone(const OptimizerConfig& config, const RegularizationConfig& regularization);

class Optimizer {
 public:
  // Moves the storage of the module's parameters (which stay the same Tensor objects) into flat
  // buffers, and gives each its gradient view. The module must stay on its device.
  // `by_row`: parameters of the module with sparse gradients of which only rows with a gradient are
  // touched, so that an update costs what the batch holds; needs leaves_rows_alone(). Any other
  // parameter may have sparse gradients too, which are then added to its dense one.
  Optimizer(torch::nn::Module& module, const OptimizerConfig& config,
            std::vector<at::Tensor> by_row = {});

  void zero_gradients();

  // Adds the gradient of l1 * sum|theta| + l2 / 2 * sum theta^2 and returns that term's value.
  double regularise(const RegularizationConfig& config);

  // Multiplies all gradients by `factor`.
  void scale_gradients(double factor);

  // Global L2 norm before clipping; with `limit`, gradients are scaled so that the norm is at most
  // that.
  double clip(std::optional<double> limit);

  // One update at `learning_rate`; counts updates for Adam's bias correction.
  void step(double learning_rate);

  // What must survive besides the parameters: moments (named "<group>.<moment>") and the update
  // count.
  std::map<std::string, at::Tensor> state() const;
  std::int64_t updates() const { return updates_; }
  // Throws Error{model} on a wrong name or size.
  void load_state(const std::map<std::string, at::Tensor>& state, std::int64_t updates);

 private:
  OptimizerConfig config_;
  std::vector<FlatGroup> groups_;
  std::vector<at::Tensor> by_row_;                          // in no group
  std::vector<std::map<std::string, at::Tensor>> moments_;  // per group
  std::int64_t updates_ = 0;
};

}  // namespace candor
