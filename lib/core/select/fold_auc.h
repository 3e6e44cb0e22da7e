// SPDX-License-Identifier: Apache-2.0
// Area under the ROC curve of a cross-validation (LeDell, Petersen and van der Laan 2015,
// "Computationally efficient confidence intervals for cross-validated area under the ROC curve
// estimates"): the mean of the folds' areas, with a variance from influence curves. Scores of
// different folds come from different models and are never put into one order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/select/cross_validation.h"

namespace candor {

// What the model of one fold said about its held-out rows.
struct FoldPredictions {
  std::vector<std::int64_t> rows;    // [N] number of each row, the same in every repeat
  std::vector<std::int64_t> target;  // [N] class, from 0
  std::vector<float> probabilities;  // [N, K]
};

// Area of one fold: of two classes that of the last, of more the mean over those that occur; empty
// when fewer than two occur.
std::optional<double> fold_auc(const FoldPredictions& fold, std::size_t classes);

// "roc_auc" over all folds. A row that several repeats hold out counts once, with the mean of its
// influence. Undefined, with the reason, when it is so in some fold.
Metric cross_validated_auc(const std::vector<FoldPredictions>& folds, std::size_t classes,
                           double confidence);

}  // namespace candor
