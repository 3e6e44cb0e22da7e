// SPDX-License-Identifier: Apache-2.0
// The one place with the version: CMake reads it from here.
#pragma once

#define CANDOR_VERSION_MAJOR 0
#define CANDOR_VERSION_MINOR 1
#define CANDOR_VERSION_PATCH 0
#define CANDOR_VERSION "0.1.0"

namespace candor {

// Version of the model directory and of every JSON file that candor writes ("format_version").
inline constexpr int kFormatVersion = 1;

}  // namespace candor
