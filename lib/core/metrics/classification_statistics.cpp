// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/classification_statistics.h"

#include <limits>

namespace candor {
namespace {

// Over the classes that occur under these weights.
double mean_precision(const std::vector<RankedClass>& classes, std::span<const double> weight) {
  double sum = 0.0;
  double count = 0.0;
  for (const auto& ranked : classes) {
    const auto one = average_precision(ranked, weight);
    if (!one) continue;
    sum += *one;
    count += 1.0;
  }
  return count > 0.0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void ClassificationStatistics::evaluate(std::span<const double> weight,
                                        std::span<double> values) const {
  ClassTally tally(classes_);
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (weight[i] > 0.0) tally.add(facts_[i], weight[i], weight[i] * own_weight_[i]);
  }
  for (std::size_t m = 0; m < std::size(kTallyMetrics); ++m) {
    values[m] = (tally.*kTallyMetrics[m].value)();
  }
  values[kAveragePrecision] = mean_precision(ranked_, weight);
  values[kLogLossError] = tally.log_loss_error();
  values[kBrierError] = tally.brier_error();
}

}  // namespace candor
