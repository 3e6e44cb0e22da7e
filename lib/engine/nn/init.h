// SPDX-License-Identifier: Apache-2.0
// Initial weights: pure functions of a stream, drawn on the CPU, independent of the number of
// threads.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/base/random.h"

namespace candor {

// While it lives, the functions below (on this thread) make tensors on `device`: for the `meta`
// device, whose tensors cannot be reached from the CPU by Module::to.
class InitDevice {
 public:
  explicit InitDevice(at::Device device);
  ~InitDevice();
  InitDevice(const InitDevice&) = delete;
  InitDevice& operator=(const InitDevice&) = delete;

 private:
  at::Device before_;
};

// While it lives, the functions below (on this thread) leave what they would draw uninitialised:
// for weights that are read from a file next.
class SkipInit {
 public:
  SkipInit();
  ~SkipInit();
  SkipInit(const SkipInit&) = delete;
  SkipInit& operator=(const SkipInit&) = delete;

 private:
  bool before_;
};

// float32 of `shape`, uniform in [-bound, bound).
at::Tensor uniform_tensor(at::IntArrayRef shape, double bound, const RandomStream& stream);

// float32 of `shape`, normal with mean 0.
at::Tensor normal_tensor(at::IntArrayRef shape, double deviation, const RandomStream& stream);

// float32 of `shape`, all `value`.
at::Tensor constant_tensor(at::IntArrayRef shape, double value);

// `tensor` where tensors are made now.
at::Tensor on_init_device(const at::Tensor& tensor);

}  // namespace candor
