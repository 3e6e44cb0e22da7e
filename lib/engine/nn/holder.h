// SPDX-License-Identifier: Apache-2.0
// A module that only holds tensors and children, so that names nest as "layers.0.weight".
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

namespace candor {

struct Holder : torch::nn::Module {
  using torch::nn::Module::register_buffer;
  using torch::nn::Module::register_module;
  using torch::nn::Module::register_parameter;

  // The child `name`, made when it is not there.
  Holder& child(const std::string& name) {
    if (auto* found = named_children().find(name)) return static_cast<Holder&>(**found);
    return *register_module(name, std::make_shared<Holder>());
  }
};

}  // namespace candor
