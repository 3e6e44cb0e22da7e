// SPDX-License-Identifier: Apache-2.0
// Paired tests for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/metrics/text_table.h"
#include "core/runs/paired.h"

namespace candor {

// `names` by index of what was given; nothing where there are no pairs.
std::string paired_text(const std::vector<PairedResult>& pairs,
                        const std::vector<std::string>& names, const TextStyle& style);
std::string paired_section(const std::vector<PairedResult>& pairs,
                           const std::vector<std::string>& names);  // HTML
Json paired_json(const std::vector<PairedResult>& pairs, const std::vector<std::string>& names);

}  // namespace candor
