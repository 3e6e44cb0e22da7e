// SPDX-License-Identifier: Apache-2.0
#include "core/select/draw_trial.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/config/check_evaluate.h"
#include "core/config/config_json.h"
#include "core/config/describe.h"

namespace candor {
namespace {

constexpr std::int64_t kMostCombinations = 100'000;
constexpr std::int64_t kShare = 3;  // one of so many goes on, for so many times as long

std::string digits(double value) {
  // Shortest text of the number that has six digits.
  return Json(std::stod(fmt::format("{:.6g}", value))).dump();
}

double on_scale(const SearchSpace& space, double share) {
  if (!space.log.empty()) {
    const double low = std::log(space.log[0]), high = std::log(space.log[1]);
    return std::exp(low + share * (high - low));
  }
  return space.uniform[0] + share * (space.uniform[1] - space.uniform[0]);
}

// Both ends are values like others.
double within(const SearchSpace& space, double value) {
  const auto& range = space.log.empty() ? space.uniform : space.log;
  return std::clamp(value, range[0], range[1]);
}

std::uint64_t whole_numbers(const SearchSpace& space) {
  return static_cast<std::uint64_t>(space.integer[1]) -
         static_cast<std::uint64_t>(space.integer[0]) + 1;
}

std::int64_t grid_size(const SearchSpace& space, std::int64_t points) {
  if (!space.choice.empty()) return static_cast<std::int64_t>(space.choice.size());
  if (space.integer.empty()) return points;
  const auto all = whole_numbers(space);
  return all < static_cast<std::uint64_t>(points) ? static_cast<std::int64_t>(all) : points;
}

std::string grid_value(const SearchSpace& space, std::int64_t index, std::int64_t size) {
  if (!space.choice.empty()) return space.choice[static_cast<std::size_t>(index)].json;
  const double share = size == 1 ? 0.0 : static_cast<double>(index) / static_cast<double>(size - 1);
  if (space.integer.empty()) return digits(within(space, on_scale(space, share)));
  const double distance = static_cast<double>(whole_numbers(space) - 1);
  return std::to_string(space.integer[0] +
                        static_cast<std::int64_t>(std::llround(share * distance)));
}

std::string drawn_value(const SearchSpace& space, const RandomStream& stream) {
  if (!space.choice.empty()) return space.choice[stream.below(0, space.choice.size())].json;
  if (space.integer.empty()) return digits(within(space, on_scale(space, stream.uniform(0))));
  const auto step = stream.below(0, whole_numbers(space));
  return std::to_string(space.integer[0] + static_cast<std::int64_t>(step));
}

// The type of a variant is set before what belongs to that type.
bool sets_type(const std::string& key) { return key == "type" || key.ends_with(".type"); }

std::string last_part(const std::string& key) { return key_steps(key).back(); }

}  // namespace

std::string short_key(const std::string& key, const TrialValues& all) {
  const auto last = last_part(key);
  const auto same = std::count_if(all.begin(), all.end(),
                                  [&](const auto& one) { return last_part(one.first) == last; });
  return same == 1 ? last : key;
}

std::int64_t trial_count(const RunConfig& config) {
  if (config.search.empty()) {
    throw Error(ErrorKind::config,
                "search is empty, so there is nothing to choose; give it keys of the config and "
                "their values, for example \"search\": {\"train.optimizer.learning_rate\": "
                "{\"log\": [0.0001, 0.01]}}");
  }
  if (config.tune.method != SearchMethod::grid) return config.tune.trials;
  std::int64_t count = 1;
  for (const auto& [key, space] : config.search) {
    count *= grid_size(space, config.tune.grid_points);
    if (count <= kMostCombinations) continue;
    throw Error(ErrorKind::config,
                fmt::format("search: the grid has more than {} combinations; lower "
                            "tune.grid_points, search fewer keys, or set tune.method to \"random\"",
                            kMostCombinations));
  }
  return count;
}

TrialValues draw_trial(const RunConfig& config, std::int64_t trial) {
  TrialValues values;
  if (config.tune.method != SearchMethod::grid) {
    for (const auto& [key, space] : config.search) {
      const auto stream =
          RandomStream(config.tune.seed, "tune/" + key).at(static_cast<std::uint64_t>(trial));
      values.emplace_back(key, drawn_value(space, stream));
    }
    return values;
  }
  auto rest = trial;
  for (auto entry = config.search.rbegin(); entry != config.search.rend(); ++entry) {
    const auto size = grid_size(entry->second, config.tune.grid_points);
    values.emplace_back(entry->first, grid_value(entry->second, rest % size, size));
    rest /= size;
  }
  std::reverse(values.begin(), values.end());
  return values;
}

RunConfig trial_config(const RunConfig& config, const TrialValues& values) {
  auto base = config;
  base.search.clear();
  base.tune = {};
  if (config.tune.score == SearchScore::validation) {
    if (sets_from_folds(config))
      base.calibration.conformal.reset();  // only the last model has them
    base.cross_validation.reset();
  }
  auto ordered = values;
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    const auto depth = [](const std::string& key) {
      return std::count(key.begin(), key.end(), '.');
    };
    if (sets_type(a.first) != sets_type(b.first)) return sets_type(a.first);
    return sets_type(a.first) && depth(a.first) < depth(b.first);
  });
  std::vector<std::string> words;
  for (const auto& [key, json] : ordered) words.push_back(key + "=" + json);
  return apply_words(base, words);
}

std::vector<Rung> halving_rungs(std::int64_t trials, std::int64_t length, std::int64_t unit) {
  std::vector<Rung> rungs = {{trials, length}};
  while (true) {
    const auto shorter = rungs.front().length / kShare / unit * unit;
    const auto rounds = static_cast<std::int64_t>(rungs.size());
    std::int64_t last = trials;
    for (std::int64_t i = 0; i < rounds; ++i) last /= kShare;
    if (shorter < unit || last < 1) break;
    rungs.insert(rungs.begin(), {0, shorter});
  }
  auto left = trials;
  for (auto& rung : rungs) {
    rung.trials = left;
    left = std::max<std::int64_t>(1, left / kShare);
  }
  return rungs;
}

}  // namespace candor
