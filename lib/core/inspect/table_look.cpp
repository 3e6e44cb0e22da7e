// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/table_look.h"

#include <algorithm>
#include <array>
#include <map>

#include <candor/error.h>

#include "core/base/nearest.h"
#include "core/inspect/row_stream.h"
#include "core/inspect/sniff_format.h"
#include "core/table/cell_rules.h"
#include "core/table/number.h"

namespace candor {
namespace {

// Values that a column counts exactly, so that all columns together stay below about 100 MB.
std::size_t exact_limit(std::size_t columns) {
  constexpr std::size_t kAll = 2'000'000;
  return std::clamp<std::size_t>(kAll / std::max<std::size_t>(columns, 1), 1024, 65'536);
}

// The usual markers beyond the default ones, and which of them occur.
class Markers {
 public:
  explicit Markers(const TableFormat& format) : usual_(format.missing) {}

  bool matches(std::string_view cell) {
    if (usual_.matches(cell)) return true;
    for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
      if (cell != kOtherMarkers[i]) continue;
      found_[i] = true;
      return true;
    }
    return false;
  }
  void add_found(TableFormat& format) const {
    for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
      if (found_[i]) format.missing.emplace_back(kOtherMarkers[i]);
    }
  }

 private:
  MissingMarkers usual_;
  std::array<bool, kOtherMarkers.size()> found_{};
};

std::string no_column(const std::string& wanted, const std::string& path,
                      const std::vector<ColumnLook>& columns) {
  constexpr std::size_t kMostNamed = 30;
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name());
  const auto nearest = nearest_name(wanted, names);
  if (names.size() > kMostNamed) names.resize(kMostNamed);
  return "--target: no column '" + wanted + "' in " + path +
         (nearest ? "; did you mean '" + *nearest + "'?" : "; columns: " + join(names));
}

}  // namespace

TableLook::TableLook(const std::filesystem::path& path, const std::string& target,
                     const TableLook* like)
    : path_(path) {
  const auto stream = open_rows(path);
  format_ = stream->format();
  bytes_ = stream->bytes();
  const auto& names = stream->columns();
  for (const auto& name : names) columns_.emplace_back(name, exact_limit(names.size()));
  if (!target.empty()) target_ = find(target);
  if (!target.empty() && target_ < 0 && like == nullptr) {
    throw Error(ErrorKind::config, no_column(target, path.string(), columns_));
  }
  for (const auto& column : like == nullptr ? columns_ : like->columns_) {
    if (column.name() != target) stamped_.push_back(find(column.name()));
  }
  sample_.emplace(columns_.size());

  Markers markers(format_);
  std::vector<std::string_view> cells(columns_.size());
  std::vector<std::uint64_t> hashes(columns_.size());
  while (stream->next()) {
    if (!stream->defect().empty()) {
      if (bad_rows_++ == 0) first_bad_line_ = stream->line();
      continue;
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = stream->cells()[i];
      const auto trimmed = trim_blanks(cell);
      format_.trim = format_.trim || trimmed.size() != cell.size();
      cells[i] = markers.matches(trimmed) ? std::string_view() : trimmed;
      hashes[i] = columns_[i].add(cells[i], stream->line());
    }
    ++rows_;
    sample_->add(cells);
    if (stamps_.size() >= kMostStamps) continue;
    RowStamp stamp;
    for (const auto column : stamped_) {
      stamp.features =
          hash_behind(stamp.features, column < 0 ? 0 : hashes[static_cast<std::size_t>(column)]);
    }
    if (target_ >= 0) stamp.target = hashes[static_cast<std::size_t>(target_)];
    stamps_.push_back(stamp);
  }
  if (rows_ == 0) {
    throw Error(ErrorKind::data,
                path.string() + (bad_rows_ == 0 ? ": the file has a header line and no rows"
                                                : ": no row can be used, the first bad one is in "
                                                  "line " +
                                                      std::to_string(first_bad_line_)));
  }
  std::sort(stamps_.begin(), stamps_.end());
  markers.add_found(format_);
}

std::int64_t TableLook::find(const std::string& column) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const ColumnLook& look) { return look.name() == column; });
  return found == columns_.end() ? -1 : found - columns_.begin();
}

std::vector<std::string_view> TableLook::sampled(std::size_t column) const {
  std::vector<std::string_view> cells;
  cells.reserve(static_cast<std::size_t>(sample_->rows()));
  for (std::int64_t row = 0; row < sample_->rows(); ++row) {
    cells.push_back(sample_->cell(column, row));
  }
  return cells;
}

}  // namespace candor
