// SPDX-License-Identifier: Apache-2.0
// Classification metrics under resampled weights.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/metrics/bootstrap.h"
#include "core/metrics/class_tally.h"
#include "core/metrics/ranking.h"

namespace candor {

// Cost limit of what is resampled by order: rows times ranked classes.
inline constexpr std::size_t kMostRankedEntries = 10'000'000;

// Places among the statistics, after those of kTallyMetrics.
inline constexpr std::size_t kAveragePrecision = std::size(kTallyMetrics);
inline constexpr std::size_t kLogLossError = kAveragePrecision + 1;
inline constexpr std::size_t kBrierError = kAveragePrecision + 2;

// Those of kTallyMetrics, the mean average precision of `ranked` (NaN without), and standard
// errors, which need the weight that each row has in itself. Keeps references.
class ClassificationStatistics : public RowStatistics {
 public:
  ClassificationStatistics(const std::vector<RowFacts>& facts,
                           const std::vector<RankedClass>& ranked, std::size_t classes,
                           std::span<const double> own_weight)
      : facts_(facts), ranked_(ranked), classes_(classes), own_weight_(own_weight) {}

  std::size_t size() const override { return kBrierError + 1; }
  void evaluate(std::span<const double> weight, std::span<double> values) const override;

 private:
  const std::vector<RowFacts>& facts_;
  const std::vector<RankedClass>& ranked_;
  std::size_t classes_;
  std::span<const double> own_weight_;
};

}  // namespace candor
