// SPDX-License-Identifier: Apache-2.0
// How a CSV file of unknown making is written, from its beginning.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <candor/config.h>

namespace candor {

// Markers of a missing value that are common and are not among the defaults.
inline constexpr std::array<std::string_view, 7> kOtherMarkers = {"?",    "N/A", "n/a", "NULL",
                                                                  "None", "-",   "."};

// Bytes of the beginning that are enough.
inline constexpr std::size_t kSniffedBytes = 1u << 20;

// Delimiter, quotes, header and trimming by the first rows of `text`, which starts after any byte
// order mark; the markers stay the defaults.
TableFormat sniff_format(std::string_view text);

}  // namespace candor
