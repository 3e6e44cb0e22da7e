// SPDX-License-Identifier: Apache-2.0
// Where reports and predictions are written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

// The files that write_report() writes for a report on `split`.
std::vector<std::filesystem::path> report_paths(const std::filesystem::path& folder,
                                                const std::string& split);

// Throws Error{config} where `path` exists, unless `overwrite`.
void require_free(const std::filesystem::path& path, bool overwrite);

// Makes the folder. Throws Error{config} where one of those files exists, unless `overwrite`.
void prepare_report_folder(const std::filesystem::path& folder, const std::string& split,
                           bool overwrite);

// report.json, report.html, report.md and predictions/<split>.jsonl in `folder`. `history` is drawn
// where there is one: what training wrote.
void write_report(const std::filesystem::path& folder, const Report& report, const Scored& scored,
                  const History& history = {});

// File entries with names instead of places.
Json public_files(const Json& files);

}  // namespace candor
