// SPDX-License-Identifier: Apache-2.0
// One metric of report.json, as docs/formats.md describes it.
#pragma once

#include "core/base/json.h"
#include "core/metrics/report.h"

namespace candor {

Json metric_json(const Metric& metric, double confidence);
// By name.
Json metrics_json(const std::vector<Metric>& metrics, double confidence);
// By column, then by value.
Json groups_json(const std::vector<GroupRow>& groups, double confidence);

}  // namespace candor
