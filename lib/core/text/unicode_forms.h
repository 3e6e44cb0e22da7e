// SPDX-License-Identifier: Apache-2.0
// Unicode normal forms (Unicode Standard Annex 15), full case folding and accents. The only place
// that uses utf8proc.
//
// The same everywhere, whatever version of Unicode the installed utf8proc knows: a code point that
// Unicode 15.0 has not assigned is left as it is, and what 15.0 assigned never changes (Unicode's
// stability policies on normalisation and case folding). Linear in the length of the text.
#pragma once

#include <candor/config.h>

#include <string>
#include <string_view>

namespace candor {

struct UnicodeSteps {
  UnicodeForm form = UnicodeForm::none;
  bool case_fold = false;
  // Drops the marks of Unicode's blocks of combining diacritical marks, also from letters that hold
  // one (é), which are then composed again unless the form decomposes. Not the vowel signs, points
  // and voicing marks of other scripts: without them a word is another.
  bool strip_accents = false;

  bool any() const { return form != UnicodeForm::none || case_fold || strip_accents; }
};

// `text` is valid UTF-8.
std::string apply_unicode_steps(std::string_view text, const UnicodeSteps& steps);

}  // namespace candor
