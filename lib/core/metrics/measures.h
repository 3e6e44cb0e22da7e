// SPDX-License-Identifier: Apache-2.0
// The metrics of each kind of output, over rows that check_scored() has accepted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/metrics/bootstrap.h"
#include "core/metrics/intervals.h"
#include "core/metrics/report.h"
#include "core/metrics/share.h"

namespace candor {

struct MeasureOptions {
  double confidence = 0.95;
  bool intervals = true;
  // Each end by itself holds with (1 + confidence) / 2, also where only one of them can be wrong;
  // false: that one holds with `confidence`.
  bool each_end = false;

  // Of the only end that can be wrong.
  double one_end() const { return each_end ? 0.5 * (1.0 + confidence) : confidence; }
};

// Throws Error{failed} unless sizes agree, class indices are known and every number is finite.
void check_scored(const Scored& scored);

// The task whose metrics such outputs have.
TaskType task_of(OutputKind kind);

std::size_t row_count(const Scored& scored);
// Weights by row; all 1 when Scored has none, and when they are all alike, which says the same.
std::vector<double> row_weights(const Scored& scored);
// Whether rows count differently.
bool is_weighted(const std::vector<double>& weight);
// Class that each row is given: the one that was decided on, else the most probable one.
std::vector<std::int64_t> predicted_classes(const Scored& scored);
// Class with the highest probability (the first of equals) by row.
std::vector<std::int64_t> most_probable_classes(const Scored& scored);

// Of `ece` and of the reliability curve: 15 bins of equal width, (i/15, (i+1)/15]; 0 belongs to the
// first.
inline constexpr std::size_t kCalibrationBins = 15;
std::size_t calibration_bin(double confidence);

// The metric `name` without a value.
Metric undefined_metric(const std::string& name, std::string reason);
// The metric `name` with a value, and no interval yet.
Metric valued_metric(const std::string& name, double value);
void set_interval(Metric& metric, const std::optional<Interval>& interval,
                  const std::string& method);

inline constexpr const char* kNoSpread = "the rows hold no spread to judge by";

// Says beside a value why it has no interval.
void refuse_interval(Metric& metric, std::string reason);

// Of a smooth function of sums over rows: with the samples' own `errors` studentised, without them
// BCa; where there are no `samples` or they say nothing, the delta method.
void set_smooth_interval(Metric& metric, const std::vector<double>& samples,
                         const std::vector<double>& errors, const Spread& spread,
                         double confidence);

// The share as a metric, with its Wilson interval where the options ask for one.
Metric share_metric(const std::string& name, const Share& share, const std::string& empty_reason,
                    const MeasureOptions& options);

std::vector<Metric> measure_classification(const Scored& scored, const MeasureOptions& options);
std::vector<ClassRow> measure_classes(const Scored& scored, const MeasureOptions& options);
std::vector<std::vector<std::int64_t>> confusion_matrix(const Scored& scored);
std::vector<Metric> measure_regression(const Scored& scored, const MeasureOptions& options);
std::vector<Metric> measure_language(const Scored& scored, const MeasureOptions& options);
std::optional<BaselineReport> measure_baseline(const Scored& scored, const MeasureOptions& options);

}  // namespace candor
