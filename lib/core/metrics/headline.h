// SPDX-License-Identifier: Apache-2.0
// What a report says first, where there is no room for all of it.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

// The metrics that tell most, with a value, in the report's order.
std::vector<Metric> headline(const Report& report);

// "1 of 3 gates is not passed."; empty without gates.
std::string gate_sentence(const Report& report);

// "PASS", "FAIL" or "OPEN" (undecided).
const char* gate_mark(const GateResult& gate);

// "min 0.9, max 0.95".
std::string gate_bounds(const GateResult& gate);

}  // namespace candor
