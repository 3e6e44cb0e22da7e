// SPDX-License-Identifier: Apache-2.0
// Area under the ROC curve of every group at once.
#pragma once

#include <optional>
#include <vector>

#include "core/metrics/group_columns.h"
#include "core/metrics/ranking.h"

namespace candor {

// By code; `scored` has two classes. Empty where a group's rows with weight hold one class only.
// Value and variance are those of mean_auc() on the group's rows.
std::vector<std::optional<Auc>> group_auc(const Scored& scored, const GroupColumn& column);

}  // namespace candor
