// SPDX-License-Identifier: Apache-2.0
// Rows whose true probabilities are known, for the tests of core/decide.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/decide/calibration_rows.h"

namespace candor::test {

// Index drawn with these probabilities by u in [0, 1).
inline std::int64_t draw(std::span<const double> probabilities, double u) {
  for (std::size_t k = 0; k + 1 < probabilities.size(); ++k) {
    if (u < probabilities[k]) return static_cast<std::int64_t>(k);
    u -= probabilities[k];
  }
  return static_cast<std::int64_t>(probabilities.size()) - 1;
}

inline void softmax(std::span<double> z) {
  double sum = 0.0;
  for (auto& value : z) sum += value = std::exp(value);
  for (auto& value : z) value /= sum;
}

// Logits are normal with the deviation `spread`, labels are drawn from their softmax; the rows'
// probabilities are those of logits times `sureness`: 1 is calibrated, above it too sure.
inline CalibrationRows made_rows(std::size_t count, std::size_t classes, double spread,
                                 double sureness, std::uint64_t seed) {
  const RandomStream stream(seed, "rows");
  CalibrationRows rows;
  rows.classes = classes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto own = stream.at(i);
    std::vector<double> truth, said;
    for (std::size_t k = 0; k < classes; ++k) {
      truth.push_back(spread * own.normal(k));
      said.push_back(sureness * truth.back());
    }
    softmax(truth);
    softmax(said);
    rows.labels.push_back(draw(truth, own.uniform(1000)));
    rows.probabilities.insert(rows.probabilities.end(), said.begin(), said.end());
  }
  return rows;
}

// Two classes with these positive probabilities and labels.
inline CalibrationRows two_class(const std::vector<double>& positive,
                                 const std::vector<std::int64_t>& labels) {
  CalibrationRows rows;
  rows.classes = 2;
  rows.labels = labels;
  for (const auto p : positive) {
    rows.probabilities.push_back(1.0 - p);
    rows.probabilities.push_back(p);
  }
  return rows;
}

}  // namespace candor::test
