// SPDX-License-Identifier: Apache-2.0
// TorchScript by tracing a Network with a mirrored jit::Module, and the check that the file
// computes what the native model computes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/preprocess/network.h"

namespace candor {

struct Parity {
  int shapes = 0;               // shapes compared that the trace never saw
  double max_difference = 0.0;  // largest |a - b|
  bool passed = false;          // every |a - b| <= 1e-5 + 1e-5 |b|
};

// Random valid inputs with `rows` rows and `length` tokens (length ignored except for text),
// seeded.
using SampleInputs = std::function<InputTensors(std::int64_t rows, std::int64_t length)>;

struct TorchScript {
  std::string file;  // the bytes of model.pt
  Parity parity;     // passed
};

// Traces `network` (eval mode, float32, CPU), saves it in memory with `extra_files`, loads that
// again and compares with the native model on at least five shapes that the trace never saw. Throws
// Error{model} when the graph holds a tensor constant of more than one element, or the parity
// fails.
TorchScript export_torchscript(Network& network, const SampleInputs& samples,
                               std::int64_t max_length,
                               const std::map<std::string, std::string>& extra_files);

}  // namespace candor
