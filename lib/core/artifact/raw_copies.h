// SPDX-License-Identifier: Apache-2.0
// Raw data that a run left: where it lies, and its removal. What counts is in docs/purge.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

// Names in a run directory.
inline constexpr const char* kPredictionsFolder = "predictions";
inline constexpr const char* kLedgerName = "quarantine.jsonl";

struct RawCopy {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  std::string what;  // "predictions", "ledger", "cache", "unfinished file"
};

// What was found, but is not touched, and why.
struct LeftAlone {
  std::filesystem::path path;
  std::string why;
};

struct RawCopies {
  std::vector<RawCopy> found;
  std::vector<LeftAlone> left;
};

// Follows no symbolic link. Throws Error{config} when `run` is no run directory, Error{model} when
// its environment.json is damaged.
RawCopies find_raw_copies(const std::filesystem::path& run);

// Deletes what was found; what is gone already is no error. A link that took the place of a file or
// folder meanwhile is not followed. Throws Error{failed} naming what cannot be deleted.
void remove_raw_copies(const std::filesystem::path& run, const RawCopies& copies);

}  // namespace candor
