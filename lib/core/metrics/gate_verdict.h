// SPDX-License-Identifier: Apache-2.0
// From bounds and limits to a gate's state and its sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

struct CaseBounds {
  std::optional<double> value, low, high;
  std::string reason;  // why something of it is missing
};

// One thing that has to keep a gate's limits: a metric of all rows or of one group, or a gap.
struct GateCase {
  std::string subject;  // for the sentence: "accuracy of 'F'"
  std::string group;    // empty: none
  std::int64_t rows = 0;
  const char* unit = "rows";
  CaseBounds passing;       // what it has to pass by
  CaseBounds failing;       // what it can fail by: the same, or wider
  bool unbounded = false;   // it has no value because it is beyond every number: a max fails
  std::string blocked;      // why nothing is said about it
  std::string cannot_pass;  // why it may fail and never pass
};

// Sets state, value, bounds, group, reason and rows of `gate`, whose limits and confidence are set.
// One case that fails decides, then one that is undecided.
void set_verdict(GateResult& gate, const std::vector<GateCase>& cases, const std::string& method);

}  // namespace candor
