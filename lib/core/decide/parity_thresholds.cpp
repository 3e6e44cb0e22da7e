// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <deque>

#include "core/decide/group_cuts.h"

namespace candor {
namespace {

constexpr double kEqual = 1e-12;

// What a group can do: selection rate (rising), what it adds to the objective, the threshold.
struct Option {
  double selection = 0.0;
  double gain = 0.0;
  double threshold = 0.0;
};

// The objective is a sum over groups: a group's right decisions over all rows, or over all
// positives and all negatives.
std::vector<Option> options_of(const std::vector<Cut>& cuts, GroupObjective objective,
                               const Outcomes& all) {
  const auto positive_unit =
      objective == GroupObjective::accuracy ? all.total() : 2 * all.positives();
  const auto negative_unit =
      objective == GroupObjective::accuracy ? all.total() : 2 * all.negatives();
  std::vector<Option> options;
  options.reserve(cuts.size());
  for (const auto& cut : cuts) {
    const auto gain = (positive_unit > 0.0 ? cut.outcomes.true_positive / positive_unit : 0.0) +
                      (negative_unit > 0.0 ? cut.outcomes.true_negative / negative_unit : 0.0);
    options.push_back({cut.outcomes.selected() / cut.outcomes.total(), gain, cut.threshold});
  }
  return options;
}

// Of the options outside of the window that begins at `low`, the nearest; none is inside.
const Option& nearest(const std::vector<Option>& options, double low, double high) {
  const auto above =
      std::lower_bound(options.begin(), options.end(), low,
                       [](const Option& option, double value) { return option.selection < value; });
  if (above == options.begin()) return *above;
  if (above == options.end()) return options.back();
  const auto below = above - 1;
  return above->selection - high < low - below->selection ? *above : *below;
}

// Calls take(window, option) for each window [low, low + gap], low rising: the best option in it,
// the first of equals.
template <class Take>
void best_in_windows(const std::vector<Option>& options, const std::vector<double>& lows,
                     double gap, const Take& take) {
  std::deque<std::size_t> best;  // gains falling from the front
  std::size_t next = 0;
  for (std::size_t window = 0; window < lows.size(); ++window) {
    const auto low = lows[window];
    for (; next < options.size() && options[next].selection <= low + gap + kEqual; ++next) {
      while (!best.empty() && options[best.back()].gain < options[next].gain) best.pop_back();
      best.push_back(next);
    }
    while (!best.empty() && options[best.front()].selection < low - kEqual) best.pop_front();
    take(window, best.empty() ? nearest(options, low, low + gap) : options[best.front()]);
  }
}

struct Window {
  double gain = 0.0;
  double lowest = 1.0;
  double highest = 0.0;

  double gap() const { return highest - lowest; }
};

// The window to choose: the trivial ones, where nobody or everybody is selected, always fit.
std::size_t best_window(const std::vector<Window>& windows, double allowed) {
  std::size_t best = windows.size();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i].gap() > allowed + kEqual) continue;
    if (best == windows.size() || windows[i].gain > windows[best].gain + kEqual ||
        (windows[i].gain >= windows[best].gain - kEqual &&
         windows[i].gap() < windows[best].gap() - kEqual)) {
      best = i;
    }
  }
  return best;
}

}  // namespace

GroupCuts group_cuts(const CalibrationRows& rows) {
  std::map<std::string, BinaryScores> by_group;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    if (rows.weight(i) == 0.0) continue;
    auto& group = by_group[rows.groups[i]];
    group.score.push_back(rows.positive(i));
    group.positive.push_back(rows.labels[i] == 1);
    group.weight.push_back(rows.weight(i));
  }
  GroupCuts groups;
  for (const auto& [name, scores] : by_group) groups[name] = cuts(scores);
  return groups;
}

GroupMixes parity_thresholds(const GroupCuts& groups, const GroupChoice& choice) {
  Outcomes all;
  std::size_t fewest = SIZE_MAX;
  for (const auto& [name, cuts] : groups) {
    all.true_positive += cuts.front().outcomes.positives();
    all.true_negative += cuts.front().outcomes.negatives();
    fewest = std::min(fewest, cuts.size() - 1);  // distinct scores
  }
  std::map<std::string, std::vector<Option>> options;
  std::vector<double> lows;
  for (const auto& [name, cuts] : groups) {
    auto& own = options[name] = options_of(cuts, choice.objective, all);
    for (const auto& option : own) lows.push_back(option.selection);
  }
  std::sort(lows.begin(), lows.end());
  lows.erase(std::unique(lows.begin(), lows.end()), lows.end());
  std::vector<Window> windows(lows.size());
  std::map<std::string, std::vector<double>> thresholds;
  for (const auto& [name, own] : options) {
    auto& chosen = thresholds[name];
    best_in_windows(own, lows, choice.max_difference, [&](std::size_t i, const Option& option) {
      windows[i].gain += option.gain;
      windows[i].lowest = std::min(windows[i].lowest, option.selection);
      windows[i].highest = std::max(windows[i].highest, option.selection);
      chosen.push_back(option.threshold);
    });
  }
  const auto step = 1.0 / static_cast<double>(fewest);
  const auto best = best_window(windows, choice.max_difference + step);
  GroupMixes mixes;
  for (const auto& [name, chosen] : thresholds) mixes[name] = {{chosen[best], 1.0}};
  return mixes;
}

}  // namespace candor
