// SPDX-License-Identifier: Apache-2.0
// Facts about the program and the machine it runs on, for environment.json and --version --json.
#pragma once

#include <string>

#include "core/base/json.h"

namespace candor {

// {"candor", "compiler", "system", "processor", "instruction_set", "cores"}.
Json environment();

// The best of avx512_bf16, avx512, avx2, sse2 that the processor has; "generic" where it is no x86.
std::string instruction_set();

// Wall time since the program was started, in seconds, to a hundredth.
double process_seconds();

}  // namespace candor
