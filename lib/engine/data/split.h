// SPDX-License-Identifier: Apache-2.0
// Which rows train, validate and test: a pure function of row count, classes, fractions and seed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

struct SplitRows {
  std::vector<std::int64_t> train, validation, test;  // each ascending
};

// `strata` is empty, or a class per row whose shares every part keeps (largest remainder), except
// that training keeps one row of each class. The test rows depend on neither the validation
// fraction nor anything but seed, test fraction and strata.
SplitRows split_rows(std::int64_t rows, std::span<const std::int64_t> strata,
                     const SplitConfig& config);

// sha256 over the rows of every part.
std::string digest_of(const SplitRows& rows);

// Contiguous parts of a text of `length` bytes, in the order training, test, validation; [first,
// last).
struct TextSpans {
  std::int64_t train_end = 0, test_end = 0, validation_end = 0;
};
TextSpans split_text(std::int64_t length, const SplitConfig& config);

}  // namespace candor
