// SPDX-License-Identifier: Apache-2.0
// What leaves the host stage and enters the tensor stage: N rows, typed, not yet scaled.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace candor {

// Only the parts that a model's task has are filled; the others are empty. Row-major.
//   numeric      float32 [N, F], NaN where a value is missing
//   categorical  int64 [N, C]; 0 is missing, 1 is unknown, categories from 2
//   image        uint8 [N, 3, H, W]
//   ids          int64 [sum of id_counts], the tokens of each text, row by row
//   id_counts    int64 [N], tokens of each row; empty: all rows have equally many
//   terms        int64 [sum of term_counts], the weighted terms of all text columns, row by row
//   term_weights float32, of the same length
//   term_counts  int64 [N], terms of each row
struct ModelInputs {
  // In a tensor of ids, whose rows are equally long: no token.
  static constexpr std::int64_t kPadding = -1;

  std::int64_t rows = 0;
  std::vector<float> numeric;
  std::vector<std::int64_t> categorical;
  std::vector<std::uint8_t> image;
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> id_counts;
  std::vector<std::int64_t> terms;
  std::vector<float> term_weights;
  std::vector<std::int64_t> term_counts;

  // Appends the rows of `other`, which must come from the same host stage.
  void append(const ModelInputs& other);

  // Rows [from, from + count).
  ModelInputs slice(std::int64_t from, std::int64_t count) const;
  // These rows, in this order.
  ModelInputs select(std::span<const std::int64_t> numbers) const;
};

}  // namespace candor
