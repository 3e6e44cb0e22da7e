// SPDX-License-Identifier: Apache-2.0
// SGD, Adam, AdamW, Lion and Muon over parameters and gradients that lie in flat buffers. On the
// CPU an update takes two passes over them: one for the gradients' norm, one for everything else
// (scaling, clipping, decay, moments, weights, their copy as bfloat16). Neither depends on the
// number of threads.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "engine/nn/working_weights.h"
#include "engine/optim/flat_groups.h"
#include "engine/optim/muon.h"
#include "engine/optim/update_kernels.h"

namespace candor {

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
  // `parameters` is train.parameters; what it freezes gets no gradient and costs no time. Throws as
  // group_parameters().
  Optimizer(torch::nn::Module& module, const OptimizerConfig& config,
            std::vector<at::Tensor> by_row = {}, const ParameterConfigs& parameters = {});

  // One of these goes before the gradients of every update: both forget what clip() and
  // scale_gradients() made of the last ones; forget_gradients() is for where all gradients will be
  // overwritten.
  void zero_gradients();
  void forget_gradients();

  // Adds the gradient of l1 * sum|theta| + l2 / 2 * sum theta^2 and returns that term's value.
  double regularise(const RegularizationConfig& config);

  // Multiplies all gradients by `factor`: on the CPU when they are next read.
  void scale_gradients(double factor);

  // Each gradient's element is kept within +-`value`; then all are scaled so that their global L2
  // norm is at most `norm`. Returns the norm before both. On the CPU both are done when step()
  // reads the gradients.
  double clip(std::optional<double> norm, std::optional<double> value = std::nullopt);

  // Other settings of the same optimizer, from the next update on.
  void configure(const OptimizerConfig& config);

  // One update at `learning_rate` (Muon's; its AdamW has a rate in proportion); counts updates for
  // Adam's bias correction. `working`, of parameter_buffers(), is current afterwards: on the CPU
  // each part is rounded while it lies in the cache.
  void step(double learning_rate, WorkingWeights* working = nullptr);

  // What must survive besides the parameters: moments (named "<group>.<moment>") and the update
  // count.
  std::map<std::string, at::Tensor> state() const;
  std::int64_t updates() const { return updates_; }
  // Throws Error{model} on a wrong name or size.
  void load_state(const std::map<std::string, at::Tensor>& state, std::int64_t updates);

  // Buffers of all parameters that are trained, but those updated by row.
  const std::vector<FlatGroup>& groups() const { return groups_; }
  std::vector<at::Tensor> parameter_buffers() const;

 private:
  using Moments = std::map<std::string, at::Tensor>;

  void apply_scale();
  void clamp(float limit);
  kernels::Squares squares(float limit) const;
  // `copy`: where the weights go as bfloat16; undefined for nowhere.
  void update(std::size_t group, const at::Tensor& copy, double learning_rate);
  void update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
              const SgdConfig& config);
  void update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
              const AdamWConfig& config);
  void update(FlatGroup& group, Moments& moments, const at::Tensor& copy, double rate,
              const LionConfig& config);

  OptimizerConfig config_;
  std::vector<FlatGroup> groups_;
  std::vector<at::Tensor> by_row_;  // in no group
  std::vector<Moments> moments_;    // per group
  std::vector<MuonUpdate> muon_;    // per group
  kernels::GradientScale scale_;    // what the next update makes of the gradients of the groups
  std::int64_t updates_ = 0;
};

}  // namespace candor
