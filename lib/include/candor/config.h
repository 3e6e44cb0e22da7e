// SPDX-License-Identifier: Apache-2.0
// One run, as data. Plain structs with their defaults; nothing here reads or writes anything.
//
// Key names, ranges, units and help of every field stand once, in core/config/fields.h; the reader,
// the writer, the JSON Schema and configs/REFERENCE.md are derived from there. A field that is
// optional is off when empty (`null` in JSON); no value of a number means "off".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <candor/api.h>
#include <candor/config/evaluate.h>
#include <candor/config/images.h>
#include <candor/config/model.h>
#include <candor/config/table.h>
#include <candor/config/text.h>
#include <candor/config/train.h>

namespace candor {

// ---- task -----------------------------------------------------------------------------------

enum class TaskType { classification, regression, language_model };
enum class TargetTransform { standard, log };

struct TaskConfig {
  TaskType type = TaskType::classification;
  std::optional<std::string> target;  // column to predict; tables only, required there
  std::optional<std::string>
      positive;  // positive class of a two-class task; default: the last in sorted order
  // Regression: what the model learns. standard: (y - mean) / standard deviation; log: the same of
  // log(1 + y), for targets above -1 that spread over orders of magnitude. Both of the training
  // rows; reports and answers are in the target's own unit.
  TargetTransform target_transform = TargetTransform::standard;
  std::optional<ThresholdConfig> threshold;  // two classes; empty: the class of higher probability
};

using DataConfig = std::variant<TableData, TextData, ImageData>;

// ---- the whole ------------------------------------------------------------------------------

struct RunConfig {
  std::int64_t version = 1;
  std::string name;  // names the run directory and the model; required
  std::uint64_t seed = 0;
  TaskConfig task;
  DataConfig data;
  AugmentConfig augment;
  ModelConfig model;
  TrainConfig train;
  CalibrationConfig calibration;
  EvaluateConfig evaluate;
  std::optional<CrossValidationConfig> cross_validation;  // before the model is trained
  std::map<std::string, SearchSpace> search;  // for `candor tune`: key of this file -> its values
  TuneConfig tune;
};

// Reads `path` and applies the words of a command line (`train.epochs=3`,
// `+data.columns.age={...}`,
// `~train.clip_norm`). Relative paths in the file resolve against the file's folder, those in words
// against the working directory. Throws Error{config} that names every problem found.
CANDOR_API RunConfig load_config(const std::string& path, const std::vector<std::string>& words);

// Every default filled in, pretty-printed JSON that load_config reads back to the same value.
CANDOR_API std::string write_config(const RunConfig& config);

// JSON Schema 2020-12 of the config file.
CANDOR_API std::string config_schema();

// configs/REFERENCE.md.
CANDOR_API std::string config_reference();

}  // namespace candor
