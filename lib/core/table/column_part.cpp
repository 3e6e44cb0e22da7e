// SPDX-License-Identifier: Apache-2.0
#include "core/table/column_part.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/table/plain_number.h"

namespace candor {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kBatch = 512;

// A column of numbers is one where at most this many cells are odd.
bool too_odd(std::size_t odd, std::size_t rows) { return odd > 16 + rows / 8; }

// Bytes that a number can begin with, blanks and the words for infinity and NaN included.
constexpr std::array<bool, 256> kBeginsNumber = [] {
  std::array<bool, 256> begins{};
  for (const char c : std::string_view("0123456789+-. \tiInN")) {
    begins[static_cast<unsigned char>(c)] = true;
  }
  return begins;
}();

bool is_whole(std::string_view text) {
  return text.find_first_not_of("+-0123456789 \t") == std::string_view::npos;
}

}  // namespace

void ColumnPart::start(std::size_t rows, const ColumnPlan& plan, DistinctSketch& distinct) {
  rows_ = rows;
  census_.emplace(plan.by_text(), distinct);
  values_.clear();
  spellings_.clear();
  odd_rows_.clear();
  used_ = 0;
  ends_.clear();
}

void ColumnPart::read(Cells cells, bool padded, const ColumnPlan& plan, const ColumnHint& hint,
                      DistinctSketch& distinct) {
  start(cells.size(), plan, distinct);
  if (!plan.rules.values.empty()) {
    mapped_.clear();
    for (const auto cell : cells) mapped_.push_back(plan.rules.replace(cell, *plan.markers));
    cells = mapped_;
    padded = false;  // the texts of a map lie anywhere
  }
  text_ = plan.by_text() || hint.text.load(std::memory_order_relaxed);
  if (!text_ && read_numbers(cells, padded, plan)) return;
  const auto& counts = census_->counts();
  const bool keep_values = !plan.by_text() && (text_ ? hint.numbers.load(std::memory_order_relaxed)
                                                     : 2 * counts.numbers >= counts.present());
  text_ = true;
  start(cells.size(), plan, distinct);
  read_texts(cells, padded, plan, keep_values);
}

bool ColumnPart::read_numbers(Cells cells, bool padded, const ColumnPlan& plan) {
  values_.resize(cells.size());
  spellings_.resize(cells.size());
  const auto read = padded ? &read_plain_numbers : &read_plain_numbers_portable;
  for (std::size_t first = 0; first < cells.size(); first += kBatch) {
    const auto count = std::min(kBatch, cells.size() - first);
    auto* const values = values_.data() + first;
    auto* const spellings = spellings_.data() + first;
    read(cells.data() + first, count, values, spellings);
    const bool plain = std::find(spellings, spellings + count, kOddCell) == spellings + count;
    if (plain && !plan.markers->has_number()) {
      census_->add_plain(values, spellings, count);
      continue;
    }
    for (auto row = first; row < first + count; ++row) add_odd(cells[row], row, plan);
    if (too_odd(odd_rows_.size(), first + count)) return false;
  }
  return true;
}

// Any cell, odd or not.
void ColumnPart::add_odd(std::string_view cell, std::size_t row, const ColumnPlan& plan) {
  auto& value = values_[row];
  auto& spelling = spellings_[row];
  const bool odd = spelling == kOddCell;
  const auto parsed = odd ? parse_number(cell) : ParsedNumber{NumberKind::number, value};
  const bool number = parsed.kind == NumberKind::number && spelling != kMissingCell;
  const bool marker = odd && plan.markers->matches_text(cell);
  if (spelling == kMissingCell || marker || (number && plan.markers->matches_value(parsed.value))) {
    value = kNoValue;
    spelling = kMissingCell;
    return census_->add_missing();
  }
  value = number ? parsed.value : kNoValue;
  if (number) {
    census_->add_number(value, odd ? is_whole(cell) : spelling == 0);
  } else {
    census_->add_other(parsed.kind, cell);
  }
  if (!odd) return;
  odd_rows_.push_back(static_cast<std::uint32_t>(row));
  keep_text(cell, false);
}

void ColumnPart::read_texts(Cells cells, bool padded, const ColumnPlan& plan, bool keep_values) {
  ends_.reserve(cells.size());
  for (const auto cell : cells) {
    const auto value = read_text(cell, padded, plan);
    if (keep_values) values_.push_back(value);
  }
}

// The cell's number or NaN.
double ColumnPart::read_text(std::string_view cell, bool padded, const ColumnPlan& plan) {
  if (plan.markers->matches_text(cell)) {
    census_->add_missing();
    ends_.push_back(static_cast<std::uint32_t>(used_));
    return kNoValue;
  }
  ParsedNumber parsed;
  if (kBeginsNumber[static_cast<unsigned char>(cell.front())]) parsed = parse_number(cell);
  const bool number = parsed.kind == NumberKind::number;
  if (number && plan.markers->matches_value(parsed.value)) {
    census_->add_missing();
    ends_.push_back(static_cast<std::uint32_t>(used_));
    return kNoValue;
  }
  if (number) {
    census_->add_number(parsed.value, is_whole(cell), cell);
  } else {
    census_->add_other(parsed.kind, cell);
  }
  keep_text(cell, padded);
  return number ? parsed.value : kNoValue;
}

void ColumnPart::keep_text(std::string_view text, bool padded) {
  const auto needed = used_ + text.size() + kTextPadding;
  if (bytes_.size() < needed) bytes_.resize(2 * needed + 4096);
  auto* const to = bytes_.data() + used_;
  if (padded && text.size() <= kTextPadding) {
    std::memcpy(to, text.data(), kTextPadding);  // a fixed size costs less than a right one
  } else {
    std::memcpy(to, text.data(), text.size());
  }
  used_ += text.size();
  ends_.push_back(static_cast<std::uint32_t>(used_));
}

}  // namespace candor
