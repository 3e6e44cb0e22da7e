// SPDX-License-Identifier: Apache-2.0
// Tokens that stand for single bytes of characters a vocabulary lacks: "<0x00>" to "<0xFF>".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace candor {

std::string byte_token(unsigned char byte);
// The byte that the token stands for.
std::optional<char> byte_of_token(std::string_view token);

}  // namespace candor
