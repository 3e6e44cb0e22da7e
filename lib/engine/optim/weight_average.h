// SPDX-License-Identifier: Apache-2.0
// The exponential moving average of a model's weights (Polyak & Juditsky 1992), which is validated
// and becomes the model in place of the weights themselves.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

class WeightAverage {
 public:
  using Tensors = std::map<std::string, at::Tensor>;

  // `live` are the parameters and buffers of the model as module_state() gives them, which share
  // its storage; so they are taken after an Optimizer has moved that. The average begins as what
  // they are now. Floating-point buffers (running statistics) are averaged too; counts are copied.
  WeightAverage(Tensors live, const EmaConfig& config);

  // After update number `updates_done`, from 1: average = d * average + (1 - d) * weights with d =
  // decay, or with warm-up min(decay, (1 + updates_done) / (10 + updates_done)).
  void update(std::int64_t updates_done);

  // The averages under the names of the model's tensors; they share the average's storage.
  const Tensors& state() const;
  // Goes on from a state, bit by bit. Throws Error{model} naming `where` and the tensor that is
  // missing or has another shape or type.
  void load_state(const Tensors& state, const std::string& where);

  // While it lives, the model has the averages; then its own weights again, bit by bit. What was
  // derived from the weights (copies of another type) is to be made anew at both ends.
  class InPlace {
   public:
    explicit InPlace(WeightAverage& average);
    ~InPlace();
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;

   private:
    WeightAverage& average_;
  };

 private:
  // Elements of a pair of tensors that lie in memory in the same order.
  struct Part {
    float* average;
    float* live;
    std::int64_t count;
  };

  std::vector<Part> parts() const;
  void swap();

  EmaConfig config_;
  Tensors live_, average_;
  bool in_place_ = false;
};

}  // namespace candor
