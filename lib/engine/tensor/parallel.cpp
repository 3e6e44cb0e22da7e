// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/parallel.h"

#include <ATen/Parallel.h>

namespace candor {

#ifndef _OPENMP
#error "compile this file with OpenMP, or every loop has one thread"
#endif

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  c10::function_ref<void(std::int64_t, std::int64_t)> run) {
  at::parallel_for(begin, end, grain,
                   [&](std::int64_t first, std::int64_t last) { run(first, last); });
}

}  // namespace candor
