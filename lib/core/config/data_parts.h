// SPDX-License-Identifier: Apache-2.0
// What the data of every kind have.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <candor/config.h>

namespace candor {

inline const std::vector<std::string>& data_groups(const RunConfig& config) {
  return std::visit([](const auto& data) -> const std::vector<std::string>& { return data.groups; },
                    config.data);
}

inline const SplitConfig& data_split(const RunConfig& config) {
  return std::visit([](const auto& data) -> const SplitConfig& { return data.split; }, config.data);
}

}  // namespace candor
