// SPDX-License-Identifier: Apache-2.0
#include "core/init/table_facts.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "core/table/cell_rules.h"
#include "core/table/number.h"

namespace candor {
namespace {

class ColumnFinder {
 public:
  ColumnFinder(const Table& table, std::int64_t column, const MissingMarkers& markers) {
    facts_.name = table.columns()[static_cast<std::size_t>(column)];
    std::string text;
    for (std::int64_t row = 0; row < table.rows(); ++row) {
      const auto cell = trim_blanks(table.cell(column, row, text));
      if (markers.matches(cell)) {
        ++facts_.missing;
      } else {
        add(cell, row);
      }
    }
    facts_.distinct = static_cast<std::int64_t>(seen_.size());
    if (seen_.size() <= kMostListed) facts_.labels.assign(seen_.begin(), seen_.end());
  }

  ColumnFacts facts() && { return std::move(facts_); }

 private:
  void add(std::string_view cell, std::int64_t row) {
    ++facts_.values;
    seen_.insert(std::string(cell));
    const auto parsed = parse_number(cell);
    const bool number = fits_float(parsed);
    facts_.not_finite += !number && parsed.kind != NumberKind::text ? 1 : 0;
    facts_.whole = facts_.whole && number && is_integer_text(cell);
    if (number) {
      ++facts_.numbers;
    } else if (facts_.first_odd_row < 0) {
      facts_.first_odd_row = row;
      facts_.only_odd = cell;
    } else if (cell != facts_.only_odd) {
      facts_.only_odd.clear();
    }
  }

  ColumnFacts facts_;
  std::unordered_set<std::string> seen_;
};

std::vector<ColumnFacts> look_at_columns(const Table& table, const TableFormat& format) {
  const MissingMarkers markers(format.missing);
  std::vector<ColumnFacts> columns;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    columns.push_back(ColumnFinder(table, static_cast<std::int64_t>(i), markers).facts());
  }
  return columns;
}

// One word between many different numbers ("unknown") means: no value. Not so where it is a value
// of another column, and where the numbers are few and so may be codes.
bool is_marker(const std::vector<ColumnFacts>& columns, const ColumnFacts& column) {
  constexpr std::int64_t kManyNumbers = 20;
  const auto& word = column.only_odd;
  const bool a_word = !word.empty() && word.find_first_of("0123456789") == std::string::npos;
  if (!a_word || (column.texts() > 0 && column.distinct <= kManyNumbers)) return false;
  return std::none_of(columns.begin(), columns.end(), [&](const ColumnFacts& other) {
    const auto& labels = other.labels;
    return !other.is_mixed() && std::find(labels.begin(), labels.end(), word) != labels.end();
  });
}

std::vector<TableFacts::Word> find_words_for_missing(const std::vector<ColumnFacts>& columns,
                                                     const std::string& target) {
  std::vector<TableFacts::Word> words;
  for (const auto& column : columns) {
    if (column.name == target || !column.is_mixed() || !is_marker(columns, column)) continue;
    const auto same = std::find_if(words.begin(), words.end(),
                                   [&](const auto& word) { return word.text == column.only_odd; });
    if (same == words.end()) {
      words.push_back({column.only_odd, column.first_odd_row});
    } else {
      same->row = std::min(same->row, column.first_odd_row);
    }
  }
  return words;
}

}  // namespace

TableFacts look_at_table(const UnknownTable& unknown, const std::string& target) {
  const auto& table = unknown.table;
  TableFacts facts;
  facts.format = unknown.format;
  facts.rows = table.rows();
  facts.bad_rows = static_cast<std::int64_t>(table.bad_rows().size());
  if (facts.bad_rows > 0) facts.first_bad_line = line_in(table, table.bad_rows().front());
  facts.columns = look_at_columns(table, facts.format);
  facts.words_for_missing =
      find_words_for_missing(facts.columns, target.empty() ? table.columns().back() : target);
  if (!facts.words_for_missing.empty()) {
    for (auto& word : facts.words_for_missing) {
      word.line = line_in(table, word.row);
      facts.format.missing.push_back(word.text);
    }
    facts.columns = look_at_columns(table, facts.format);
  }
  for (auto& column : facts.columns) {
    if (column.first_odd_row >= 0) column.first_odd_line = line_in(table, column.first_odd_row);
  }
  if (!target.empty() && table.find(target) < 0) facts.no_target = table.no_column(target);
  return facts;
}

}  // namespace candor
