// SPDX-License-Identifier: Apache-2.0
// Loops on LibTorch's threads. Not at::parallel_for: that is a template in a header, and runs on
// one thread where the file around it is compiled without OpenMP, as all others here are.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace candor {

// run(first, last) for consecutive parts of [begin, end), each of `grain` or more where there are
// so many, at most one on each of at::get_num_threads() threads; alone within another such loop.
// Operations inside of it have one thread. Throws what `run` throws.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  c10::function_ref<void(std::int64_t, std::int64_t)> run);

}  // namespace candor
