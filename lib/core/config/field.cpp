// SPDX-License-Identifier: Apache-2.0
#include "core/config/field.h"

#include "core/base/json.h"

namespace candor {

std::string config_number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return std::to_string(static_cast<long long>(value));
  }
  return Json(value).dump();
}

std::string range_text(const Field& field) {
  const bool low = std::isfinite(field.low), high = std::isfinite(field.high);
  if (!low && !high) return "";
  if (!high) return (field.above_low ? " > " : " >= ") + config_number_text(field.low);
  if (!low) return (field.below_high ? " < " : " <= ") + config_number_text(field.high);
  return std::string(" in ") + (field.above_low ? "(" : "[") + config_number_text(field.low) +
         ", " + config_number_text(field.high) + (field.below_high ? ")" : "]");
}

}  // namespace candor
