// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/sum_gradients.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>

#include "engine/optim/chunks.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

// A stretch of one gradient, and of its parts.
struct Chunk {
  float* to;
  std::vector<const float*> from;
  std::int64_t count;
};

void sum(const Chunk& chunk, bool add) {
  bool fresh = !add;
  for (const auto* from : chunk.from) {
    if (fresh) {
      std::copy(from, from + chunk.count, chunk.to);
    } else {
      for (std::int64_t i = 0; i < chunk.count; ++i) chunk.to[i] += from[i];
    }
    fresh = false;
  }
  if (fresh) std::fill(chunk.to, chunk.to + chunk.count, 0.0f);
}

}  // namespace

void sum_gradients(const std::vector<at::Tensor>& parameters,
                   const std::vector<std::vector<at::Tensor>>& parts, bool add) {
  std::vector<at::Tensor> held;  // what a chunk points into
  std::vector<Chunk> chunks;
  for (std::size_t j = 0; j < parameters.size(); ++j) {
    const auto& gradient = parameters[j].grad();
    std::vector<const float*> from;
    for (const auto& part : parts) {
      if (!part[j].defined()) continue;
      // Elements lie as those of the parameter do.
      const bool alike = part[j].strides() == gradient.strides();
      held.push_back(alike ? part[j] : at::empty_like(gradient).copy_(part[j]));
      from.push_back(held.back().const_data_ptr<float>());
    }
    auto* to = gradient.data_ptr<float>();
    const auto count = gradient.numel();
    for (std::int64_t start = 0; start < count; start += kChunk) {
      Chunk chunk{to + start, from, std::min(kChunk, count - start)};
      for (auto& pointer : chunk.from) pointer += start;
      chunks.push_back(std::move(chunk));
    }
  }
  const auto size = static_cast<std::int64_t>(chunks.size());
  parallel_for(0, size, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) sum(chunks[static_cast<std::size_t>(i)], add);
  });
}

}  // namespace candor
