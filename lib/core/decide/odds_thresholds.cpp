// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <candor/error.h>

#include "core/decide/group_cuts.h"

namespace candor {
namespace {

constexpr double kEqual = 1e-12;

struct RocPoint {
  double x = 0.0;  // false positive rate
  double y = 0.0;  // true positive rate
  double threshold = 0.0;
};

// Above 0 when b lies above the line from a to c.
double height(const RocPoint& a, const RocPoint& b, const RocPoint& c) {
  return (b.y - a.y) * (c.x - a.x) - (c.y - a.y) * (b.x - a.x);
}

// The upper hull of a group's ROC points as a function of x: x rises strictly from 0 to 1.
std::vector<RocPoint> upper_hull(const std::string& name, const std::vector<Cut>& cuts) {
  const auto& none = cuts.front().outcomes;
  if (!(none.positives() > 0.0 && none.negatives() > 0.0)) {
    throw Error(
        ErrorKind::data,
        fmt::format("thresholds by group: group '{}' has no {} calibration row, and equalized "
                    "odds compare both; use demographic_parity, or more rows",
                    name, none.positives() > 0.0 ? "negative" : "positive"));
  }
  std::vector<RocPoint> hull;
  for (const auto& cut : cuts) {
    const RocPoint point{cut.outcomes.false_positive / none.negatives(), cut.outcomes.recall(),
                         cut.threshold};
    if (!hull.empty() && point.x <= hull.back().x) hull.pop_back();  // straight up: the higher one
    while (hull.size() > 1 && height(hull[hull.size() - 2], hull.back(), point) <= 0.0) {
      hull.pop_back();
    }
    hull.push_back(point);
  }
  return hull;
}

std::size_t segment_of(const std::vector<RocPoint>& hull, double x) {
  const auto above = std::upper_bound(hull.begin(), hull.end(), x,
                                      [](double value, const RocPoint& p) { return value < p.x; });
  const auto end = static_cast<std::size_t>(above - hull.begin());
  return std::clamp<std::size_t>(end, 1, hull.size() - 1) - 1;
}

double share_of(const RocPoint& a, const RocPoint& b, double x) { return (x - a.x) / (b.x - a.x); }

double value_at(const std::vector<RocPoint>& hull, double x) {
  if (hull.size() == 1) return hull.front().y;
  const auto i = segment_of(hull, x);
  return hull[i].y + share_of(hull[i], hull[i + 1], x) * (hull[i + 1].y - hull[i].y);
}

using Hulls = std::map<std::string, std::vector<RocPoint>>;

double lowest_at(const Hulls& hulls, double x) {
  double lowest = 1.0;
  for (const auto& [name, hull] : hulls) lowest = std::min(lowest, value_at(hull, x));
  return lowest;
}

// What the objective gains by one more true positive rate, and loses by one more false one.
struct Prices {
  double true_positive = 0.5;
  double false_positive = 0.5;
};

Prices prices_of(const GroupCuts& groups, GroupObjective objective) {
  if (objective == GroupObjective::balanced_accuracy) return {};
  double positives = 0.0, total = 0.0;
  for (const auto& [name, cuts] : groups) {
    positives += cuts.front().outcomes.positives();
    total += cuts.front().outcomes.total();
  }
  return {positives / total, 1.0 - positives / total};
}

// The lowest hull is concave, and so is the objective along it: the best corner lies beside the
// best point.
double best_false_positive_rate(const Hulls& hulls, const Prices& prices) {
  const auto objective = [&](double x) {
    return prices.true_positive * lowest_at(hulls, x) - prices.false_positive * x;
  };
  std::vector<double> corners;
  for (const auto& [name, hull] : hulls) {
    for (const auto& point : hull) corners.push_back(point.x);
  }
  std::sort(corners.begin(), corners.end());
  corners.erase(std::unique(corners.begin(), corners.end()), corners.end());
  std::vector<double> values;
  for (const auto x : corners) values.push_back(objective(x));
  const auto best =
      static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  double low = corners[best == 0 ? 0 : best - 1];
  double high = corners[std::min(best + 1, corners.size() - 1)];
  for (int step = 0; step < 200; ++step) {
    const auto a = low + (high - low) / 3, b = high - (high - low) / 3;
    (objective(a) < objective(b) ? low : high) = objective(a) < objective(b) ? a : b;
  }
  const auto between = low + (high - low) / 2;
  return objective(between) > values[best] + kEqual ? between : corners[best];
}

void add(std::vector<MixedThreshold>& mix, double threshold, double probability) {
  if (probability <= kEqual) return;
  const auto same = std::find_if(mix.begin(), mix.end(), [&](const MixedThreshold& part) {
    return part.threshold == threshold;
  });
  if (same != mix.end()) {
    same->probability += probability;
  } else {
    mix.push_back({threshold, probability});
  }
}

// The mix of thresholds that has these rates in a group, whose hull is at or above (x, y).
std::vector<MixedThreshold> mix_at(const std::vector<RocPoint>& hull, double x, double y) {
  const auto i = segment_of(hull, x);
  const auto& a = hull[i];
  const auto& b = hull[i + 1];
  const auto own = value_at(hull, x);
  // At random, the share x of positives and of negatives is selected: the point (x, x).
  const auto random = own > y + kEqual ? (own - y) / (own - x) : 0.0;
  const auto share = share_of(a, b, x);
  std::vector<MixedThreshold> mix;
  add(mix, a.threshold, (1.0 - random) * (1.0 - share));
  add(mix, b.threshold, (1.0 - random) * share);
  add(mix, kSelectAlways, random * x);
  add(mix, kSelectNever, random * (1.0 - x));
  std::sort(mix.begin(), mix.end(),
            [](const auto& p, const auto& q) { return p.threshold < q.threshold; });
  return mix;
}

}  // namespace

GroupMixes odds_thresholds(const GroupCuts& groups, const GroupChoice& choice) {
  Hulls hulls;
  for (const auto& [name, cuts] : groups) hulls[name] = upper_hull(name, cuts);
  const auto x = best_false_positive_rate(hulls, prices_of(groups, choice.objective));
  const auto y = lowest_at(hulls, x);
  GroupMixes mixes;
  for (const auto& [name, hull] : hulls) mixes[name] = mix_at(hull, x, y);
  return mixes;
}

}  // namespace candor
