// SPDX-License-Identifier: Apache-2.0
// What leaves the host stage and enters the tensor stage: N rows, typed, not yet scaled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace candor {

// Only the parts that a model's task has are filled; the others are empty. Row-major.
//   numeric      float32 [N, F], NaN where a value is missing
//   categorical  int64 [N, C]; 0 is missing, 1 is unknown, categories from 2
//   image        uint8 [N, 3, H, W]
//   ids          int64 [N, T]; rows with fewer tokens than T end in kPadding
//   terms        int64 [sum of term_counts], the weighted terms of all text columns, row by row
//   term_weights float32, of the same length
//   term_counts  int64 [N], terms of each row
struct ModelInputs {
  static constexpr std::int64_t kPadding = -1;  // in ids: no token

  std::int64_t rows = 0;
  std::vector<float> numeric;
  std::vector<std::int64_t> categorical;
  std::vector<std::uint8_t> image;
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> terms;
  std::vector<float> term_weights;
  std::vector<std::int64_t> term_counts;

  // Appends the rows of `other`, which must come from the same host stage; shorter rows of ids are
  // filled up.
  void append(const ModelInputs& other) {
    append_ids(other);
    rows += other.rows;
    numeric.insert(numeric.end(), other.numeric.begin(), other.numeric.end());
    categorical.insert(categorical.end(), other.categorical.begin(), other.categorical.end());
    image.insert(image.end(), other.image.begin(), other.image.end());
    terms.insert(terms.end(), other.terms.begin(), other.terms.end());
    term_weights.insert(term_weights.end(), other.term_weights.begin(), other.term_weights.end());
    term_counts.insert(term_counts.end(), other.term_counts.begin(), other.term_counts.end());
  }

  // Tokens of each row, filling included.
  std::int64_t tokens_per_row() const {
    return rows > 0 ? static_cast<std::int64_t>(ids.size()) / rows : 0;
  }

  // Fills every row of ids up to `length` tokens.
  void pad_ids(std::int64_t length) {
    const auto old = tokens_per_row();
    if (length <= old) return;
    std::vector<std::int64_t> padded(static_cast<std::size_t>(rows * length), kPadding);
    for (std::int64_t row = 0; row < rows; ++row) {
      std::copy_n(ids.begin() + row * old, old, padded.begin() + row * length);
    }
    ids = std::move(padded);
  }

 private:
  void append_ids(const ModelInputs& other) {
    if (rows == 0) {
      ids = other.ids;
      return;
    }
    const auto length = std::max(tokens_per_row(), other.tokens_per_row());
    pad_ids(length);
    if (other.tokens_per_row() == length) {
      ids.insert(ids.end(), other.ids.begin(), other.ids.end());
      return;
    }
    auto filled = other;
    filled.pad_ids(length);
    ids.insert(ids.end(), filled.ids.begin(), filled.ids.end());
  }
};

}  // namespace candor
