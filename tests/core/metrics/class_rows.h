// SPDX-License-Identifier: Apache-2.0
// Rows of a classifier for tests, and the report on them.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/metrics/report.h"

namespace candor::test {

// Rows of a model that is right more often than not.
inline Scored random_rows(std::size_t rows, std::size_t classes, std::uint64_t seed) {
  const RandomStream stream(seed, "rows");
  Scored scored;
  for (std::size_t k = 0; k < classes; ++k) scored.labels.push_back("c" + std::to_string(k));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    const auto target = row.below(1000, classes);
    scored.target.push_back(static_cast<std::int64_t>(target));
    std::vector<double> p(classes);
    double sum = 0.0;
    for (std::size_t k = 0; k < classes; ++k) sum += p[k] = std::exp(row.normal(k) + (k == target));
    for (const auto one : p) scored.probabilities.push_back(static_cast<float>(one / sum));
  }
  return scored;
}

inline Report report_of(const Scored& scored, bool intervals = true) {
  return make_report(scored, EvaluateConfig{}, intervals);
}

// Two classes, probabilities of the positive one.

}  // namespace candor::test
