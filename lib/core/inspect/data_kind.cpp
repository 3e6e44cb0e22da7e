// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/data_kind.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <initializer_list>
#include <numeric>
#include <set>
#include <vector>

#include <candor/error.h>

#include "core/image/image_archive.h"
#include "core/image/list_images.h"
#include "core/inspect/row_stream.h"

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

bool is_image_file(const fs::path& path) {
  std::error_code ignored;
  return is_image_name(path) && fs::is_regular_file(path, ignored);
}

// Which columns name, in each of the first rows, an image below `folder`.
std::vector<std::size_t> path_columns(RowStream& rows, const fs::path& folder) {
  constexpr int kMostRows = 20;
  std::vector<std::size_t> columns(rows.columns().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  int row = 0;
  for (; row < kMostRows && rows.next(); ++row) {
    if (!rows.defect().empty()) return {};
    const auto cells = rows.cells();
    std::erase_if(columns, [&](std::size_t i) { return !is_image_file(folder / cells[i]); });
  }
  return row == 0 ? std::vector<std::size_t>() : columns;
}

std::string label_column(const std::vector<std::string>& columns, std::size_t path) {
  for (const char* name : {"label", "class", "category", "target"}) {
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) return name;
  }
  return columns.size() == 2 ? columns[1 - path] : "";
}

}  // namespace

std::optional<ImageColumns> image_table_columns(const fs::path& path) {
  const auto extension = lower_extension(path);
  if (extension != ".csv" && extension != ".tsv") return std::nullopt;
  try {
    const auto rows = open_rows(path);
    if (rows->format().delimiter != (extension == ".csv" ? "," : "\t")) return std::nullopt;
    const auto found = path_columns(*rows, path.parent_path());
    if (found.size() != 1) return std::nullopt;
    const auto label = label_column(rows->columns(), found.front());
    if (label.empty() || label == rows->columns()[found.front()]) return std::nullopt;
    return ImageColumns{rows->columns()[found.front()], label};
  } catch (const Error&) {
    return std::nullopt;  // whoever reads it as a table says what is wrong
  }
}

DataKind kind_of(const fs::path& path, bool has_target, const std::string& command) {
  const auto place = archive_place(path.string());
  if (!fs::exists(place.path)) {
    throw Error(ErrorKind::data, path.string() + ": does not exist; " + command +
                                     " takes a CSV, a text file, or a folder of class folders "
                                     "with images");
  }
  if (fs::is_directory(place.path) || is_archive(place.path)) return DataKind::images;
  if (is_image_name(path)) {
    throw Error(ErrorKind::data, path.string() + ": is one image; " + command +
                                     " takes a folder that holds one folder of images per class");
  }
  const auto extension = lower_extension(path);
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* n) { return extension == n; });
  };
  if (!has_target && image_table_columns(path)) return DataKind::images;
  if (has_target || is({".csv", ".tsv", ".data", ".tab"})) return DataKind::table;
  if (is({".txt", ".md", ".text"})) return DataKind::text;
  return looks_like_a_table(path) ? DataKind::table : DataKind::text;
}

}  // namespace candor
