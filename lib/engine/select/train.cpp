// SPDX-License-Identifier: Apache-2.0
// `candor train`: the folds of a cross-validation, if it is asked for, and the model.
#include <candor/train.h>

#include <optional>
#include <string>

#include <fmt/format.h>

#include <candor/error.h>
#include <candor/version.h>

#include "core/base/json.h"
#include "engine/select/cross_validate.h"
#include "engine/train/train_model.h"

namespace candor {
namespace {

void check_options(const RunConfig& config, const TrainOptions& options) {
  if (options.folds_only && !config.cross_validation) {
    throw Error(ErrorKind::config,
                "--folds-only needs cross_validation in the config, for example "
                "cross_validation={\"folds\": 5}");
  }
}

// What a dry run says beside the model's own estimate.
std::string folds_line(const CrossValidationConfig& cross) {
  const auto count = cross.folds * cross.repeats;
  return fmt::format(
      "cross-validation: {} such trainings come before, each on {:.3g} % of the rows\n", count,
      100.0 * static_cast<double>(cross.folds - 1) / static_cast<double>(cross.folds));
}

std::string with_folds(const std::string& text, const CrossValidation& folds,
                       const TrainOptions& options, const std::string& run) {
  if (!options.json) {
    const auto table = cross_validation_text(folds, options.color);
    return text.empty() ? table + "run: " + run + "\n" : table + "\n" + text;
  }
  auto json = text.empty() ? Json{{"format_version", kFormatVersion}, {"run", run}}
                           : parse_json(text, "the run's result", ErrorKind::failed);
  json["cross_validation"] = cross_validation_json(folds);
  return json_document(json);
}

}  // namespace

TrainResult train(const RunConfig& config, const TrainOptions& options) {
  check_options(config, options);
  if (!config.cross_validation || options.find_learning_rate) return train_model(config, options);
  if (options.dry_run) {
    auto result = train_model(config, options);
    if (!options.json) result.text += folds_line(*config.cross_validation);
    return result;
  }
  std::optional<CrossValidation> folds;
  std::optional<CrossFolds> dealt;
  ModelPart part;
  part.before = [&](const RunDirectory& run, const OpenedData& data) {
    dealt = data.folds;
    folds = cross_validate(config, options, run, data);
    part.folds = FoldMeans{folds->folds, folds->repeats, folds->kind, folds->metrics};
    return !options.folds_only;
  };
  auto result = train_model(config, options, part);
  restore_out_of_fold(result.run_directory, *dealt);
  result.text = with_folds(result.text, *folds, options, result.run_directory);
  return result;
}

}  // namespace candor
