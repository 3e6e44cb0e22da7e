// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/run_environment.h"

#include <algorithm>
#include <array>

namespace candor {
namespace {

constexpr std::array kTexts = {"part", "name", "path", "sha256"};  // of a file

bool is_whole(const Json& json) {
  if (!json.is_object()) return false;
  const auto files = json.find("files");
  const auto digest = json.find("split_sha256");
  const auto is_object = [](const Json& entry) {
    return entry.is_object() && std::all_of(kTexts.begin(), kTexts.end(), [&](const char* key) {
             return !entry.contains(key) || entry.at(key).is_string();
           });
  };
  return (files == json.end() ||
          (files->is_array() && std::all_of(files->begin(), files->end(), is_object))) &&
         (digest == json.end() || digest->is_string());
}

}  // namespace

std::optional<RunEnvironment> read_run_environment(const std::filesystem::path& run) {
  const auto path = run / "environment.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  RunEnvironment environment{path.string(), parse_json_file(path.string(), ErrorKind::model)};
  if (is_whole(environment.json)) return environment;
  throw Error(ErrorKind::model, path.string() +
                                    ": files or split_sha256 are not what candor writes there; "
                                    "the file is damaged, restore it");
}

}  // namespace candor
