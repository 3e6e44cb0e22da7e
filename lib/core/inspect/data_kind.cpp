// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/data_kind.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <numeric>
#include <set>
#include <vector>

#include <candor/error.h>

#include "core/base/content_name.h"
#include "core/base/expand_paths.h"
#include "core/base/json.h"
#include "core/image/image_archive.h"
#include "core/image/list_images.h"
#include "core/inspect/unknown_table.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLabelNames[] = {"label", "class", "category", "target"};

std::vector<std::string_view> first_lines(std::string_view text, std::size_t count) {
  std::vector<std::string_view> lines;
  while (lines.size() < count && !text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// Running text has no byte that stands equally often in each of its first lines.
bool looks_like_a_table(std::string_view text) {
  const auto lines = first_lines(text, 20);
  if (lines.size() < 2) return false;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::set<std::ptrdiff_t> counts;
    for (const auto& line : lines) counts.insert(std::count(line.begin(), line.end(), delimiter));
    if (counts.size() == 1 && *counts.begin() > 0) return true;
  }
  return false;
}

// A folder of texts has files, and no image among the first ones.
bool holds_texts(const fs::path& folder) {
  constexpr int kMostFiles = 1000;
  int files = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error) || entry.path().filename().string().starts_with('.'))
      continue;
    if (is_image_name(entry.path())) return false;
    if (++files == kMostFiles) break;
  }
  return files > 0;
}

bool is_image_file(const fs::path& path) {
  std::error_code ignored;
  return is_image_name(path) && fs::is_regular_file(path, ignored);
}

// Which columns name, in each of the first rows, an image below `folder`.
std::vector<std::size_t> path_columns(const Table& table, const fs::path& folder) {
  constexpr std::int64_t kMostRows = 20;
  std::vector<std::size_t> columns(table.columns().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  for (std::int64_t row = 0; row < std::min(kMostRows, table.rows()); ++row) {
    std::erase_if(columns, [&](std::size_t i) {
      return !is_image_file(folder / table.cell(static_cast<std::int64_t>(i), row));
    });
  }
  return columns;
}

std::string label_column(const std::vector<std::string>& columns, std::size_t path) {
  for (const char* name : kLabelNames) {
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) return name;
  }
  return columns.size() == 2 ? columns[1 - path] : "";
}

}  // namespace

std::optional<ImageColumns> image_table_columns(const std::string& path) {
  const auto extension = content_extension(path);
  if (extension != ".csv" && extension != ".tsv") return std::nullopt;
  try {
    const auto head = read_table_head(path);
    if (head.format.delimiter != (extension == ".csv" ? "," : "\t")) return std::nullopt;
    TableData reading;
    reading.format = head.format;
    const auto table = parse_table(head.text, path, reading);
    const auto found = path_columns(table, fs::path(path).parent_path());
    if (found.size() != 1) return std::nullopt;
    const auto label = label_column(table.columns(), found.front());
    if (label.empty() || label == table.columns()[found.front()]) return std::nullopt;
    return ImageColumns{table.columns()[found.front()], label};
  } catch (const Error&) {
    return std::nullopt;  // whoever reads it as a table says what is wrong
  }
}

std::optional<std::string> corpus_field(std::string_view lines) {
  std::optional<std::string> only;
  bool text = true, single = true;
  try {
    for (const auto line : first_lines(lines, 20)) {
      const auto json = parse_json(line, "", ErrorKind::data);
      if (!json.is_object() || json.empty()) return std::nullopt;
      for (const char* label : kLabelNames) {
        if (json.contains(label)) return std::nullopt;
      }
      const auto& first = json.begin();
      if (!only) only = first.key();
      text = text && json.contains("text") && json["text"].is_string();
      single = single && json.size() == 1 && first.key() == *only && first->is_string();
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!only) return std::nullopt;
  return text ? std::optional<std::string>("text") : single ? only : std::nullopt;
}

void check_target(DataKind kind, bool has_target, const std::string& data) {
  if (kind == DataKind::table || !has_target) return;
  throw Error(ErrorKind::config,
              "--target: belongs to tables, but " + data +
                  (kind == DataKind::images
                       ? " holds images, whose classes are what is predicted"
                       : " holds text, of which a language model predicts the next token"));
}

DataKind kind_of(const std::string& data, bool has_target, const std::string& command) {
  const auto path = expand_paths({data}).front();
  const auto place = archive_place(path);
  if (!fs::exists(place.path)) {
    throw Error(ErrorKind::data, path + ": does not exist; " + command +
                                     " takes a CSV, a text file, or a folder of class folders "
                                     "with images");
  }
  if (fs::is_directory(place.path)) {
    return place.inner.empty() && holds_texts(path) ? DataKind::text : DataKind::images;
  }
  if (is_archive(place.path)) return DataKind::images;
  if (is_image_name(path)) {
    throw Error(ErrorKind::data, path + ": is one image; " + command +
                                     " takes a folder that holds one folder of images per class");
  }
  const auto extension = content_extension(path);
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* n) { return extension == n; });
  };
  if (!has_target && image_table_columns(path)) return DataKind::images;
  if (has_target || is({".csv", ".tsv", ".data", ".tab"})) return DataKind::table;
  if (is({".txt", ".md", ".text"})) return DataKind::text;
  const auto head = read_table_head(path).text;
  if (is_json_lines(path, {}) || looks_like_json_lines(head)) {
    return corpus_field(head) ? DataKind::text : DataKind::table;
  }
  return looks_like_a_table(head) ? DataKind::table : DataKind::text;
}

}  // namespace candor
