// SPDX-License-Identifier: Apache-2.0
// The GPT-2 alphabet: how byte-level vocabularies write bytes as printable characters (Radford et
// al. 2019, encoder.py).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace candor {

// The character of each byte, as UTF-8.
const std::array<std::string, 256>& byte_alphabet();

// The bytes that `token` writes; empty when it holds a character that is not of the alphabet.
std::optional<std::string> bytes_of_alphabet(std::string_view token);
std::string alphabet_of_bytes(std::string_view bytes);

// The bytes in the order of their characters' code points: the first 256 tokens of a trained
// vocabulary.
const std::array<unsigned char, 256>& bytes_in_alphabet_order();

}  // namespace candor
