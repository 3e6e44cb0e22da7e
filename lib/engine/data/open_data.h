// SPDX-License-Identifier: Apache-2.0
// From a config to datasets: files read and hashed, rows split, preprocessing fitted on training
// rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "core/data/folds.h"
#include "core/metrics/decision_needs.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// What train.fairness must know of the training rows.
struct TrainingGroups {
  std::vector<std::string> names;     // of the groups, in alphabetical order
  std::vector<std::int32_t> of_rows;  // group of each row; empty: not asked for
  std::vector<std::int64_t> labels;   // class of each row; empty: regression
  std::size_t classes = 1;
};

struct OpenedData {
  std::shared_ptr<const Preprocessor> preprocessor;
  std::shared_ptr<const Dataset> train, validation, test;  // null: no such part
  // Rows that are used for decisions alone (data.split.calibration): nothing else may look at them.
  std::shared_ptr<const Dataset> calibration;
  Json files;  // [{"part", "path", "sha256", "bytes"}], of the very bytes that were read
  std::string split_digest;  // sha256 over the rows of every part; empty: not opened
  // The same over the rows of each part that is cut from the training files.
  std::map<std::string, std::string> part_digests;
  std::string reading;  // of texts, what makes documents of files; else empty
  Json split;           // {"kind", "seed", ...}, for environment.json; null: not opened
  std::vector<double> sampling_weights;  // of the training rows; empty: each comes once an epoch
  // Training rows of each class; empty: no classes, or the training rows were not asked for.
  std::vector<std::int64_t> class_counts;
  TrainingGroups groups;
  std::optional<CrossFolds> folds;  // with config.cross_validation, of rows that are no test rows
  std::string fold_kind;            // of them, as split_kind() names it
  // Rows that decisions will be fitted on: those of the model, then of each fold where the folds
  // have calibration rows of their own. Empty: none are asked for.
  std::vector<FittingRows> fitting_rows;
  std::vector<std::string> summary;  // lines for people
  // What is wrong with the data that the preprocessing was fitted on, a line each, for the report;
  // empty for a fold.
  std::vector<std::string> findings;
  std::string
      ledger;  // of rows left out, as quarantine.jsonl has it; empty: none, or not asked for
  std::vector<std::string> caches;  // files with copies of the data that were used or made

  // "train", "validation" or "test". Throws Error{config} for a part that the run does not have.
  const std::shared_ptr<const Dataset>& part(const std::string& name) const;
  // The part that a run's report is about: the test rows, without any the validation rows, else
  // those of training.
  std::string reported_part() const;
  // SHA-256 that tells the rows of a part ("train", "validation", "test") from others, whatever was
  // trained on: of its files, or of those that it is cut from and which of their rows these are;
  // empty for a part that was not opened.
  std::string rows_digest(const std::string& name) const;
};

// `fitted` null: fits the preprocessing on the training rows; otherwise uses it as it is (the split
// is the same, since it depends on config and files alone). `only` (which needs `fitted`) opens
// that one part and reads no file but those that it needs. `fold` (which needs
// config.cross_validation) opens that fold: its held-out rows are the test, and the rows of the
// run's own test are not there. Throws Error{data} and Error{config}.
OpenedData open_data(const RunConfig& config, std::shared_ptr<const Preprocessor> fitted = nullptr,
                     const std::string& only = "", std::optional<FoldChoice> fold = {});

// One dataset of a file or folder of the user's own, for a fitted model; test labels must be known
// ones.
OpenedData open_external(const RunConfig& config, std::shared_ptr<const Preprocessor> fitted,
                         const std::string& path);

// Throws Error{config} unless `name` is train, validation or test.
void check_part(const std::string& name);

// Paths of the files in `now` that `before` (both as OpenedData::files) knows with other content.
std::vector<std::string> changed_files(const Json& before, const Json& now);

}  // namespace candor
