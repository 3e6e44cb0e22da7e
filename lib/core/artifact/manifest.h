// SPDX-License-Identifier: Apache-2.0
// What MANIFEST.json says, and how its file names are judged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/base/json.h"

namespace candor {

struct ManifestFile {
  std::string sha256;  // 64 lower-case hexadecimal digits
  std::uint64_t size = 0;
};
using Manifest = std::map<std::string, ManifestFile>;

// The files below `directory`, hashed, without the manifest itself. Throws Error{failed} for links
// and devices.
Manifest scan_directory(const std::filesystem::path& directory);

Json manifest_json(const Manifest& manifest);

// Throws Error{model}; `where` begins the text.
Manifest manifest_from_json(const Json& json, const std::string& where);

// Empty when `name` may be a file of a manifest, otherwise why not: "has an empty part", ...
std::string name_fault(const std::string& name);

}  // namespace candor
