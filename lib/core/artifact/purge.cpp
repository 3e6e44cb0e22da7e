// SPDX-License-Identifier: Apache-2.0
// `candor purge`: lists, asks, deletes.
#include <candor/purge.h>

#include "core/artifact/raw_copies.h"
#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string list_of(const RawCopies& copies) {
  std::string text;
  for (const auto& copy : copies.found) {
    text +=
        copy.path.string() + "  (" + copy.what + ", " + std::to_string(copy.bytes) + " bytes)\n";
  }
  return text;
}

std::string left_lines(const RawCopies& copies) {
  std::string text;
  for (const auto& left : copies.left)
    text += "left: " + left.path.string() + ": " + left.why + "\n";
  return text;
}

std::string purge_text(const std::string& run, const RawCopies& copies, bool deleted) {
  const auto rest = left_lines(copies);
  if (copies.found.empty()) return run + ": holds no copies of raw data\n" + rest;
  const auto count = copies.found.size();
  const auto files = std::to_string(count) + (count == 1 ? " file" : " files");
  return list_of(copies) + rest +
         (deleted ? files + " deleted; model, report and checkpoints are as they were\n"
                  : files + " with raw data; candor purge " + run + " --yes deletes " +
                        (count == 1 ? "it" : "them") + "\n");
}

Json purge_json(const std::string& run, const RawCopies& copies, bool deleted) {
  Json json;
  json["format_version"] = 1;
  json["run"] = run;
  json["deleted"] = deleted;
  json["files"] = Json::array();
  for (const auto& copy : copies.found) {
    json["files"].push_back(
        {{"path", copy.path.string()}, {"what", copy.what}, {"bytes", copy.bytes}});
  }
  json["left"] = Json::array();
  for (const auto& left : copies.left) {
    json["left"].push_back({{"path", left.path.string()}, {"why", left.why}});
  }
  return json;
}

}  // namespace

PurgeResult purge(const std::string& run, const PurgeOptions& options) {
  const auto path = without_slash(run);
  auto copies = find_raw_copies(path);  // refuses what is no run before a lock is made in it
  const FileLock lock(path / ".lock");  // not while somebody trains there
  copies = find_raw_copies(path);
  PurgeResult result;
  if (!copies.found.empty() && options.confirm && options.confirm(list_of(copies))) {
    remove_raw_copies(path, copies);
    result.deleted = true;
  }
  result.text = options.json ? json_document(purge_json(path.string(), copies, result.deleted))
                             : purge_text(path.string(), copies, result.deleted);
  return result;
}

}  // namespace candor
