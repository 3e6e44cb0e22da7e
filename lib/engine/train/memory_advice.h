// SPDX-License-Identifier: Apache-2.0
// Out of memory, told as what to lower.
#pragma once

#include <exception>
#include <string>

#include <candor/config.h>

namespace candor {

// Whether `error` says that memory of host or device ran out.
bool is_out_of_memory(const std::exception& error);

// "out of memory in DOING: ...; lower ...". `fault` is the first line of what the allocator said.
std::string memory_advice(const RunConfig& config, const std::string& doing,
                          const std::string& fault);

}  // namespace candor
