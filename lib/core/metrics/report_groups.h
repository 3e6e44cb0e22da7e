// SPDX-License-Identifier: Apache-2.0
// Groups of rows on the report's page: their metrics and gaps as forest plots, and the slices that
// are served worst.
#pragma once

#include <span>
#include <string>

#include "core/metrics/report.h"

namespace candor {

// A section for each group column, nothing where there are none.
std::string group_sections(const Report& report);

// All metrics of the groups of one column, a line each.
std::string group_metric_table(std::span<const GroupRow> groups);

// Nothing where no search was made.
std::string slice_section(const Report& report);

}  // namespace candor
