// SPDX-License-Identifier: Apache-2.0
// The search behind fit_group_thresholds: every decision that each group's thresholds can make, and
// the best choice of one (or of a mix) per group.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/decide/group_thresholds.h"
#include "core/decide/threshold.h"

namespace candor {

using GroupCuts = std::map<std::string, std::vector<Cut>>;
using GroupMixes = std::map<std::string, std::vector<MixedThreshold>>;

// Cuts of the rows of each group that has weight.
GroupCuts group_cuts(const CalibrationRows& rows);

// One cut per group whose selection rates lie within max_difference and one step of each other; of
// these the best objective, then the smallest gap.
GroupMixes parity_thresholds(const GroupCuts& groups, const GroupChoice& choice);

// One common point of false and true positive rate for all groups, the best objective there is.
GroupMixes odds_thresholds(const GroupCuts& groups, const GroupChoice& choice);

}  // namespace candor
