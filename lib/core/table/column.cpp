// SPDX-License-Identifier: Apache-2.0
#include "core/table/column.h"

#include <cmath>
#include <limits>
#include <utility>

namespace candor {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

bool is_whole(std::string_view text) {
  return text.find_first_not_of("+-0123456789 \t") == std::string_view::npos;
}

}  // namespace

ParsedNumber Column::number(std::int64_t row) const {
  if (!values_.empty()) {
    const auto value = values_[static_cast<std::size_t>(row)];
    if (!std::isnan(value)) return {NumberKind::number, value};
  }
  return parse_number(cell(row));
}

std::string_view Column::cell(std::int64_t row) const {
  const auto index = static_cast<std::size_t>(row);
  const auto begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

bool Column::missing(std::int64_t row) const { return cell(row).empty(); }

void ColumnBuilder::add(std::string_view cell) {
  column_.text_ += cell;
  column_.ends_.push_back(column_.text_.size());
  auto value = kNoValue;
  const auto parsed = cell.empty() ? ParsedNumber{} : parse_number(cell);
  if (cell.empty()) {
    census_.add_missing();
  } else if (parsed.kind == NumberKind::number) {
    value = parsed.value;
    census_.add_number(value, is_whole(cell), cell);
  } else {
    census_.add_other(parsed.kind, cell);
  }
  if (!census_.by_text()) column_.values_.push_back(value);
}

Column ColumnBuilder::finish() && {
  column_.summary_ = census_.summary();
  const auto& facts = column_.summary_;
  if (2 * facts.numbers < facts.present() || facts.numbers == 0) column_.values_ = {};
  return std::move(column_);
}

}  // namespace candor
