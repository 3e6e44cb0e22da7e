// SPDX-License-Identifier: Apache-2.0
// Numbers as text, the same way for cells of a file and values of a request.
#pragma once

#include <string>
#include <string_view>

namespace candor {

enum class NumberKind {
  number,      // finite
  not_finite,  // inf, infinity or nan in any case and with any sign, or beyond the range of a
               // double
  text,        // anything else
};

struct ParsedNumber {
  NumberKind kind = NumberKind::text;
  double value = 0.0;
};

// Without spaces and tabs at either end.
std::string_view trim_blanks(std::string_view text);

// Decimal notation with `.`, an optional sign and exponent, blanks around it allowed; independent
// of the locale. A magnitude too small for a double is 0.
ParsedNumber parse_number(std::string_view text);

// Whether float32 can hold it.
bool fits_float(const ParsedNumber& number);

// The shortest text that reads back as `value` (finite): integers without a point or exponent.
std::string number_text(double value);

// An optional minus and digits only.
bool is_integer_text(std::string_view text);

}  // namespace candor
