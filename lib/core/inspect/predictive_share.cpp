// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/predictive_share.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "core/base/random.h"
#include "core/table/number.h"

namespace candor {
namespace {

constexpr std::size_t kFolds = 5;
constexpr std::size_t kBins = 64;

// What the class shares of all rows weigh beside the rows that were seen with a value.
constexpr double kPriorRows = 0.25;

using Codes = std::vector<std::int32_t>;

std::vector<std::uint8_t> folds_of(std::size_t rows) {
  const RandomStream stream(0, "inspect folds");
  std::vector<std::uint8_t> folds(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    folds[i] = static_cast<std::uint8_t>(stream.below(i, kFolds));
  }
  return folds;
}

Codes codes_by_value(std::span<const std::string_view> cells) {
  std::unordered_map<std::string_view, std::int32_t> numbers;
  Codes codes;
  codes.reserve(cells.size());
  for (const auto cell : cells) {
    codes.push_back(numbers.emplace(cell, static_cast<std::int32_t>(numbers.size())).first->second);
  }
  return codes;
}

std::vector<double> numbers_of(std::span<const std::string_view> cells) {
  std::vector<double> numbers;
  numbers.reserve(cells.size());
  for (const auto cell : cells) {
    const auto parsed = parse_number(cell);
    numbers.push_back(parsed.kind == NumberKind::number ? parsed.value
                                                        : std::numeric_limits<double>::quiet_NaN());
  }
  return numbers;
}

// The bin of each number, from 1; 0 for a missing value and for what is no number. Empty for a
// column that is not one of numbers.
Codes codes_by_bin(std::span<const std::string_view> cells) {
  const auto numbers = numbers_of(cells);
  std::vector<double> sorted;
  std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(sorted),
               [](double value) { return !std::isnan(value); });
  const auto values = static_cast<std::size_t>(
      std::count_if(cells.begin(), cells.end(), [](auto cell) { return !cell.empty(); }));
  if (sorted.size() * 10 < values * 9 || sorted.size() < kBins) return {};
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> edges;
  for (std::size_t i = 1; i < kBins; ++i) edges.push_back(sorted[i * sorted.size() / kBins]);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  Codes codes;
  codes.reserve(numbers.size());
  for (const double value : numbers) {
    const auto above = std::upper_bound(edges.begin(), edges.end(), value);
    codes.push_back(std::isnan(value) ? 0 : 1 + static_cast<std::int32_t>(above - edges.begin()));
  }
  return codes;
}

// Counts, or sums, over all rows and over those of each fold, so that the rest is a difference.
struct Tally {
  double all = 0.0;
  std::array<double, kFolds> fold{};
  void add(std::size_t of, double value) {
    all += value;
    fold[of] += value;
  }
  double without(std::size_t of) const { return all - fold[of]; }
};

class ClassShare {
 public:
  ClassShare(const Codes& codes, const TargetSample& target, const std::vector<std::uint8_t>& folds)
      : codes_(codes), target_(target), folds_(folds) {
    classes_.resize(static_cast<std::size_t>(target.class_count));
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (target.label[i] < 0) continue;
      rows_.add(folds[i], 1.0);
      classes_[label(i)].add(folds[i], 1.0);
      values_[codes[i]].add(folds[i], 1.0);
      pairs_[pair(i)].add(folds[i], 1.0);
    }
  }

  double value() const {
    double loss = 0.0, base = 0.0;
    for (std::size_t i = 0; i < codes_.size(); ++i) {
      if (target_.label[i] < 0) continue;
      const auto fold = folds_[i];
      const double prior =
          (classes_[label(i)].without(fold) + 1.0 / static_cast<double>(target_.class_count)) /
          (rows_.without(fold) + 1.0);
      const double seen = values_.at(codes_[i]).without(fold);
      const double same = pairs_.at(pair(i)).without(fold);
      loss -= std::log((same + kPriorRows * prior) / (seen + kPriorRows));
      base -= std::log(prior);
    }
    return base > 0.0 ? std::clamp(1.0 - loss / base, 0.0, 1.0) : 0.0;
  }

 private:
  std::size_t label(std::size_t row) const { return static_cast<std::size_t>(target_.label[row]); }
  std::int64_t pair(std::size_t row) const {
    return static_cast<std::int64_t>(codes_[row]) * target_.class_count + target_.label[row];
  }

  const Codes& codes_;
  const TargetSample& target_;
  const std::vector<std::uint8_t>& folds_;
  Tally rows_;
  std::vector<Tally> classes_;
  std::unordered_map<std::int32_t, Tally> values_;
  std::unordered_map<std::int64_t, Tally> pairs_;
};

double amount_share(const Codes& codes, const TargetSample& target,
                    const std::vector<std::uint8_t>& folds) {
  Tally rows, sum;
  std::unordered_map<std::int32_t, std::pair<Tally, Tally>> values;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (std::isnan(target.rank[i])) continue;
    rows.add(folds[i], 1.0);
    sum.add(folds[i], target.rank[i]);
    auto& [count, total] = values[codes[i]];
    count.add(folds[i], 1.0);
    total.add(folds[i], target.rank[i]);
  }
  double loss = 0.0, base = 0.0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (std::isnan(target.rank[i])) continue;
    const auto fold = folds[i];
    const double mean = sum.without(fold) / std::max(rows.without(fold), 1.0);
    const auto& [count, total] = values.at(codes[i]);
    const double guess = (total.without(fold) + mean) / (count.without(fold) + 1.0);
    loss += (target.rank[i] - guess) * (target.rank[i] - guess);
    base += (target.rank[i] - mean) * (target.rank[i] - mean);
  }
  return base > 0.0 ? std::clamp(1.0 - loss / base, 0.0, 1.0) : 0.0;
}

double share_of(const Codes& codes, const TargetSample& target) {
  if (codes.empty()) return 0.0;
  const auto folds = folds_of(codes.size());
  return target.classes ? ClassShare(codes, target, folds).value()
                        : amount_share(codes, target, folds);
}

}  // namespace

TargetSample class_target(std::span<const std::string_view> cells) {
  TargetSample target;
  std::unordered_map<std::string_view, std::int32_t> numbers;
  for (const auto cell : cells) {
    const auto next = static_cast<std::int32_t>(numbers.size());
    target.label.push_back(cell.empty() ? -1 : numbers.emplace(cell, next).first->second);
  }
  target.class_count = static_cast<std::int32_t>(numbers.size());
  return target;
}

TargetSample amount_target(std::span<const std::string_view> cells) {
  TargetSample target;
  target.classes = false;
  target.rank = numbers_of(cells);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < target.rank.size(); ++i) {
    if (!std::isnan(target.rank[i])) order.push_back(i);
  }
  const auto values = target.rank;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const auto most = static_cast<double>(std::max<std::size_t>(order.size(), 2) - 1);
  for (std::size_t begin = 0; begin < order.size();) {
    auto end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double mean = static_cast<double>(begin + end - 1) / 2.0;
    for (auto i = begin; i < end; ++i) target.rank[order[i]] = mean / most;
    begin = end;
  }
  return target;
}

double predictive_share(std::span<const std::string_view> cells, const TargetSample& target) {
  return std::max(share_of(codes_by_value(cells), target), share_of(codes_by_bin(cells), target));
}

}  // namespace candor
