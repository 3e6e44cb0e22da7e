// SPDX-License-Identifier: Apache-2.0
// Tensors as they are now, in host memory of their own, so that training goes on while they are
// written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/artifact/safetensors.h"
#include "engine/checkpoint/weights.h"

namespace candor {

class HostCopies {
 public:
  // Copies `tensors`, which are those of one file. Memory of an earlier copy is used again.
  void take(const std::string& file, const TensorMap& tensors);

  // Views of what was taken, by file; valid until the next take().
  std::map<std::string, std::vector<NamedTensor>> views() const;

 private:
  std::map<std::string, TensorMap> files_;
};

}  // namespace candor
