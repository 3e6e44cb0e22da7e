// SPDX-License-Identifier: Apache-2.0
// Groups, gaps and worst slices for the terminal: at most 100 columns wide.
#pragma once

#include <string>

#include "core/metrics/report.h"
#include "core/metrics/text_table.h"

namespace candor {

// Empty when there are no groups. Crossed columns show the groups that fare worst.
std::string group_text(const Report& report, const TextStyle& style);

}  // namespace candor
