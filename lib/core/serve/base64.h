// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace candor {

// RFC 4648, standard or URL-safe alphabet, padding optional. Nothing where the text is not base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace candor
