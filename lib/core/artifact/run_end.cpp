// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/run_end.h"

#include <string>

#include <candor/error.h>
#include <candor/version.h>

namespace candor {
namespace {

const char* state_of(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  if (known == nullptr) return kCrashed;
  if (known->kind() == ErrorKind::stopped) return kStopped;
  return known->kind() == ErrorKind::diverged ? kDiverged : kCrashed;
}

}  // namespace

void write_run_end(const RunDirectory& run, const std::exception& error) noexcept {
  try {
    const std::string message = error.what();
    Json json;
    json["format_version"] = kFormatVersion;
    json["state"] = state_of(error);
    json["message"] = message.substr(0, message.find('\n'));
    run.write(kEndName, json_document(json));
  } catch (const std::exception&) {
    // A full disk may be what ended it.
  }
}

}  // namespace candor
