// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace candor {

// The group of a row without a value.
inline constexpr std::string_view kMissingGroup = "(missing)";

}  // namespace candor
