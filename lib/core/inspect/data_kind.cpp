// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/data_kind.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <initializer_list>
#include <set>
#include <vector>

#include <candor/error.h>

#include "core/image/image.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string lower_extension(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

std::vector<std::string> first_lines(const fs::path& path, std::size_t count) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::data, path.string() + ": cannot be opened");
  std::vector<std::string> lines;
  std::string line;
  while (lines.size() < count && std::getline(file, line)) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// Running text has no byte that stands equally often in each of its first lines.
bool looks_like_a_table(const fs::path& path) {
  const auto lines = first_lines(path, 20);
  if (lines.size() < 2) return false;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::set<std::ptrdiff_t> counts;
    for (const auto& line : lines) counts.insert(std::count(line.begin(), line.end(), delimiter));
    if (counts.size() == 1 && *counts.begin() > 0) return true;
  }
  return false;
}

}  // namespace

DataKind kind_of(const fs::path& path, bool has_target, const std::string& command) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::data, path.string() + ": does not exist; " + command +
                                     " takes a CSV, a text file, or a folder of class folders "
                                     "with images");
  }
  if (fs::is_directory(path)) return DataKind::images;
  if (is_image_name(path)) {
    throw Error(ErrorKind::data, path.string() + ": is one image; " + command +
                                     " takes a folder that holds one folder of images per class");
  }
  const auto extension = lower_extension(path);
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* n) { return extension == n; });
  };
  if (has_target || is({".csv", ".tsv", ".data", ".tab"})) return DataKind::table;
  if (is({".txt", ".md", ".text"})) return DataKind::text;
  return looks_like_a_table(path) ? DataKind::table : DataKind::text;
}

}  // namespace candor
