// SPDX-License-Identifier: Apache-2.0
#include "core/table/column_layout.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace candor {
namespace {

template <class T>
RawArray raw(const ColumnArray<T>& array) {
  return std::as_bytes(array.span());
}

template <class T>
ColumnArray<T> view(RawArray bytes, const std::shared_ptr<const void>& owner) {
  return {{reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)}, owner};
}

template <class T>
bool rising(const ColumnArray<T>& array, std::size_t below) {
  const auto values = array.span();
  const auto falls = [](T a, T b) { return a >= b; };
  return std::adjacent_find(values.begin(), values.end(), falls) == values.end() &&
         (values.empty() || values.back() < below);
}

void require(bool whole) {
  if (!whole) throw std::invalid_argument("the content is that of no table");
}

// Every field of a summary, by name, in one place for both ways.
template <class Summary, class Visit>
void each_fact(Summary& s, const Visit& visit) {
  visit("type", s.type);
  visit("declared", s.declared);
  visit("missing", s.missing);
  visit("numbers", s.numbers);
  visit("integers", s.integers);
  visit("not_finite", s.not_finite);
  visit("texts", s.texts);
  visit("first_text", s.first_text);
  visit("first_not_finite", s.first_not_finite);
  visit("min", s.min);
  visit("max", s.max);
  visit("distinct", s.distinct);
  visit("distinct_is_exact", s.distinct_is_exact);
  visit("longest", s.longest);
  visit("mean_bytes", s.mean_bytes);
  visit("mean_words", s.mean_words);
  visit("each_is_one_more", s.each_is_one_more);
  visit("all_boolean", s.all_boolean);
  visit("all_dates", s.all_dates);
  visit("date_order", s.date_order);
  visit("date_order_open", s.date_order_open);
}

}  // namespace

std::array<RawArray, ColumnLayout::kArrays> ColumnLayout::arrays(const Column& column) {
  const auto& texts = column.texts_;
  return {raw(column.values_), raw(column.spellings_), raw(column.odd_rows_),
          raw(texts.bytes_),   raw(texts.ends_),       raw(texts.carries_)};
}

std::shared_ptr<const Column> ColumnLayout::column(const ColumnSummary& summary,
                                                   const std::array<RawArray, kArrays>& arrays,
                                                   std::size_t rows,
                                                   const std::shared_ptr<const void>& owner) {
  auto column = std::make_shared<Column>();
  column->summary_ = summary;
  column->values_ = view<double>(arrays[0], owner);
  column->spellings_ = view<std::uint8_t>(arrays[1], owner);
  column->odd_rows_ = view<std::uint64_t>(arrays[2], owner);
  auto& texts = column->texts_;
  texts.bytes_ = view<char>(arrays[3], owner);
  texts.ends_ = view<std::uint32_t>(arrays[4], owner);
  texts.carries_ = view<std::uint64_t>(arrays[5], owner);

  const auto& values = column->values_;
  const auto& spellings = column->spellings_;
  if (!values.empty() && values.size() != rows) return nullptr;
  if (!spellings.empty() && (spellings.size() != rows || values.size() != rows)) return nullptr;
  if (texts.size() != (spellings.empty() ? rows : column->odd_rows_.size())) return nullptr;
  const auto spelled = spellings.span();
  const auto odd = std::count(spelled.begin(), spelled.end(), kOddCell);
  const bool known = std::all_of(spelled.begin(), spelled.end(), [](std::uint8_t spelling) {
    return spelling <= 15 || spelling == kMissingCell || spelling == kOddCell;
  });
  if (!known || static_cast<std::size_t>(odd) != column->odd_rows_.size()) return nullptr;
  if (!rising(column->odd_rows_, rows) || !rising(texts.carries_, texts.size())) return nullptr;
  for (const auto row : column->odd_rows_.span()) {
    if (spellings[row] != kOddCell) return nullptr;
  }
  std::size_t end = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto next = texts.end_of(i);
    if (next < end || next > texts.bytes_.size()) return nullptr;
    end = next;
  }
  return end == texts.bytes_.size() ? column : nullptr;
}

RawArray TableLayout::lines(const Table& table) { return std::as_bytes(std::span(table.lines_)); }

const std::vector<std::shared_ptr<const Column>>& TableLayout::columns(const Table& table) {
  return table.columns_;
}

Json TableLayout::facts(const Table& table) {
  Json json;
  json["rows"] = table.rows_;
  json["names"] = table.names_;
  json["first_rows"] = Json::array();
  for (const auto& source : table.sources_) json["first_rows"].push_back(source.first_row);
  json["bad_rows"] = Json::array();
  for (const auto& bad : table.bad_rows_) {
    json["bad_rows"].push_back(Json::array({bad.source, bad.line, bad.reason}));
  }
  json["summaries"] = Json::array();
  for (const auto& column : table.columns_) {
    Json summary;
    each_fact(column->summary(), [&](const char* name, const auto& value) {
      if constexpr (std::is_enum_v<std::decay_t<decltype(value)>>) {
        summary[name] = static_cast<int>(value);
      } else {
        summary[name] = value;
      }
    });
    json["summaries"].push_back(std::move(summary));
  }
  return json;
}

ColumnSummary TableLayout::summary(const Json& json) {
  ColumnSummary summary;
  each_fact(summary, [&](const char* name, auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_enum_v<Value>) {
      value = static_cast<Value>(json.at(name).get<int>());
    } else {
      value = json.at(name).get<Value>();
    }
  });
  require(static_cast<int>(summary.type) <= static_cast<int>(CellType::text));
  require(static_cast<int>(summary.date_order) <= static_cast<int>(DateOrder::month_first));
  return summary;
}

Table TableLayout::table(const Json& facts, RawArray lines,
                         const std::vector<TableSource>& sources) {
  Table table;
  table.rows_ = facts.at("rows").get<std::int64_t>();
  table.names_ = facts.at("names").get<std::vector<std::string>>();
  for (std::size_t i = 0; i < table.names_.size(); ++i) {
    require(table.index_.emplace(table.names_[i], static_cast<std::int64_t>(i)).second);
  }
  table.sources_ = sources;
  const auto first_rows = facts.at("first_rows").get<std::vector<std::int64_t>>();
  require(first_rows.size() == sources.size() && first_rows.front() == 0);
  for (std::size_t i = 0; i < sources.size(); ++i) table.sources_[i].first_row = first_rows[i];
  require(std::is_sorted(first_rows.begin(), first_rows.end()));
  table.path_ = table_path(table.sources_);
  for (const auto& bad : facts.at("bad_rows")) {
    table.bad_rows_.push_back({bad.at(1).get<std::int64_t>(), bad.at(2).get<std::string>(),
                               bad.at(0).get<std::size_t>()});
    require(table.bad_rows_.back().source < sources.size());
  }
  table.lines_.resize(lines.size() / sizeof(Table::LineRun));
  if (!lines.empty()) std::memcpy(table.lines_.data(), lines.data(), lines.size());
  require(table.rows_ > 0 && !table.lines_.empty() && table.lines_.front().first_row == 0);
  return table;
}

void TableLayout::add_column(Table& table, std::shared_ptr<const Column> column) {
  require(column != nullptr);
  table.columns_.push_back(std::move(column));
}

}  // namespace candor
