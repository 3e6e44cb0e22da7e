// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_columns.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "core/base/missing_group.h"

namespace candor {
namespace {

using Codes = std::vector<std::uint32_t>;

// Codes in the order of first occurrence become ranks in the order of `sorted`.
void renumber(Codes& codes, const Codes& order) {
  Codes rank(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  for (auto& code : codes) code = rank[code];
}

template <class T>
Codes sorted_order(const std::vector<T>& values) {
  Codes order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  return order;
}

std::string escaped(const std::string& value) {
  std::string text;
  for (const auto byte : value) {
    if (byte == '*' || byte == '\\') text += '\\';
    text += byte;
  }
  return text;
}

std::string crossed_value(const std::vector<const GroupColumn*>& columns, const Codes& parts) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += (i > 0 ? "*" : "") + escaped(columns[i]->values[parts[i]]);
  }
  return text;
}

// Two codes as one number; numbers that occur are numbered anew, in their order.
class Pairing {
 public:
  std::uint32_t code(std::uint32_t first, std::uint32_t second) {
    const auto key = (static_cast<std::uint64_t>(first) << 32) | second;
    if (key == last_key_) return last_code_;
    const auto [entry, added] = codes_.try_emplace(key, static_cast<std::uint32_t>(codes_.size()));
    if (added) keys_.push_back(key);
    last_key_ = key;
    return last_code_ = entry->second;
  }
  const std::vector<std::uint64_t>& keys() const { return keys_; }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> codes_;
  std::vector<std::uint64_t> keys_;
  std::uint64_t last_key_ = ~0ull;
  std::uint32_t last_code_ = 0;
};

void add_crossings(const std::vector<GroupColumn>& single, std::size_t size, std::size_t from,
                   std::vector<const GroupColumn*>& chosen, std::vector<GroupColumn>& result) {
  if (chosen.size() == size) {
    std::size_t combinations = 1;
    for (const auto* column : chosen) combinations *= column->values.size();
    if (combinations <= kMostCombinations) result.push_back(cross_columns(chosen));
    return;
  }
  for (auto i = from; i < single.size(); ++i) {
    chosen.push_back(&single[i]);
    add_crossings(single, size, i + 1, chosen, result);
    chosen.pop_back();
  }
}

}  // namespace

std::string GroupColumn::name() const {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : "*") + column;
  return text;
}

GroupColumn code_column(const std::string& name, const std::vector<std::string>& values) {
  GroupColumn column;
  column.columns = {name};
  column.codes.reserve(values.size());
  std::unordered_map<std::string_view, std::uint32_t> codes;
  std::vector<std::string> seen;
  for (const auto& value : values) {
    const std::string_view text = value.empty() ? kMissingGroup : std::string_view(value);
    const auto [entry, added] = codes.try_emplace(text, static_cast<std::uint32_t>(seen.size()));
    if (added) seen.emplace_back(text);
    column.codes.push_back(entry->second);
  }
  const auto order = sorted_order(seen);
  renumber(column.codes, order);
  for (const auto code : order) column.values.push_back(std::move(seen[code]));
  for (std::uint32_t i = 0; i < order.size(); ++i) column.parts.push_back({i});
  return column;
}

GroupColumn cross_columns(const std::vector<const GroupColumn*>& columns) {
  GroupColumn crossing;
  crossing.codes = columns.front()->codes;
  for (const auto& part : columns.front()->parts) crossing.parts.push_back({part.front()});
  crossing.columns = columns.front()->columns;
  for (std::size_t c = 1; c < columns.size(); ++c) {
    const auto& column = *columns[c];
    Pairing pairing;
    for (std::size_t row = 0; row < crossing.codes.size(); ++row) {
      crossing.codes[row] = pairing.code(crossing.codes[row], column.codes[row]);
    }
    std::vector<Codes> parts;
    for (const auto key : pairing.keys()) {
      parts.push_back(crossing.parts[key >> 32]);
      parts.back().push_back(static_cast<std::uint32_t>(key));
    }
    crossing.parts = std::move(parts);
    crossing.columns.push_back(column.columns.front());
  }
  const auto order = sorted_order(crossing.parts);
  renumber(crossing.codes, order);
  std::vector<Codes> parts;
  for (const auto code : order) parts.push_back(std::move(crossing.parts[code]));
  crossing.parts = std::move(parts);
  for (const auto& part : crossing.parts) crossing.values.push_back(crossed_value(columns, part));
  return crossing;
}

std::vector<GroupColumn> group_columns(
    const std::map<std::string, std::vector<std::string>>& groups, std::int64_t most_crossed) {
  std::vector<GroupColumn> single;
  for (const auto& [name, values] : groups) {
    auto column = code_column(name, values);
    if (column.values.size() <= kMostGroupValues) single.push_back(std::move(column));
  }
  std::vector<GroupColumn> crossings;
  const auto most = std::min<std::size_t>(
      single.size(), static_cast<std::size_t>(std::max<std::int64_t>(most_crossed, 1)));
  for (std::size_t size = 2; size <= most; ++size) {
    std::vector<const GroupColumn*> chosen;
    add_crossings(single, size, 0, chosen, crossings);
  }
  for (auto& crossing : crossings) single.push_back(std::move(crossing));
  return single;
}

}  // namespace candor
