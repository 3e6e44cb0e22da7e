// SPDX-License-Identifier: Apache-2.0
// What cannot be said of scores that only order the rows: deciles of risk, log odds, votes.
#pragma once

#include <string>
#include <string_view>

#include "core/metrics/report.h"

namespace candor {

// Why `metric` (of all rows or of a group) is undefined for these scores; empty where it is not.
std::string ranking_fault(const Scored& scored, std::string_view metric);

// Takes what is undefined out of the metrics: their reasons take its place.
void limit_metrics(const Scored& scored, std::vector<Metric>& metrics);

// The same for all parts of a report beside its metrics.
void limit_report(const Scored& scored, Report& report);

}  // namespace candor
