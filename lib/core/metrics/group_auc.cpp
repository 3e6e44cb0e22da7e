// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_auc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace candor {
namespace {

// A score in the order of numbers, and in the lowest bit whether the row is positive: 33 bits.
std::uint64_t rank_key(float score, bool positive) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 equals 0
  const auto ordered = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return (static_cast<std::uint64_t>(ordered) << 1) | (positive ? 1u : 0u);
}

// By the key's three times 11 bits, the lowest first.
void radix_sort(std::span<std::uint64_t> keys, std::vector<std::uint64_t>& spare) {
  constexpr std::size_t kFewKeys = 1024;
  if (keys.size() < kFewKeys) {
    std::sort(keys.begin(), keys.end());
    return;
  }
  spare.resize(keys.size());
  std::span<std::uint64_t> from = keys, to = spare;
  for (unsigned shift = 0; shift < 33; shift += 11) {
    std::array<std::size_t, 2048> place{};
    for (const auto key : from) ++place[(key >> shift) & 2047];
    std::size_t next = 0;
    for (auto& count : place) next += std::exchange(count, next);
    for (const auto key : from) to[place[(key >> shift) & 2047]++] = key;
    std::swap(from, to);
  }
  std::copy(from.begin(), from.end(), keys.begin());
}

// A run of equal scores: rows from `begin` on, up to `end`.
struct Tie {
  std::size_t begin = 0, end = 0;
  double positive = 0.0, negative = 0.0;  // weight
};

struct EqualWeights {
  double operator()(std::size_t) const { return 1.0; }
};

template <class Weight>
class SortedScores {
 public:
  SortedScores(std::span<const std::uint64_t> keys, Weight weight) : keys_(keys), weight_(weight) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (weight_(i) <= 0.0) continue;
      (is_positive(i) ? positive_ : negative_).add(weight_(i));
    }
  }

  std::optional<Auc> auc() const {
    if (positive_.sum <= 0.0 || negative_.sum <= 0.0) return std::nullopt;
    Auc auc;
    const auto pairs = positive_.sum * negative_.sum;
    double area = 0.0;
    for_ties(
        [&](const Tie& tie, double below) { area += tie.positive * (below + 0.5 * tie.negative); });
    auc.value = area / pairs;
    auc.fewest = std::min(positive_.whole_rows(), negative_.whole_rows());
    auc.too_few = too_few_of_side(positive_);
    if (auc.too_few.empty()) auc.too_few = too_few_of_side(negative_);
    if (auc.too_few.empty()) auc.variance = variance(auc.value);
    return auc;
  }

 private:
  // `action` gets every run of equal scores, from the lowest on, and the negative weight below it.
  template <class Action>
  void for_ties(const Action& action) const {
    double below = 0.0;
    for (std::size_t i = 0; i < keys_.size();) {
      const auto score = keys_[i] >> 1;
      Tie tie;
      tie.begin = i;
      for (; i < keys_.size() && keys_[i] >> 1 == score; ++i) {
        (is_positive(i) ? tie.positive : tie.negative) += weight_(i);
      }
      tie.end = i;
      action(tie, below);
      below += tie.negative;
    }
  }

  bool is_positive(std::size_t row) const { return (keys_[row] & 1) != 0; }

  // Distances of the placements from their mean, by side (DeLong).
  double variance(double value) const {
    LinearisedVariance of_positives(positive_), of_negatives(negative_);
    double positives_below = 0.0;
    for_ties([&](const Tie& tie, double below) {
      const auto wins = (below + 0.5 * tie.negative) / negative_.sum - value;
      positives_below += tie.positive;
      const auto losses =
          (positive_.sum - positives_below + 0.5 * tie.positive) / positive_.sum - value;
      if constexpr (std::is_same_v<Weight, EqualWeights>) {
        if (tie.positive > 0.0) of_positives.add(wins / positive_.sum, 1.0, tie.positive);
        if (tie.negative > 0.0) of_negatives.add(losses / negative_.sum, 1.0, tie.negative);
      } else {
        for (auto i = tie.begin; i < tie.end; ++i) {
          const auto w = weight_(i);
          if (is_positive(i)) of_positives.add(w * wins / positive_.sum, w);
          if (!is_positive(i)) of_negatives.add(w * losses / negative_.sum, w);
        }
      }
    });
    return of_positives.value() + of_negatives.value();
  }

  std::span<const std::uint64_t> keys_;
  Weight weight_;
  WeightSums positive_, negative_;
};

// Where each group's rows begin when rows stand by group; one entry more than groups.
std::vector<std::size_t> group_starts(const GroupColumn& column) {
  std::vector<std::size_t> starts(column.values.size() + 1, 0);
  for (const auto code : column.codes) ++starts[code + 1];
  for (std::size_t g = 1; g < starts.size(); ++g) starts[g] += starts[g - 1];
  return starts;
}

std::vector<std::optional<Auc>> unweighted(const Scored& scored, const GroupColumn& column) {
  const auto starts = group_starts(column);
  auto next = starts;
  std::vector<std::uint64_t> keys(column.codes.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[next[column.codes[i]]++] =
        rank_key(scored.probabilities[2 * i + 1], scored.target[i] == 1);
  }
  std::vector<std::optional<Auc>> result;
  std::vector<std::uint64_t> spare;
  for (std::size_t g = 0; g + 1 < starts.size(); ++g) {
    const auto own = std::span(keys).subspan(starts[g], starts[g + 1] - starts[g]);
    radix_sort(own, spare);
    result.push_back(SortedScores(std::span<const std::uint64_t>(own), EqualWeights{}).auc());
  }
  return result;
}

std::vector<std::optional<Auc>> weighted(const Scored& scored, const GroupColumn& column) {
  std::vector<std::vector<std::pair<std::uint64_t, double>>> rows(column.values.size());
  for (std::size_t i = 0; i < column.codes.size(); ++i) {
    rows[column.codes[i]].emplace_back(
        rank_key(scored.probabilities[2 * i + 1], scored.target[i] == 1), scored.weight[i]);
  }
  std::vector<std::optional<Auc>> result;
  std::vector<std::uint64_t> keys;
  for (auto& own : rows) {
    std::sort(own.begin(), own.end());
    keys.clear();
    for (const auto& row : own) keys.push_back(row.first);
    result.push_back(SortedScores(std::span<const std::uint64_t>(keys), [&](std::size_t i) {
                       return own[i].second;
                     }).auc());
  }
  return result;
}

}  // namespace

std::vector<std::optional<Auc>> group_auc(const Scored& scored, const GroupColumn& column) {
  return scored.weight.empty() ? unweighted(scored, column) : weighted(scored, column);
}

}  // namespace candor
