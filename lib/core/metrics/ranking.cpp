// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace candor {
namespace {

struct Sides {
  double positive = 0.0;
  double negative = 0.0;
};

Sides side_weights(const RankedClass& ranked, std::span<const double> weight) {
  Sides sides;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    (ranked.positive[i] ? sides.positive : sides.negative) += weight[ranked.order[i]];
  }
  return sides;
}

std::size_t tie_end(const RankedClass& ranked, std::size_t begin) {
  auto end = begin;
  while (!ranked.tie_ends[end]) ++end;
  return end + 1;
}

// For every row the share of the other side that it stands on the right side of, ties half.
std::vector<double> placements(const RankedClass& ranked, std::span<const double> weight,
                               const Sides& total) {
  std::vector<double> result(ranked.order.size());
  Sides above;
  for (std::size_t begin = 0; begin < ranked.order.size();) {
    const auto end = tie_end(ranked, begin);
    Sides here;
    for (auto i = begin; i < end; ++i) {
      (ranked.positive[i] ? here.positive : here.negative) += weight[ranked.order[i]];
    }
    const auto below = total.negative - above.negative - 0.5 * here.negative;
    const auto positives_above = above.positive + 0.5 * here.positive;
    for (auto i = begin; i < end; ++i) {
      result[ranked.order[i]] =
          ranked.positive[i] ? below / total.negative : positives_above / total.positive;
    }
    above.positive += here.positive;
    above.negative += here.negative;
    begin = end;
  }
  return result;
}

double area(const RankedClass& ranked, std::span<const double> weight,
            const std::vector<double>& placement, double positives) {
  double sum = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    const auto row = ranked.order[i];
    if (ranked.positive[i]) sum += weight[row] * placement[row];
  }
  return sum / positives;
}

struct ClassSpread {
  double rows = 0.0;
  double sum_of_squares = 0.0;
};

}  // namespace

RankedClass rank_class(const Scored& scored, std::int64_t label) {
  const auto rows = scored.target.size();
  const auto classes = scored.labels.size();
  std::vector<float> score(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    score[i] = scored.probabilities[i * classes + static_cast<std::size_t>(label)];
  }
  RankedClass ranked;
  ranked.label = label;
  ranked.order.resize(rows);
  std::iota(ranked.order.begin(), ranked.order.end(), 0u);
  std::sort(ranked.order.begin(), ranked.order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return score[a] != score[b] ? score[a] > score[b] : a < b;
  });
  for (std::size_t i = 0; i < rows; ++i) {
    ranked.positive.push_back(scored.target[ranked.order[i]] == label);
    ranked.tie_ends.push_back(i + 1 == rows ||
                              score[ranked.order[i]] != score[ranked.order[i + 1]]);
  }
  return ranked;
}

std::vector<std::int64_t> ranked_labels(const Scored& scored, std::span<const double> weight) {
  std::vector<bool> occurs(scored.labels.size(), false);
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    if (weight[i] > 0.0) occurs[static_cast<std::size_t>(scored.target[i])] = true;
  }
  std::vector<std::int64_t> labels;
  for (std::size_t k = 0; k < occurs.size(); ++k) {
    if (occurs[k]) labels.push_back(static_cast<std::int64_t>(k));
  }
  if (labels.size() < 2) return {};
  if (scored.labels.size() == 2) return {1};
  return labels;
}

Auc mean_auc(const Scored& scored, const std::vector<RankedClass>& classes,
             std::span<const double> weight) {
  Auc auc;
  const auto rows = scored.target.size();
  const auto share = 1.0 / static_cast<double>(classes.size());
  std::vector<double> influence(rows, 0.0);
  for (const auto& ranked : classes) {
    const auto total = side_weights(ranked, weight);
    const auto placement = placements(ranked, weight, total);
    const auto value = area(ranked, weight, placement, total.positive);
    auc.value += share * value;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto side = scored.target[i] == ranked.label ? total.positive : total.negative;
      influence[i] += share * weight[i] * (placement[i] - value) / side;
    }
  }
  // Rows are independent, so squared influences add up; the factor rows / (rows - 1) is by true
  // class.
  std::vector<ClassSpread> spread(scored.labels.size());
  for (std::size_t i = 0; i < rows; ++i) {
    if (weight[i] <= 0.0) continue;
    auto& own = spread[static_cast<std::size_t>(scored.target[i])];
    own.rows += 1.0;
    own.sum_of_squares += influence[i] * influence[i];
  }
  auc.fewest = rows;
  auc.sides_of_two = true;
  double all = 0.0;
  for (const auto& own : spread) all += own.rows;
  for (const auto& own : spread) {
    if (own.rows == 0.0) continue;
    auc.fewest = std::min(auc.fewest, static_cast<std::size_t>(std::min(own.rows, all - own.rows)));
    if (own.rows < 2.0) {
      auc.sides_of_two = false;
    } else {
      auc.variance += own.sum_of_squares * own.rows / (own.rows - 1.0);
    }
  }
  return auc;
}

std::optional<Interval> auc_interval(const Auc& auc, double confidence, std::string& method) {
  constexpr double kNoSpread = 1e-24;
  const auto constant = auc.variance <= kNoSpread;
  const auto one_outcome =
      std::abs(auc.value * (1.0 - auc.value)) < 1e-12 || std::abs(auc.value - 0.5) < 1e-12;
  if (constant && one_outcome) {
    method = "exact";
    return constant_outcome_interval(auc.value, auc.fewest, confidence);
  }
  if (constant || !auc.sides_of_two) return std::nullopt;
  method = "delong";
  return logit_interval(auc.value, std::sqrt(auc.variance), confidence);
}

std::optional<double> average_precision(const RankedClass& ranked, std::span<const double> weight) {
  double positives = 0.0;
  double seen = 0.0;
  double before = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    const auto w = weight[ranked.order[i]];
    seen += w;
    positives += ranked.positive[i] ? w : 0.0;
    if (!ranked.tie_ends[i] || positives == before) continue;
    sum += (positives - before) * positives / seen;
    before = positives;
  }
  if (positives <= 0.0) return std::nullopt;
  return sum / positives;
}

}  // namespace candor
