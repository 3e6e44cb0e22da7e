// SPDX-License-Identifier: Apache-2.0
#include "core/select/refit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/config/check_evaluate.h"

namespace candor {
namespace {

std::int64_t at_least_one(double count) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::llround(count)));
}

// Own validation files become training files.
void join_validation_rows(FilesConfig& files, SplitConfig& split) {
  split.validation.reset();
  if (!files.validation) return;
  const auto& more = files.validation->list;
  files.train.list.insert(files.train.list.end(), more.begin(), more.end());
  files.validation.reset();
}

std::string reason_to_keep_apart(const RunConfig& trial) {
  if (std::holds_alternative<PlateauSchedule>(trial.train.schedule)) {
    return "train.schedule.type plateau needs validation rows";
  }
  const bool by_keys = std::visit(
      [](const auto& data) {
        return data.split.validation && data.split.test && (data.split.group || data.split.time);
      },
      trial.data);
  if (by_keys) {
    return "with data.split.group or data.split.time, other parts would choose other test rows";
  }
  const bool moves_test = std::visit(
      [](const auto& data) { return data.files.validation && data.split.test; }, trial.data);
  if (moves_test) {
    return "with the rows of data.files.validation, data.split.test would choose other test rows";
  }
  return {};
}

}  // namespace

void keep_sets_of_folds(const RunConfig& search, RunConfig& last) {
  if (!sets_from_folds(search)) return;
  last.cross_validation = search.cross_validation;
  if (!last.calibration.conformal) last.calibration.conformal = search.calibration.conformal;
}

Refit refit_config(const RunConfig& trial, double epochs, double steps) {
  Refit refit{trial, reason_to_keep_apart(trial)};
  auto& config = refit.config;
  config.cross_validation.reset();
  if (!refit.kept_apart.empty()) return refit;
  std::visit([](auto& data) { join_validation_rows(data.files, data.split); }, config.data);
  auto& train = config.train;
  if (train.steps) {
    train.steps = at_least_one(steps);
  } else {
    train.epochs = at_least_one(epochs);
  }
  train.early_stopping.reset();
  train.metric.reset();
  train.weights = Weights::last;
  return refit;
}

}  // namespace candor
