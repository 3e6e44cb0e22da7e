// SPDX-License-Identifier: Apache-2.0
// In which settings runs differ.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace candor {

struct SettingTable {
  std::vector<std::string> keys;  // "train.optimizer.learning_rate", in the order of the configs
  // For each config, for each key, its value as one word or JSON; empty where it has none.
  std::vector<std::vector<std::optional<std::string>>> values;
};

// The keys in which those configs that have them do not all agree. A key that only some have, such
// as one of another type of model or of a later version, is no difference of its own. Names and
// caches are left out, and files are told by their names alone. A null config has no keys.
SettingTable differing_settings(const std::vector<Json>& configs);

// Places of the keys, the most telling first: the key with the most different values, of equals the
// first one; those that name files last.
std::vector<std::size_t> most_telling(const SettingTable& table);

// For each key its end, as short as tells it from the others: "learning_rate", "model.type".
std::vector<std::string> short_keys(const std::vector<std::string>& keys);

}  // namespace candor
