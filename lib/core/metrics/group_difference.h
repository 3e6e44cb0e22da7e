// SPDX-License-Identifier: Apache-2.0
// What sets two groups without a common row apart.
#pragma once

#include <optional>

#include "core/metrics/beside_all.h"
#include "core/metrics/group_table.h"

namespace candor {

struct GroupDifference {
  double low = 0.0, high = 0.0;
  double p = 1.0;  // two-sided, of none
};

// Of two shares, estimated at `confidence` by Wilson: Newcombe's interval.
struct ShareDifference {
  Estimate first, second;
  GroupDifference difference;
};
ShareDifference compare_shares(const Share& first, const Share& second, double confidence);

// Of two means, whose spreads may differ (Welch 1947); empty where one of them has none.
std::optional<GroupDifference> compare_means(const GroupSums& first, const GroupSums& second,
                                             Moments GroupSums::*of, double confidence);

}  // namespace candor
