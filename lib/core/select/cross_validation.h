// SPDX-License-Identifier: Apache-2.0
// What the folds of a cross-validation say together: means with intervals that know that folds
// share training rows, and the comparison of two cross-validations on the same folds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/metrics/paired_tests.h"

namespace candor {

// One fold: a model that was trained on the other rows and judged on its own.
struct FoldScore {
  std::int64_t fold = 1, repeat = 1;  // from 1
  std::int64_t rows = 0;              // held out
  std::int64_t training_rows = 0;     // all others: what training and its validation had
  std::int64_t steps = 0;             // updates done
  std::int64_t best_step = 0;         // whose weights were taken; 0: the last one's
  double steps_per_epoch = 0.0;
  std::map<std::string, std::optional<double>> metrics;  // empty value: undefined on these rows
};

// Its metrics are means over all folds; `method` "cross-validated auc", "nadeau-bengio", or "none"
// without an interval.
struct CrossValidation {
  std::string model;
  std::int64_t folds = 0, repeats = 1, rows = 0;
  std::string kind;    // as split_kind() names it
  std::string digest;  // sha256 over the rows of every fold and their file
  double confidence = 0.95;
  std::vector<FoldScore> scores;  // repeat by repeat
  std::vector<Metric> metrics;

  const Metric* find(const std::string& name) const;
  // The median over the folds of the step whose weights were taken, in epochs; 0 without a fold.
  double median_epochs() const;
  double median_steps() const;
};

// cross_validation.json. Reading throws Error{model} that begins with `where`.
Json cross_validation_json(const CrossValidation& result);
CrossValidation cross_validation_from_json(const Json& json, const std::string& where);

// A table for people.
std::string cross_validation_text(const CrossValidation& result, bool color);

// The scores of all folds: means with the interval of Nadeau and Bengio 2003
// (corrected_resampled_t), since training sets overlap; `names` in the order wanted. A metric that
// some fold leaves undefined is undefined, and says in how many.
std::vector<Metric> fold_means(const std::vector<FoldScore>& scores,
                               const std::vector<std::string>& names, double confidence);

// Two cross-validations on the same folds: the mean of `a` less `b` over them, with its interval
// and p by Nadeau and Bengio; method "nadeau-bengio". Without a value where some fold lacks the
// metric. Throws Error{data} when the folds are not the same rows.
Difference compare_folds(const CrossValidation& a, const CrossValidation& b,
                         const std::string& metric, double confidence);

}  // namespace candor
