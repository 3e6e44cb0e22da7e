// SPDX-License-Identifier: Apache-2.0
// Facts about the program and the machine it runs on, for environment.json and --version --json.
#pragma once

#include "core/base/json.h"

namespace candor {

// {"candor", "compiler", "system", "processor", "instruction_set", "cores"}; instruction_set is the
// best of avx512_bf16, avx512, avx2, sse2 that the processor has.
Json environment();

// Wall time since the program was started, in seconds, to a hundredth.
double process_seconds();

}  // namespace candor
