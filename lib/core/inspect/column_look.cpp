// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/column_look.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/inspect/unknown_table.h"
#include "core/table/number.h"

namespace candor {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Linear between the neighbours; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const auto high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

// Of whole numbers each bin has as many different ones, so that none is empty for that reason
// alone.
void fill_histogram(NumberReport& numbers, const std::vector<double>& sorted, bool whole) {
  constexpr int kMostBins = 24;
  numbers.low = numbers.skewed ? quantile(sorted, 0.01) : numbers.least;
  numbers.high = numbers.skewed ? quantile(sorted, 0.99) : numbers.most;
  if (!(numbers.high > numbers.low)) return;
  int bins = kMostBins;
  constexpr double kExact = 1e15;  // beyond it a half is lost
  if (whole && std::abs(numbers.low) < kExact && std::abs(numbers.high) < kExact) {
    const double count = std::floor(numbers.high) - std::ceil(numbers.low) + 1.0;
    const double each = std::max(1.0, std::ceil(count / kMostBins));
    bins = std::max(1, static_cast<int>(std::ceil(count / each)));
    numbers.low = std::ceil(numbers.low) - 0.5;
    numbers.high = numbers.low + each * bins;
  }
  numbers.histogram.assign(static_cast<std::size_t>(bins), 0);
  const double width = (numbers.high - numbers.low) / bins;
  for (const double value : sorted) {
    if (value < numbers.low || value > numbers.high) continue;
    const auto bin = static_cast<int>((value - numbers.low) / width);
    ++numbers.histogram[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))];
  }
}

}  // namespace

bool named_like_an_identifier(const std::string& name) {
  const auto plain = lower(name);
  if (plain == "id" || plain == "uuid" || plain == "index") return true;
  return plain.size() > 2 &&
         (plain.ends_with("_id") || plain.ends_with("-id") || plain.ends_with(" id") ||
          name.ends_with("Id") || name.ends_with("ID"));
}

ColumnLook::ColumnLook(const Table& table, std::int64_t column, std::size_t exact_limit,
                       bool by_value, std::vector<std::uint64_t>& hashes)
    : name_(table.columns()[static_cast<std::size_t>(column)]),
      facts_(table.summary(column)),
      by_value_(by_value),
      distinct_(exact_limit) {
  hashes.clear();
  std::string text;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    hashes.push_back(add(table, column, row, table.cell(column, row, text)));
  }
}

std::uint64_t ColumnLook::add(const Table& table, std::int64_t column, std::int64_t row,
                              std::string_view cell) {
  if (cell.empty()) {
    ++missing_;
    content_ = hash_behind(content_, 0);
    pattern_ = hash_behind(pattern_, ~0ull);
    return 0;
  }
  const auto parsed = table.number(column, row);
  const bool value = by_value_ && parsed.kind == NumberKind::number;
  const auto hash = value ? hash_of(parsed.value) : hash_of(cell);
  content_ = hash_behind(content_, hash);
  ++values_;
  pattern_ = hash_behind(pattern_, static_cast<std::uint64_t>(distinct_.add(hash)));
  bytes_ += static_cast<std::int64_t>(cell.size());
  longest_ = std::max(longest_, static_cast<std::int64_t>(cell.size()));
  list(cell);
  add_number(table, row, cell, parsed);
  return hash;
}

void ColumnLook::list(std::string_view cell) {
  constexpr std::size_t kLongestListed = 100;
  if (list_full_) return;
  if (const auto found = listed_.find(cell); found != listed_.end()) {
    ++found->second;
  } else if (listed_.size() < kMostListed && cell.size() <= kLongestListed) {
    listed_.emplace(std::string(cell), 1);
  } else {
    list_full_ = true;
    listed_ = {};
  }
}

void ColumnLook::add_number(const Table& table, std::int64_t row, std::string_view cell,
                            const ParsedNumber& parsed) {
  if (!fits_float(parsed)) {
    whole_ = false;
    if (parsed.kind != NumberKind::text) ++not_finite_;
    if (first_odd_line_.empty()) {
      first_odd_line_ = line_in(table, row);
      only_odd_ = cell;
    } else if (cell != only_odd_) {
      only_odd_.clear();
    }
    return;
  }
  const double value = parsed.value;
  whole_ = whole_ && is_integer_text(cell);
  least_ = numbers_ == 0 ? value : std::min(least_, value);
  most_ = numbers_ == 0 ? value : std::max(most_, value);
  ++numbers_;
  // Welford 1962: no cancellation.
  const double difference = value - mean_;
  mean_ += difference / static_cast<double>(numbers_);
  squares_ += difference * (value - mean_);
}

bool ColumnLook::is_mixed() const {
  if (numbers_ == 0 || numbers_ == values_) return false;
  return values_ - numbers_ == not_finite_ || numbers_ * 10 >= values_ * 9;
}

std::optional<std::uint64_t> ColumnLook::pattern() const {
  // Columns whose values hardly recur look alike to it.
  if (!distinct_.exact() || 2 * distinct() > values_) return std::nullopt;
  return pattern_;
}

bool ColumnLook::mostly_differs() const {
  if (values_ < 20) return false;
  return distinct() == values_ || (distinct() > 1000 && distinct() * 2 > values_);
}

bool ColumnLook::is_boolean() const {
  if (listed_.size() != 2) return false;
  static constexpr const char* kPairs[][2] = {
      {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}};
  std::vector<std::string> found;
  for (const auto& [value, rows] : listed_) found.push_back(lower(value));
  std::sort(found.begin(), found.end());
  return std::any_of(std::begin(kPairs), std::end(kPairs),
                     [&](const auto& pair) { return found[0] == pair[0] && found[1] == pair[1]; });
}

ColumnKind ColumnLook::kind() const {
  if (values_ == 0) return ColumnKind::empty;
  if (distinct() == 1) return ColumnKind::constant;
  if (is_boolean()) return ColumnKind::boolean;
  if (is_number() || is_mixed()) {
    const bool all_differ = values_ >= 20 && distinct() * 100 >= values_ * 99;
    const bool named = whole_ && all_differ && named_like_an_identifier(name_);
    if (facts_.type == CellType::identifier || named) return ColumnKind::identifier;
    return whole_ ? ColumnKind::integer : ColumnKind::real;
  }
  switch (facts_.type) {
    case CellType::boolean: return ColumnKind::boolean;
    case CellType::date_time: return ColumnKind::date;
    case CellType::identifier: return ColumnKind::identifier;
    case CellType::text: return is_free_text(facts_) ? ColumnKind::text : ColumnKind::category;
    default: return mostly_differs() ? ColumnKind::identifier : ColumnKind::category;
  }
}

NumberReport ColumnLook::number_summary(const RowSample& sample, std::size_t column) const {
  NumberReport numbers;
  numbers.least = least_;
  numbers.most = most_;
  numbers.mean = mean_;
  numbers.deviation = std::sqrt(squares_ / static_cast<double>(numbers_));
  std::vector<double> sorted;
  for (std::int64_t row = 0; row < sample.rows(); ++row) {
    const auto parsed = parse_number(sample.cell(column, row));
    if (fits_float(parsed)) sorted.push_back(parsed.value);
  }
  if (sorted.empty()) return numbers;
  std::sort(sorted.begin(), sorted.end());
  constexpr std::array kShares = {0.05, 0.25, 0.5, 0.75, 0.95};
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    numbers.quantiles[i] = quantile(sorted, kShares[i]);
  }
  const double bulk = numbers.quantiles[4] - numbers.quantiles[0];
  numbers.skewed =
      most_ - numbers.quantiles[4] > 5.0 * bulk || numbers.quantiles[0] - least_ > 5.0 * bulk;
  const double low = numbers.quantiles[1], high = numbers.quantiles[3];
  const double reach = 3.0 * (high - low);
  if (reach > 0.0) {
    const auto outside = std::count_if(sorted.begin(), sorted.end(), [&](double value) {
      return value < low - reach || value > high + reach;
    });
    numbers.outlier_share = static_cast<double>(outside) / static_cast<double>(sorted.size());
  }
  fill_histogram(numbers, sorted, whole());
  return numbers;
}

void ColumnLook::fill_values(ColumnReport& summary) const {
  for (const auto& [value, rows] : listed_) {
    if (rows >= kFewestShown) {
      summary.top.push_back({value, rows});
    } else {
      ++summary.rare_values;
      summary.rare_rows += rows;
    }
  }
  std::sort(summary.top.begin(), summary.top.end(), [](const auto& a, const auto& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.value < b.value;
  });
  if (summary.top.size() > kMostTop) summary.top.resize(kMostTop);
}

ColumnReport ColumnLook::summary(const RowSample& sample, std::size_t column) const {
  ColumnReport summary;
  summary.name = name_;
  summary.kind = kind();
  summary.date_order_open = summary.kind == ColumnKind::date && facts_.date_order_open;
  summary.values = values_;
  summary.missing = missing_;
  summary.distinct = distinct();
  summary.distinct_exact = distinct_exact();
  summary.longest = longest_;
  if (values_ > 0) {
    summary.mean_length = static_cast<double>(bytes_) / static_cast<double>(values_);
  }
  switch (summary.kind) {
    case ColumnKind::integer:
    case ColumnKind::real: summary.numbers = number_summary(sample, column); break;
    case ColumnKind::boolean:
    case ColumnKind::category:
    case ColumnKind::constant: fill_values(summary); break;
    default: break;
  }
  return summary;
}

}  // namespace candor
