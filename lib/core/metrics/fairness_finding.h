// SPDX-License-Identifier: Apache-2.0
// Whether a model keeps what train.fairness asked for.
#pragma once

#include <candor/config.h>

#include <optional>
#include <string>

#include "core/metrics/report.h"

namespace candor {

// A sentence where a group's rate is further from that of all rows than exponentiated_gradient was
// to leave it (train.fairness.max_difference); nothing of other methods and of gaps that the
// report does not have.
std::optional<std::string> fairness_finding(const Report& report, const TrainConfig& train);

}  // namespace candor
