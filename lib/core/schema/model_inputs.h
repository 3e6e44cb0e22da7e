// SPDX-License-Identifier: Apache-2.0
// What leaves the host stage and enters the tensor stage: N rows, typed, not yet scaled.
#pragma once

#include <cstdint>
#include <vector>

namespace candor {

// Only the parts that a model's task has are filled; the others are empty. Row-major.
//   numeric      float32 [N, F], NaN where a value is missing
//   categorical  int64 [N, C]; 0 is missing, 1 is unknown, categories from 2
//   image        uint8 [N, 3, H, W]
//   ids          int64 [N, T]; all rows of one ModelInputs have the same T
struct ModelInputs {
  std::int64_t rows = 0;
  std::vector<float> numeric;
  std::vector<std::int64_t> categorical;
  std::vector<std::uint8_t> image;
  std::vector<std::int64_t> ids;

  // Appends the rows of `other`, which must come from the same host stage (and, for ids, length).
  void append(const ModelInputs& other) {
    rows += other.rows;
    numeric.insert(numeric.end(), other.numeric.begin(), other.numeric.end());
    categorical.insert(categorical.end(), other.categorical.begin(), other.categorical.end());
    image.insert(image.end(), other.image.begin(), other.image.end());
    ids.insert(ids.end(), other.ids.begin(), other.ids.end());
  }
};

}  // namespace candor
