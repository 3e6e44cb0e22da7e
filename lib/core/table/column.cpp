// SPDX-License-Identifier: Apache-2.0
#include "core/table/column.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace candor {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// The rule that Table::numbers() states.
bool keeps_numbers(const ColumnSummary& facts) {
  return facts.numbers > 0 && 2 * facts.numbers >= facts.present();
}

}  // namespace

ParsedNumber Column::number(std::int64_t row) const {
  const auto index = static_cast<std::size_t>(row);
  if (!values_.empty() && !std::isnan(values_[index])) return {NumberKind::number, values_[index]};
  if (spellings_.empty()) return parse_number(texts_[index]);
  return spellings_[index] == kOddCell ? parse_number(odd_text(index)) : ParsedNumber{};
}

std::string_view Column::odd_text(std::size_t row) const {
  const auto rows = odd_rows_.span();
  const auto found = std::lower_bound(rows.begin(), rows.end(), row);
  return texts_[static_cast<std::size_t>(found - rows.begin())];
}

std::string_view Column::cell(std::int64_t row, std::string& text) const {
  const auto index = static_cast<std::size_t>(row);
  if (spellings_.empty()) return texts_[index];
  if (spellings_[index] == kOddCell) return odd_text(index);
  text.clear();
  if (spellings_[index] != kMissingCell) {
    append_plain_number(values_[index], spellings_[index], text);
  }
  return text;
}

void Column::write_texts() const {
  std::string text;
  std::size_t odd = 0;
  for (std::size_t row = 0; row < spellings_.size(); ++row) {
    text.clear();
    if (spellings_[row] == kOddCell) {
      written_.add(texts_[odd++]);
      continue;
    }
    if (spellings_[row] != kMissingCell) append_plain_number(values_[row], spellings_[row], text);
    written_.add(text);
  }
}

void ColumnBuilder::append(const ColumnPart& part) {
  if (part.rows_ == 0) return;
  if (!census_) census_.emplace(plan_.by_text(), unused_);
  census_->append(*part.census_);
  if (part.text_ && !is_text()) turn_to_text();
  if (!is_text()) {
    append_numbers(part);
  } else {
    append_values(part);
    part.text_ ? append_texts(part) : write_out(part);
  }
  rows_ += part.rows_;
  hint_.numbers = keeps_numbers(census_->counts());
}

void ColumnBuilder::append_numbers(const ColumnPart& part) {
  column_->values_.append(part.values_.data(), part.rows_);
  column_->spellings_.append(part.spellings_.data(), part.rows_);
  for (const auto row : part.odd_rows_) column_->odd_rows_.push_back(rows_ + row);
  append_texts(part);  // those of the odd ones
}

void ColumnBuilder::append_texts(const ColumnPart& part) {
  column_->texts_.add_all(part.bytes_.data(), part.ends_.data(), part.ends_.size());
}

void ColumnBuilder::append_values(const ColumnPart& part) {
  all_values_ = all_values_ && !part.values_.empty();
  if (all_values_) column_->values_.append(part.values_.data(), part.rows_);
}

// Cells of a part of numbers, for a column that is kept as text.
void ColumnBuilder::write_out(const ColumnPart& part) {
  std::string text;
  std::size_t odd = 0;
  for (std::size_t row = 0; row < part.rows_; ++row) {
    text.clear();
    const auto spelling = part.spellings_[row];
    if (spelling == kOddCell) {
      const auto begin = odd == 0 ? 0 : part.ends_[odd - 1];
      text.assign(part.bytes_.data() + begin, part.ends_[odd] - begin);
      ++odd;
    } else if (spelling != kMissingCell) {
      append_plain_number(part.values_[row], spelling, text);
    }
    column_->texts_.add(text);
  }
}

void ColumnBuilder::append_missing(std::size_t rows) {
  if (rows == 0) return;
  std::vector<std::string_view> cells(rows);
  ColumnPart part;
  part.read(cells, false, plan_, hint_, unused_);
  append(part);
}

// From here on the text of every cell is kept.
void ColumnBuilder::turn_to_text() {
  hint_.text = true;
  if (rows_ == 0) return;
  column_->write_texts();
  column_->texts_ = std::move(column_->written_);
  column_->written_ = {};
  column_->spellings_ = {};
  column_->odd_rows_ = {};
}

// Values are kept by what the whole column is, whatever its parts were taken for.
void ColumnBuilder::settle_values() {
  auto& column = *column_;
  if (plan_.by_text() || !keeps_numbers(column.summary_)) {
    if (!is_text()) turn_to_text();
    column.values_ = {};
    return;
  }
  if (all_values_) return;
  column.values_ = {};
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto parsed = parse_number(column.texts_[row]);
    column.values_.push_back(parsed.kind == NumberKind::number ? parsed.value : kNoValue);
  }
}

std::shared_ptr<const Column> ColumnBuilder::finish(const DistinctSketch& distinct) && {
  if (!census_) census_.emplace(plan_.by_text(), unused_);
  auto& summary = column_->summary_;
  summary = census_->summary(distinct);
  if (plan_.declared) {
    const bool whole = summary.type == CellType::integer && *plan_.declared == CellType::real;
    summary.type = whole ? CellType::integer : *plan_.declared;
    summary.declared = true;
  }
  if (plan_.date_order) {
    summary.date_order = *plan_.date_order;
    summary.date_order_open = false;
  }
  settle_values();
  column_->values_.shrink();
  column_->spellings_.shrink();
  column_->odd_rows_.shrink();
  column_->texts_.shrink();
  return std::shared_ptr<const Column>(std::move(column_));
}

}  // namespace candor
