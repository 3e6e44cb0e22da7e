// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/metrics/group_difference.h"
#include "core/metrics/group_gaps.h"
#include "core/metrics/paired_tests.h"

namespace candor {
namespace {

// What one metric says of two groups.
class PairComparison {
 public:
  PairComparison(const ComparedGroups& groups, double confidence)
      : groups_(groups), confidence_(confidence) {}

  std::optional<PairGap> compare(const std::string& metric, std::size_t a, std::size_t b) const {
    PairGap pair;
    pair.metric = metric;
    pair.first = groups_.names[a];
    pair.second = groups_.names[b];
    const auto& first = groups_.groups[a];
    const auto& second = groups_.groups[b];
    const auto share = group_share(first, metric);
    const auto other = group_share(second, metric);
    if (share && other) return compare_shares(*share, *other, pair);
    if (!first.sums->classes.empty()) return std::nullopt;
    return compare_means(*first.sums, *second.sums, pair);
  }

 private:
  std::optional<PairGap> compare_shares(const Share& share, const Share& other,
                                        PairGap& pair) const {
    const auto found = candor::compare_shares(share, other, confidence_);
    const auto &a = found.first, &b = found.second;
    pair.difference = a.value - b.value;
    pair.low = found.difference.low;
    pair.high = found.difference.high;
    pair.p = found.difference.p;
    pair.method = share.weighted ? "newcombe, effective n" : "newcombe";
    if (b.value > 0.0) pair.ratio = a.value / b.value;
    if (const auto ratio = ratio_interval(a, b)) {
      pair.ratio_low = ratio->low;
      if (std::isfinite(ratio->high)) pair.ratio_high = ratio->high;
    }
    return pair;
  }

  std::optional<PairGap> compare_means(const GroupSums& a, const GroupSums& b,
                                       PairGap& pair) const {
    if (a.weight <= 0.0 || b.weight <= 0.0) return std::nullopt;
    const auto of = pair.metric == "mae" ? &GroupSums::absolute_error : &GroupSums::error;
    pair.difference = a.mean(a.*of) - b.mean(b.*of);
    pair.method = "none";
    const auto found = candor::compare_means(a, b, of, confidence_);
    if (!found) return pair;
    pair.low = found->low;
    pair.high = found->high;
    pair.p = found->p;
    pair.method = "welch";
    return pair;
  }

  const ComparedGroups& groups_;
  double confidence_;
};

std::vector<std::string> paired_metrics(const ComparedGroups& groups) {
  const auto classes = groups.all.sums->classes.size();
  if (classes == 0) return {"mean_error", "mae"};
  if (classes != 2) return {"accuracy"};
  return {"accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "precision"};
}

}  // namespace

std::vector<PairGap> pair_gaps(const ComparedGroups& groups, double confidence,
                               std::string& paired_with) {
  constexpr std::size_t kMostPairedGroups = 24;
  const auto count = groups.groups.size();
  const PairComparison comparison(groups, confidence);
  std::vector<PairGap> pairs;
  const auto add = [&](const std::string& metric, std::size_t a, std::size_t b) {
    if (auto pair = comparison.compare(metric, a, b)) pairs.push_back(std::move(*pair));
  };
  const auto largest =
      static_cast<std::size_t>(std::max_element(groups.groups.begin(), groups.groups.end(),
                                                [](const GroupView& a, const GroupView& b) {
                                                  return a.sums->rows < b.sums->rows;
                                                }) -
                               groups.groups.begin());
  const bool all_pairs = count <= kMostPairedGroups;
  if (!all_pairs) paired_with = groups.names[largest];
  for (const auto& metric : paired_metrics(groups)) {
    for (std::size_t a = 0; a < count; ++a) {
      if (!all_pairs && a != largest) add(metric, a, largest);
      for (auto b = a + 1; all_pairs && b < count; ++b) add(metric, a, b);
    }
  }
  std::vector<double> p;
  for (const auto& pair : pairs) p.push_back(pair.p);
  const auto corrected = holm(p);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = corrected[i];
  return pairs;
}

}  // namespace candor
