// SPDX-License-Identifier: Apache-2.0
// Paired tests of two language models.
#pragma once

#include <optional>
#include <string>

#include "core/runs/paired.h"

namespace candor {

// Fills in rows, unit, why_not, identical and metrics of `result`. Both have cells. They are tested
// where their reports are about the same text, by bits_per_byte and, where the tokens are the same
// too, by cross_entropy and what windows of equal stride have measured; or by `metric` alone. A
// metric that they cannot be compared in has a reason.
void compare_text_pair(const Compared& first, const Compared& other,
                       const std::optional<std::string>& metric, PairedResult& result);

}  // namespace candor
