// SPDX-License-Identifier: Apache-2.0
// The trials of a search: which values each one has, and how long it goes on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <candor/config.h>

namespace candor {

// Key of the config and its value as JSON text, in the order of the keys.
using TrialValues = std::vector<std::pair<std::string, std::string>>;
// The last part of a key, or the whole key where another one of `all` ends in the same.
std::string short_key(const std::string& key, const TrialValues& all);

// Combinations of a grid, or draws. Throws Error{config} for an empty search, and for a grid of
// more than 100,000.
std::int64_t trial_count(const RunConfig& config);

// Values of trial number `trial`, from 0: a pure function of the search, tune.seed and that number,
// in which every key has draws of its own, so that a new key leaves those of the others alone.
// Draws of `log` and `uniform` have six digits. In a grid the last key changes fastest; of a range
// it has tune.grid_points values from one end to the other.
TrialValues draw_trial(const RunConfig& config, std::int64_t trial);

// `config` with these values, and without what belongs to the search alone. Throws Error{config}
// that names every problem, such as values that do not go together.
RunConfig trial_config(const RunConfig& config, const TrialValues& values);

// One round of successive halving: its trials are the best of the round before.
struct Rung {
  std::int64_t trials = 0;
  std::int64_t length = 0;  // epochs, or updates where train.steps is set; of each trial in all
};
// From the shortest to the last, which has the whole length; a third of the trials goes on, three
// times as long. `unit` is the distance between two validations; lengths are multiples of it, but
// for the last. One round where the length or the trials allow no other.
std::vector<Rung> halving_rungs(std::int64_t trials, std::int64_t length, std::int64_t unit);

}  // namespace candor
