// SPDX-License-Identifier: Apache-2.0
// Work on long buffers in parts of a fixed size, so that sums do not depend on how many threads
// there are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/tensor/parallel.h"

namespace candor {

inline constexpr std::int64_t kChunk = 16384;  // elements, which lie in the cache

// work(first, count) for each chunk of [0, total); of long buffers on all threads.
template <class Work>
void for_chunks(std::int64_t total, const Work& work) {
  constexpr std::int64_t kChunksOfThread = 2;  // that are worth one
  const auto chunks = (total + kChunk - 1) / kChunk;
  parallel_for(0, chunks, kChunksOfThread, [&](std::int64_t begin, std::int64_t end) {
    for (auto chunk = begin; chunk < end; ++chunk) {
      const auto first = chunk * kChunk;
      work(first, std::min(kChunk, total - first));
    }
  });
}

// The results of work(first, count) for each chunk, in order.
template <class Result, class Work>
std::vector<Result> over_chunks(std::int64_t total, const Work& work) {
  std::vector<Result> results(static_cast<std::size_t>((total + kChunk - 1) / kChunk));
  for_chunks(total, [&](std::int64_t first, std::int64_t count) {
    results[static_cast<std::size_t>(first / kChunk)] = work(first, count);
  });
  return results;
}

}  // namespace candor
