// SPDX-License-Identifier: Apache-2.0
// Numbers written plainly, read many at once: an optional minus, digits without a needless leading
// zero, and perhaps a point with digits after it; at most 15 digits and 16 bytes behind the minus.
// Such a text has one value, and value and number of decimals give back the very text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace candor {

// How a cell of a column of numbers is written: the number of digits behind its point, or one of
// these.
inline constexpr std::uint8_t kMissingCell = 254;  // empty
inline constexpr std::uint8_t kOddCell = 255;      // anything else: its text is kept

// Bytes that must be readable before every text given to read_plain_numbers().
inline constexpr std::size_t kNumberPadding = 16;

// For each of `count` cells its value and spelling; the value of one that is not plain is NaN.
// Values are those of parse_number(), bit for bit.
void read_plain_numbers(const std::string_view* cells, std::size_t count, double* values,
                        std::uint8_t* spellings);
// The same without vector instructions, for tests and other processors.
void read_plain_numbers_portable(const std::string_view* cells, std::size_t count, double* values,
                                 std::uint8_t* spellings);

// Appends the text of a plain number. `spelling` is a number of decimals.
void append_plain_number(double value, std::uint8_t spelling, std::string& text);

}  // namespace candor
