// SPDX-License-Identifier: Apache-2.0
// Numbers of JSON that may be missing.
#pragma once

#include <optional>

#include "core/base/json.h"

namespace candor {

inline Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Empty for what is no number.
inline std::optional<double> number_or_none(const Json& json) {
  return json.is_number() ? std::optional<double>(json.get<double>()) : std::nullopt;
}

}  // namespace candor
