// SPDX-License-Identifier: Apache-2.0
// Which rows a model serves worst, among those that one or two group columns tell apart.
#pragma once

#include "core/metrics/group_table.h"

namespace candor {

// Every value and every pair of values (as far as columns are crossed in `tables`) with at least
// `min_count` rows, against all other rows: accuracy, or the mean absolute error of a regression.
// p values are corrected for all of them (Holm); a pair is named only where its own interval lies
// on the bad side of both of its values.
Slices worst_slices(const GroupTables& tables, std::int64_t min_count, double confidence);

}  // namespace candor
