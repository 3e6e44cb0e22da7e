// SPDX-License-Identifier: Apache-2.0
// Where tensors live. CUDA is loaded on demand: a CPU user never pays for it, and one binary serves
// both.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace candor {

// `name`: auto, cpu, cuda or cuda:N. For CUDA this loads libtorch_cuda.so, which must happen before
// the first call that asks LibTorch about CUDA; so call it before anything else makes tensors.
// auto: CUDA where a driver reports a GPU and the libraries are there, else the CPU. Throws
// Error{config} that says what is missing.
at::Device select_device(const std::string& name);

// "cpu (2 threads)", "cuda:0".
std::string device_description(at::Device device);

// Threads inside one operation on the calling thread; 0: one per core.
void set_threads(int count);

}  // namespace candor
