// SPDX-License-Identifier: Apache-2.0
// Unicode steps of a tokenizer.json's normalizer, with the results of Hugging Face tokenizers 0.23:
// its normal forms and marks are those of Unicode 9, its lower case that of Unicode 17. Characters
// that came later are left as they are, and nothing is composed across them.
#pragma once

#include <string>
#include <string_view>

namespace candor {

enum class NormalForm { nfc, nfd, nfkc, nfkd };

// Bytes that are not valid UTF-8 stay.
std::string unicode_form(std::string_view text, NormalForm form);
// Character by character, without regard to neighbours: U+0130 becomes i and a dot above.
std::string lower_case(std::string_view text);
// Without characters of the categories Mn, Mc and Me.
std::string without_marks(std::string_view text);

}  // namespace candor
