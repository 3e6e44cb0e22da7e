// SPDX-License-Identifier: Apache-2.0
#include "core/init/table_facts.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "core/base/files.h"
#include "core/inspect/sniff_format.h"
#include "core/table/cell_rules.h"
#include "core/table/number.h"
#include "core/table/table.h"

namespace candor {
namespace {

class ColumnFinder {
 public:
  ColumnFinder(const Table& table, std::int64_t column, const MissingMarkers& markers) {
    facts_.name = table.columns()[static_cast<std::size_t>(column)];
    for (std::int64_t row = 0; row < table.rows(); ++row) {
      const auto cell = trim_blanks(table.cell(column, row));
      if (markers.matches(cell)) {
        ++facts_.missing;
      } else {
        add(cell, table.line(row));
      }
    }
    facts_.distinct = static_cast<std::int64_t>(seen_.size());
    if (seen_.size() <= kMostListed) facts_.labels.assign(seen_.begin(), seen_.end());
  }

  ColumnFacts facts() && { return std::move(facts_); }

 private:
  void add(std::string_view cell, std::int64_t line) {
    ++facts_.values;
    seen_.insert(std::string(cell));
    const auto parsed = parse_number(cell);
    const bool number = fits_float(parsed);
    facts_.not_finite += !number && parsed.kind != NumberKind::text ? 1 : 0;
    facts_.whole = facts_.whole && number && is_integer_text(cell);
    if (number) {
      ++facts_.numbers;
    } else if (facts_.first_odd_line == 0) {
      facts_.first_odd_line = line;
      facts_.only_odd = cell;
    } else if (cell != facts_.only_odd) {
      facts_.only_odd.clear();
    }
  }

  ColumnFacts facts_;
  std::unordered_set<std::string> seen_;
};

template <class Action>
void for_cells(const Table& table, const Action& action) {
  for (std::int64_t column = 0; column < static_cast<std::int64_t>(table.columns().size());
       ++column) {
    for (std::int64_t row = 0; row < table.rows(); ++row) action(table.cell(column, row));
  }
}

void find_blanks_and_markers(const Table& table, TableFormat& format) {
  std::array<bool, kOtherMarkers.size()> found{};
  for (const auto& name : table.columns()) {
    format.trim = format.trim || trim_blanks(name).size() != name.size();
  }
  for_cells(table, [&](std::string_view cell) {
    const auto trimmed = trim_blanks(cell);
    format.trim = format.trim || trimmed.size() != cell.size();
    for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
      found[i] = found[i] || trimmed == kOtherMarkers[i];
    }
  });
  for (std::size_t i = 0; i < kOtherMarkers.size(); ++i) {
    if (found[i]) format.missing.emplace_back(kOtherMarkers[i]);
  }
}

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
      words.push_back({column.only_odd, column.first_odd_line});
    } else {
      same->line = std::min(same->line, column.first_odd_line);
    }
  }
  return words;
}

}  // namespace

TableFacts look_at_table(const std::filesystem::path& path, const std::string& target) {
  const auto text = read_file(path, ErrorKind::data);
  std::string_view content = text;
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  TableFacts facts;
  facts.format = sniff_format(content.substr(0, kSniffedBytes));
  facts.format.trim = false;
  TableData config;
  config.format = facts.format;
  config.format.missing.clear();
  config.clean.max_bad_fraction = 0.2;
  auto table = parse_table(content, path.string(), config);
  find_blanks_and_markers(table, facts.format);
  if (facts.format.trim) {
    config.format.trim = true;
    table = parse_table(content, path.string(), config);
  }
  facts.rows = table.rows();
  facts.bad_rows = static_cast<std::int64_t>(table.bad_rows().size());
  if (facts.bad_rows > 0) facts.first_bad_line = table.bad_rows().front().line;
  facts.columns = look_at_columns(table, facts.format);
  facts.words_for_missing =
      find_words_for_missing(facts.columns, target.empty() ? table.columns().back() : target);
  if (!facts.words_for_missing.empty()) {
    for (const auto& word : facts.words_for_missing) facts.format.missing.push_back(word.text);
    facts.columns = look_at_columns(table, facts.format);
  }
  if (!target.empty() && table.find(target) < 0) facts.no_target = table.no_column(target);
  return facts;
}

}  // namespace candor
