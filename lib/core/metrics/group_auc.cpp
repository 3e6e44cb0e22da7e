// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_auc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
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

struct Side {
  double weight = 0.0;
  double rows = 0.0;
};

// A run of equal scores.
struct Tie {
  double positive = 0.0, negative = 0.0;  // weight
  double positive_squares = 0.0, negative_squares = 0.0;
};

template <class Weight>
class SortedScores {
 public:
  SortedScores(std::span<const std::uint64_t> keys, Weight weight) : keys_(keys), weight_(weight) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (weight_(i) <= 0.0) continue;
      auto& side = (keys_[i] & 1) != 0 ? positive_ : negative_;
      side.weight += weight_(i);
      side.rows += 1.0;
    }
  }

  std::optional<Auc> auc() const {
    if (positive_.rows == 0.0 || negative_.rows == 0.0) return std::nullopt;
    Auc auc;
    const auto pairs = positive_.weight * negative_.weight;
    double area = 0.0;
    for_ties(
        [&](const Tie& tie, double below) { area += tie.positive * (below + 0.5 * tie.negative); });
    auc.value = area / pairs;
    auc.fewest = static_cast<std::size_t>(std::min(positive_.rows, negative_.rows));
    auc.sides_of_two = auc.fewest >= 2;
    if (auc.sides_of_two) auc.variance = variance(auc.value);
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
      for (; i < keys_.size() && keys_[i] >> 1 == score; ++i) {
        const auto w = weight_(i);
        const bool is_positive = (keys_[i] & 1) != 0;
        (is_positive ? tie.positive : tie.negative) += w;
        (is_positive ? tie.positive_squares : tie.negative_squares) += w * w;
      }
      action(tie, below);
      below += tie.negative;
    }
  }

  // Squared distances of the placements from their mean, by side (DeLong).
  double variance(double value) const {
    double of_positives = 0.0, of_negatives = 0.0, positives_below = 0.0;
    for_ties([&](const Tie& tie, double below) {
      const auto wins = (below + 0.5 * tie.negative) / negative_.weight - value;
      positives_below += tie.positive;
      const auto losses =
          (positive_.weight - positives_below + 0.5 * tie.positive) / positive_.weight - value;
      of_positives += tie.positive_squares * wins * wins;
      of_negatives += tie.negative_squares * losses * losses;
    });
    const auto share = [](double sum, const Side& side) {
      return sum / (side.weight * side.weight) * side.rows / (side.rows - 1.0);
    };
    return share(of_positives, positive_) + share(of_negatives, negative_);
  }

  std::span<const std::uint64_t> keys_;
  Weight weight_;
  Side positive_, negative_;
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
    result.push_back(
        SortedScores(std::span<const std::uint64_t>(own), [](std::size_t) { return 1.0; }).auc());
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
