// SPDX-License-Identifier: Apache-2.0
// The model directory on disk: its files, its manifest, and the checks before anything is built.
//
// MANIFEST.json: {"format_version": 1, "files": {NAME: {"sha256": HEX, "size": BYTES}, ...}}. Names
// are relative, with '/' between folders. The manifest is written last: a folder that has one is
// complete.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/schema/signature.h"

namespace candor {

inline constexpr const char* kManifestName = "MANIFEST.json";

// Writes files into a temporary folder beside `target`, then MANIFEST.json (sha256 and size of
// each), fsyncs and renames. Destroyed before commit(), it removes what it wrote.
class DirectoryWriter {
 public:
  // Creates the temporary folder, and the folders above `target` that are missing. Throws
  // Error{failed}.
  explicit DirectoryWriter(std::filesystem::path target);
  ~DirectoryWriter();
  DirectoryWriter(const DirectoryWriter&) = delete;
  DirectoryWriter& operator=(const DirectoryWriter&) = delete;

  // Where to write a file of this name ("weights.safetensors", "averages/ema.safetensors"); its
  // folder exists.
  std::filesystem::path path(const std::string& name) const;
  void write(const std::string& name, std::string_view content);
  // Puts the folder in place; an existing one is replaced in the same step when `replace`, and
  // refused with Error{config} otherwise. Returns the manifest's sha256. Called once.
  std::string commit(bool replace);

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
};

// Checks MANIFEST.json of `directory`: version, every file present, size and sha256. Each of
// `required`, the files that the caller is going to read, must be listed; other files that are not
// are ignored, with a warning in the log. Throws Error{model} that names the file at fault, what
// was expected and found. Returns the manifest's sha256.
std::string verify_manifest(const std::filesystem::path& directory,
                            std::initializer_list<std::string_view> required = {});
// True when MANIFEST.json is there (a complete directory), without checking content.
bool has_manifest(const std::filesystem::path& directory);

// Throws Error{model} unless `json` is an object with a "format_version" that this candor reads.
// `where` begins the text.
void check_format_version(const Json& json, const std::string& where);

// MODEL of the command line: a model directory, or a run directory with model/ in it. Throws
// Error{model} saying what was found and what to pass instead.
std::filesystem::path find_model_directory(const std::filesystem::path& path);

// The run directory that a model directory was made in: the folder above RUN/model, if candor train
// made it; an absolute path. Empty for a model that was copied somewhere else, whatever lies beside
// it there.
std::optional<std::filesystem::path> run_of_model(const std::filesystem::path& directory);

// Signature <-> the "signature" object of model.json.
Json signature_json(const Signature& signature);
Signature signature_from_json(const Json& json);  // throws Error{model}

}  // namespace candor
