// SPDX-License-Identifier: Apache-2.0
// Predictions of the folds of a run, as their files have them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/data/folds.h"
#include "core/metrics/report.h"
#include "core/select/cross_validation.h"
#include "core/select/fold_auc.h"

namespace candor {

// RUN/folds/fold-01, fold-02, ...: `number` counts from 0, repeat by repeat.
std::filesystem::path fold_path(const std::filesystem::path& run, std::int64_t number);

// The lines of every fold's predictions, in the order of rows, repeat by repeat; each begins with
// "fold" and, where there are several, "repeat". Throws Error{model} when a fold's file has not a
// line for each of its rows.
std::string out_of_fold_lines(const std::filesystem::path& run, const CrossFolds& folds);

// The same as numbers; `labels` are the classes that every fold's model knows, in their order.
std::vector<FoldPredictions> read_fold_predictions(const std::filesystem::path& run,
                                                   const CrossFolds& folds,
                                                   const std::vector<std::string>& labels);

// What the folds of the first repeat say of the rows that they hold out, fold by fold, with the
// values of `group_columns`. `labels` are the classes of the model, none for regression. Throws
// Error{data} for damaged files and for a fold whose model knows other classes.
Scored read_held_out(const std::filesystem::path& run, const CrossFolds& folds,
                     const std::vector<std::string>& labels,
                     const std::vector<std::string>& group_columns);

// What the finished folds of `run` say together. Throws Error{model} for damaged files.
CrossValidation summarize_folds(const std::filesystem::path& run, const CrossFolds& folds,
                                double confidence);

}  // namespace candor
