// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/manifest.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <system_error>

#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/artifact/quote.h"
#include "core/base/files.h"
#include "core/base/log.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 10000;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxManifest = 16u << 20;  // bytes
constexpr std::size_t kMaxWarnings = 5;

[[noreturn]] void fault(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::model, where + ": " + what);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ManifestFile read_entry(const Json& json, const std::string& where, const std::string& name) {
  const auto file = "file " + quote(name);
  if (!json.is_object()) fault(where, file + " is not described by a JSON object");
  for (const auto& [key, value] : json.items()) {
    if (key != "sha256" && key != "size") {
      fault(where, file + " has the unknown key " + quote(key) + "; allowed: sha256, size");
    }
  }
  const auto hash = json.find("sha256");
  if (hash == json.end() || !hash->is_string() || !is_sha256(hash->get_ref<const std::string&>())) {
    fault(where, file + " has no sha256 of 64 lower-case hexadecimal digits");
  }
  const auto size = json.find("size");
  if (size == json.end() || !size->is_number_unsigned()) {
    fault(where, file + " has no size that is a whole number of bytes");
  }
  return {hash->get<std::string>(), size->get<std::uint64_t>()};
}

// Neither the file nor a folder on the way to it may be a link: it could lead out of the directory.
void check_regular(const fs::path& directory, const std::string& name) {
  fs::path at = directory;
  fs::file_status status;
  for (const auto& part : fs::path(name)) {
    at /= part;
    std::error_code error;
    status = fs::symlink_status(at, error);
    if (status.type() == fs::file_type::not_found)
      fault(directory.string(), "file " + quote(name) + " is missing");
    if (error)
      fault(directory.string(), "file " + quote(name) + " cannot be read: " + error.message());
    if (fs::is_symlink(status)) {
      fault(directory.string(),
            "file " + quote(name) + " is or lies behind a symbolic link; copy the file itself");
    }
  }
  if (!fs::is_regular_file(status))
    fault(directory.string(), quote(name) + " is not a regular file");
}

void verify_file(const fs::path& directory, const std::string& name, const ManifestFile& expected) {
  check_regular(directory, name);
  const auto path = directory / name;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error)
    fault(directory.string(), "file " + quote(name) + " cannot be read: " + error.message());
  if (size != expected.size) {
    fault(directory.string(), "file " + quote(name) + " has " + std::to_string(size) +
                                  " bytes; MANIFEST.json says " + std::to_string(expected.size) +
                                  ": it is damaged or was changed; copy it again");
  }
  const auto found = sha256_file(path, ErrorKind::model);
  if (found != expected.sha256) {
    fault(directory.string(), "file " + quote(name) + " has sha256 " + found +
                                  "; MANIFEST.json says " + expected.sha256 +
                                  ": it is damaged or was changed; copy it again");
  }
}

void warn_about_unlisted(const fs::path& directory, const Manifest& manifest) {
  std::set<std::string> unlisted;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const auto name = it->path().lexically_relative(directory).generic_string();
    if (name == kManifestName || manifest.count(name) != 0) continue;
    if (fs::is_directory(it->symlink_status(error))) continue;
    unlisted.insert(name);
    if (unlisted.size() > kMaxWarnings) break;
  }
  for (const auto& name : unlisted) {
    log().warn("{}: file {} is not in MANIFEST.json and is ignored", directory.string(),
               quote(name));
  }
}

}  // namespace

std::string name_fault(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxName) return "is longer than " + std::to_string(kMaxName) + " bytes";
  if (name.find('\0') != std::string::npos) return "has a NUL byte";
  if (name.front() == '/') return "is absolute; only files below the folder are allowed";
  if (name == kManifestName) return "is the manifest itself";
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::min(name.find('/', begin), name.size());
    const auto part = name.substr(begin, end - begin);
    if (part.empty()) return "has an empty part";
    if (part == "." || part == "..")
      return "has the part '" + part + "'; only files below the folder are allowed";
    begin = end + 1;
  }
  return "";
}

Manifest scan_directory(const fs::path& directory) {
  Manifest manifest;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const auto status = entry.symlink_status();
    if (fs::is_directory(status)) continue;
    const auto name = entry.path().lexically_relative(directory).generic_string();
    if (!fs::is_regular_file(status)) {
      throw Error(ErrorKind::failed,
                  entry.path().string() + ": only regular files can be put into a manifest");
    }
    if (name == kManifestName) continue;
    manifest[name] = {sha256_file(entry.path(), ErrorKind::failed), entry.file_size()};
  }
  return manifest;
}

Json manifest_json(const Manifest& manifest) {
  Json files = Json::object();
  for (const auto& [name, file] : manifest)
    files[name] = {{"sha256", file.sha256}, {"size", file.size}};
  return {{"format_version", kFormatVersion}, {"files", files}};
}

Manifest manifest_from_json(const Json& json, const std::string& where) {
  check_format_version(json, where);
  const auto files = json.find("files");
  if (files == json.end() || !files->is_object()) fault(where, "has no object 'files'");
  if (files->size() > kMaxFiles) {
    fault(where, "lists " + std::to_string(files->size()) + " files; at most " +
                     std::to_string(kMaxFiles) + " are allowed");
  }
  Manifest manifest;
  for (const auto& [name, entry] : files->items()) {
    const auto wrong = name_fault(name);
    if (!wrong.empty()) fault(where, "the file name " + quote(name) + " " + wrong);
    manifest[name] = read_entry(entry, where, name);
  }
  return manifest;
}

void check_format_version(const Json& json, const std::string& where) {
  if (!json.is_object()) fault(where, "is not a JSON object");
  const auto version = json.find("format_version");
  if (version == json.end())
    fault(where, "has no 'format_version'; a file that candor wrote has one");
  if (!version->is_number_integer())
    fault(where, "has a 'format_version' that is not a whole number");
  if (*version == kFormatVersion) return;
  const auto reads = "this candor reads format version " + std::to_string(kFormatVersion) +
                     "; found " + version->dump();
  // Not `*version > kFormatVersion`: that compares as signed numbers, and 2^64 - 1 would be -1.
  if (version->is_number_unsigned() && version->get<std::uint64_t>() > kFormatVersion)
    fault(where, reads + ": upgrade candor");
  fault(where, reads + ", which no candor has written: the file is damaged");
}

bool has_manifest(const fs::path& directory) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(directory / kManifestName, error));
}

std::string verify_manifest(const fs::path& directory,
                            std::initializer_list<std::string_view> required) {
  if (!has_manifest(directory)) {
    fault(directory.string(),
          "MANIFEST.json is missing; the folder is not one that candor wrote, or its copy is not "
          "complete");
  }
  const auto path = directory / kManifestName;
  const auto text = read_file(path, ErrorKind::model);
  JsonLimits limits;
  limits.max_depth = 4;
  limits.max_bytes = kMaxManifest;
  const auto json = parse_json(text, path.string(), ErrorKind::model, limits);
  const auto manifest = manifest_from_json(json, path.string());
  for (const auto name : required) {
    if (!manifest.contains(std::string(name))) {
      fault(path.string(), "does not list " + quote(name) +
                               ", so that nothing vouches for that file; copy the whole folder "
                               "again");
    }
  }
  for (const auto& [name, file] : manifest) verify_file(directory, name, file);
  warn_about_unlisted(directory, manifest);
  return sha256(text);
}

}  // namespace candor
