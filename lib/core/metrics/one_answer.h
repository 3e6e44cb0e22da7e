// SPDX-License-Identifier: Apache-2.0
// A classifier that tells nothing apart.
#pragma once

#include <optional>
#include <string>

#include "core/metrics/report.h"

namespace candor {

// A line for people where the model answers one class for all rows of `part` although they are of
// several; empty otherwise.
std::optional<std::string> one_answer(const Scored& scored, const std::string& part);

}  // namespace candor
