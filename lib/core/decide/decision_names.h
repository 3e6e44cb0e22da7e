// SPDX-License-Identifier: Apache-2.0
// Names of enums in decision.json and in configs: one table each.
#pragma once

#include <string>
#include <utility>

#include "core/decide/conformal.h"
#include "core/decide/group_thresholds.h"

namespace candor {

inline constexpr std::pair<ConformalMethod, const char*> kConformalMethods[] = {
    {ConformalMethod::lac, "lac"},
    {ConformalMethod::aps, "aps"},
    {ConformalMethod::absolute_residual, "absolute_residual"}};

inline constexpr std::pair<GroupConstraint, const char*> kGroupConstraints[] = {
    {GroupConstraint::demographic_parity, "demographic_parity"},
    {GroupConstraint::equalized_odds, "equalized_odds"}};

inline constexpr std::pair<GroupObjective, const char*> kGroupObjectives[] = {
    {GroupObjective::accuracy, "accuracy"},
    {GroupObjective::balanced_accuracy, "balanced_accuracy"}};

template <class Table, class Value>
std::string name_in_table(const Table& table, Value value) {
  for (const auto& [known, name] : table) {
    if (known == value) return name;
  }
  return "";
}

inline std::string name_of(ConformalMethod method) {
  return name_in_table(kConformalMethods, method);
}
inline std::string name_of(GroupConstraint constraint) {
  return name_in_table(kGroupConstraints, constraint);
}
inline std::string name_of(GroupObjective objective) {
  return name_in_table(kGroupObjectives, objective);
}

}  // namespace candor
