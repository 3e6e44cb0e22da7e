// SPDX-License-Identifier: Apache-2.0
// Takes the copies of raw data out of a run that is to be kept.
#pragma once

#include <functional>
#include <string>

#include <candor/api.h>

namespace candor {

struct PurgeOptions {
  bool json = false;  // text is one JSON document (docs/formats.md)
  // Asked once with the list of what would be deleted, when there is anything; true deletes it.
  // Empty: nothing is deleted.
  std::function<bool(const std::string& list)> confirm;
};

struct PurgeResult {
  std::string text;
  bool deleted = false;
};

// Lists what docs/purge.md counts as raw data in the run directory `run` and among the caches that
// it recorded, and deletes it if confirmed. Throws Error{config} for what is no run directory and
// for a run that is in use, Error{failed} for what cannot be deleted.
CANDOR_API PurgeResult purge(const std::string& run, const PurgeOptions& options);

}  // namespace candor
