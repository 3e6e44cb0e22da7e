// SPDX-License-Identifier: Apache-2.0
// Text that a model makes piece by piece, as UTF-8 that any client accepts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace candor {

// Length of `text` without a last character whose bytes have begun but are not all there.
std::size_t complete_utf8_length(std::string_view text);

// Each byte that is not part of a valid sequence becomes U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace candor
