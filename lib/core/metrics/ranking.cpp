// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/metrics/bootstrap.h"

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

std::vector<WeightSums> class_weights(std::span<const std::int64_t> target,
                                      std::span<const double> weight) {
  std::vector<WeightSums> classes;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto label = static_cast<std::size_t>(target[i]);
    if (label >= classes.size()) classes.resize(label + 1);
    classes[label].add(weight[i]);
  }
  return classes;
}

std::string too_few_of(const std::vector<WeightSums>& classes) {
  for (const auto& own : classes) {
    const auto too_few = own.count > 0 ? too_few_of_side(own) : "";
    if (!too_few.empty()) return too_few;
  }
  return {};
}

double variance_of(std::span<const double> influence, std::span<const std::int64_t> target,
                   std::span<const double> weight, const std::vector<WeightSums>& classes) {
  std::vector<LinearisedVariance> sums(classes.begin(), classes.end());
  for (std::size_t i = 0; i < target.size(); ++i) {
    sums[static_cast<std::size_t>(target[i])].add(influence[i], weight[i]);
  }
  double variance = 0.0;
  for (const auto& own : sums) variance += own.value();
  return variance;
}

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

RankedArea ranked_area(const RankedClass& ranked, std::span<const double> weight) {
  const auto total = side_weights(ranked, weight);
  RankedArea area{0.0, total.positive, total.negative, placements(ranked, weight, total)};
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    const auto row = ranked.order[i];
    if (ranked.positive[i]) area.value += weight[row] * area.placement[row];
  }
  area.value /= total.positive;
  return area;
}

RankMeans::RankMeans(const Scored& scored, std::span<const double> weight, std::size_t classes,
                     bool influence)
    : scored_(scored),
      weight_(weight),
      share_(1.0 / static_cast<double>(classes)),
      influence_(influence),
      auc_influence_(weight.size(), 0.0),
      precision_influence_(weight.size(), 0.0) {}

void RankMeans::add(const RankedClass& ranked) {
  const auto area = ranked_area(ranked, weight_);
  auc_ += share_ * area.value;
  for (std::size_t i = 0; i < weight_.size(); ++i) {
    const auto side = scored_.target[i] == ranked.label ? area.positive : area.negative;
    auc_influence_[i] += share_ * weight_[i] * (area.placement[i] - area.value) / side;
  }
  precision_ += share_ * candor::average_precision(ranked, weight_).value_or(0.0);
  if (influence_) add_average_precision_influence(ranked, weight_, share_, precision_influence_);
}

Auc RankMeans::auc() const {
  Auc auc;
  auc.value = auc_;
  auc.influence = auc_influence_;
  const auto classes = class_weights(scored_.target, weight_);
  auc.fewest = weight_.size();
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (classes[k].sum <= 0.0) continue;
    WeightSums rest;
    for (std::size_t other = 0; other < classes.size(); ++other) {
      if (other != k) rest.add(classes[other]);
    }
    auc.fewest = std::min({auc.fewest, classes[k].whole_rows(), rest.whole_rows()});
  }
  auc.too_few = too_few_of(classes);
  if (auc.too_few.empty()) {
    auc.variance = variance_of(auc.influence, scored_.target, weight_, classes);
  }
  return auc;
}

std::string too_few_of_side(const WeightSums& weights) {
  if (weights.count == 1) return "a class has one row";
  return weights.few_are_heavy() ? kHeavyRows : "";
}

std::string too_few_of_class(std::span<const std::int64_t> target, std::span<const double> weight) {
  return too_few_of(class_weights(target, weight));
}

std::optional<double> variance_by_class(std::span<const double> influence,
                                        std::span<const std::int64_t> target,
                                        std::span<const double> weight) {
  const auto classes = class_weights(target, weight);
  if (!too_few_of(classes).empty()) return std::nullopt;
  return variance_of(influence, target, weight, classes);
}

Auc mean_auc(const Scored& scored, const std::vector<RankedClass>& classes,
             std::span<const double> weight) {
  RankMeans means(scored, weight, classes.size(), true);
  for (const auto& ranked : classes) means.add(ranked);
  return means.auc();
}

double counted_auc(const RankedClass& ranked, std::span<const std::uint32_t> counts) {
  // Twice the number of pairs in the right order, in whole numbers.
  std::uint64_t twice = 0;
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
  std::uint64_t here_positive = 0;
  std::uint64_t here_negative = 0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    const std::uint64_t count = counts[ranked.order[i]];
    const auto positive = count * ranked.positive[i];
    here_positive += positive;
    here_negative += count - positive;
    if (!ranked.tie_ends[i]) continue;
    twice += here_negative * (2 * positives + here_positive);
    positives += here_positive;
    negatives += here_negative;
    here_positive = here_negative = 0;
  }
  if (positives == 0 || negatives == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(twice) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

std::vector<double> stratified_auc_samples(const Scored& scored,
                                           const std::vector<RankedClass>& classes,
                                           std::size_t resamples) {
  std::vector<std::vector<std::uint32_t>> strata(scored.labels.size());
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    strata[static_cast<std::size_t>(scored.target[i])].push_back(static_cast<std::uint32_t>(i));
  }
  // By their first rows: the order of the classes must not matter.
  std::erase_if(strata, [](const auto& stratum) { return stratum.empty(); });
  std::sort(strata.begin(), strata.end(),
            [](const auto& a, const auto& b) { return a.front() < b.front(); });
  std::vector<double> samples(resamples);
  for_resamples(resamples, scored.target.size() * classes.size(), [&] {
    return [&, counts = std::vector<std::uint32_t>()](std::size_t r) mutable {
      draw_stratified_counts(strata, r, counts);
      double sum = 0.0;
      for (const auto& ranked : classes) sum += counted_auc(ranked, counts);
      samples[r] = sum / static_cast<double>(classes.size());
    };
  });
  return samples;
}

std::optional<Interval> auc_interval(const Auc& auc, const MeasureOptions& options,
                                     std::string& method) {
  constexpr double kRounding = 1e-24;
  const auto constant = auc.variance <= kRounding;
  const auto one_outcome =
      std::abs(auc.value * (1.0 - auc.value)) < 1e-12 || std::abs(auc.value - 0.5) < 1e-12;
  if (constant && one_outcome) {
    method = "exact";
    return constant_outcome_interval(auc.value, auc.fewest, options.one_end());
  }
  if (constant || !auc.too_few.empty()) return std::nullopt;
  method = "delong";
  return logit_interval(auc.value, std::sqrt(auc.variance), options.confidence);
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

void add_average_precision_influence(const RankedClass& ranked, std::span<const double> weight,
                                     double share, std::vector<double>& influence) {
  struct Tie {
    std::size_t begin = 0;
    std::size_t end = 0;
    Sides here, seen;  // seen: down to this tie and with it
  };
  std::vector<Tie> ties;
  Sides seen;
  for (std::size_t begin = 0; begin < ranked.order.size(); begin = ties.back().end) {
    Tie tie{begin, tie_end(ranked, begin), {}, {}};
    for (auto i = tie.begin; i < tie.end; ++i) {
      (ranked.positive[i] ? tie.here.positive : tie.here.negative) += weight[ranked.order[i]];
    }
    seen.positive += tie.here.positive;
    seen.negative += tie.here.negative;
    tie.seen = seen;
    ties.push_back(tie);
  }
  if (seen.positive <= 0.0) return;
  const auto mean = average_precision(ranked, weight).value_or(0.0);
  // From the lowest scores up: what a row above does to the terms of the ties below it.
  double by_positive = 0.0;
  double by_negative = 0.0;
  for (auto tie = ties.rbegin(); tie != ties.rend(); ++tie) {
    const auto all = tie->seen.positive + tie->seen.negative;
    if (all > 0.0) {
      by_positive += tie->here.positive * tie->seen.negative / (all * all);
      by_negative -= tie->here.positive * tie->seen.positive / (all * all);
    }
    const auto own = all > 0.0 ? tie->seen.positive / all : 0.0;
    for (auto i = tie->begin; i < tie->end; ++i) {
      const auto row = ranked.order[i];
      const auto derivative = ranked.positive[i] ? own + by_positive - mean : by_negative;
      influence[row] += share * weight[row] * derivative / seen.positive;
    }
  }
}

}  // namespace candor
