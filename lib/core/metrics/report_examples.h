// SPDX-License-Identifier: Apache-2.0
// The rows that a model is most wrong about.
#pragma once

#include <string>

#include "core/metrics/report.h"

namespace candor {

// The report.examples rows with the largest loss (classes) or error (numbers): their ids, truth and
// prediction, no other cell. Nothing when that is 0, for texts and for rankings.
std::string example_section(const Report& report, const Scored& scored);

}  // namespace candor
