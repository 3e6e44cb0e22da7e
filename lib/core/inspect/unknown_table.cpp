// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/unknown_table.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/byte_source.h"
#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/inspect/sniff_format.h"
#include "core/table/number.h"

namespace candor {
namespace {

// The usual markers beyond the default ones, and blanks, in the cells of a table that was read
// without knowing of them.
class CellSurvey {
 public:
  explicit CellSurvey(const Table& table) {
    for (const auto& name : table.columns()) look_at_blanks(name);
    for (std::int64_t column = 0; column < static_cast<std::int64_t>(table.columns().size());
         ++column) {
      // Blanks around a number change nothing, and no marker is one.
      const auto& summary = table.summary(column);
      if (summary.texts + summary.not_finite > 0) look_at(table, column);
    }
  }

  bool add_to(TableFormat& format) const {
    bool changed = blanks_ && !format.trim;
    format.trim = format.trim || blanks_;
    for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
      if (found_[i]) format.missing.emplace_back(kOtherMarkers[i]);
      changed = changed || found_[i];
    }
    return changed;
  }

 private:
  void look_at(const Table& table, std::int64_t column) {
    std::string text;
    for (std::int64_t row = 0; row < table.rows(); ++row) {
      const auto cell = table.cell(column, row, text);
      look_at_blanks(cell);
      const auto trimmed = trim_blanks(cell);
      if (trimmed.empty() || trimmed.size() > kLongestMarker) continue;
      for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
        found_[i] = found_[i] || trimmed == kOtherMarkers[i];
      }
    }
  }
  void look_at_blanks(std::string_view text) {
    blanks_ = blanks_ || trim_blanks(text).size() != text.size();
  }

  static constexpr std::size_t kLongestMarker =
      std::max_element(kOtherMarkers.begin(), kOtherMarkers.end(),
                       [](std::string_view a, std::string_view b) { return a.size() < b.size(); })
          ->size();
  bool blanks_ = false;
  std::array<bool, kOtherMarkers.size()> found_{};
};

// "line 9 of b.csv" of "data/b.csv:9".
std::string line_words(const Table& table, const std::string& place) {
  const auto colon = place.rfind(':');
  const auto line = "line " + place.substr(colon + 1);
  return table.sources().size() == 1 ? line : line + " of " + display_name(place.substr(0, colon));
}

}  // namespace

std::string line_in(const Table& table, std::int64_t row) {
  return line_words(table, table.place(row));
}

std::string line_in(const Table& table, const BadRow& bad) {
  return line_words(table, table.place(bad));
}

bool looks_like_json_lines(std::string_view text) {
  constexpr int kLines = 5;
  int lines = 0;
  for (std::size_t begin = 0; begin < text.size() && lines < kLines;) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim_blanks(line);
    if (line.empty()) continue;
    if (!line.starts_with('{') || !line.ends_with('}')) return false;
    const auto inside = trim_blanks(line.substr(1));
    if (!inside.starts_with('"') && !inside.starts_with('}')) return false;
    ++lines;
  }
  return lines > 0;
}

TableHead read_table_head(const std::string& path) {
  TableHead head;
  head.text = first_bytes(*open_bytes(path, ErrorKind::data), kSniffedBytes);
  if (head.text.starts_with("\xEF\xBB\xBF")) head.text.erase(0, 3);
  const auto end = head.text.rfind('\n');
  if (head.text.size() + 3 >= kSniffedBytes && end != std::string::npos) head.text.resize(end + 1);
  const bool named = is_json_lines(path, {});
  if (named || looks_like_json_lines(head.text)) {
    if (!named) head.format.type = TableFileType::json_lines;
  } else {
    head.format = sniff_format(head.text);
  }
  return head;
}

UnknownTable read_unknown_table(const std::string& data, double max_bad_fraction) {
  const auto paths = expand_paths({data});
  UnknownTable unknown;
  TableData config;
  config.clean.max_bad_fraction = max_bad_fraction;
  config.format = read_table_head(paths.front()).format;
  unknown.table = read_table(paths, config);
  if (CellSurvey(unknown.table).add_to(config.format)) unknown.table = read_table(paths, config);
  unknown.format = config.format;
  return unknown;
}

}  // namespace candor
