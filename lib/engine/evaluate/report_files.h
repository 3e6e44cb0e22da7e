// SPDX-License-Identifier: Apache-2.0
// Where reports and predictions are written.
#pragma once

#include <filesystem>

#include "core/metrics/report.h"

namespace candor {

// report.json, report.html and predictions/<split>.jsonl in `folder`.
void write_report(const std::filesystem::path& folder, const Report& report, const Scored& scored);

// File entries with names instead of places.
Json public_files(const Json& files);

}  // namespace candor
