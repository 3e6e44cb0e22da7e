// SPDX-License-Identifier: Apache-2.0
// Host stage of tables: which columns are features and of what kind, categories to indices, numbers
// parsed. Fitted on training rows; the same code serves training, evaluation, prediction and serving.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "core/table/table.h"

namespace candor {

class TableStage {
 public:
  // Decides kinds and categories over `training_rows`. Throws Error{data} or Error{config}: unknown target,
  // group or weight column (with the nearest name), no feature left, a target with one class or with a
  // missing value, text in a column declared a number (file, line, column; never the content).
  static TableStage fit(const Table& table, std::span<const std::int64_t> training_rows,
                        const TaskConfig& task, const TableData& data);

  // Inputs are the feature columns in file order; labels in sorted order, the positive class last of two.
  const Signature& signature() const { return signature_; }

  // numeric [N, F] and categorical [N, C] in the order of numeric_names() and category_names().
  ModelInputs apply(const Table& table, std::span<const std::int64_t> rows) const;
  // One client row; throws Error{request} naming field and expected type.
  ModelInputs prepare(const Row& row) const;

  // Class index per row. Throws Error{data} (file, line) for a missing or never-seen class.
  std::vector<std::int64_t> labels(const Table& table, std::span<const std::int64_t> rows) const;
  // Regression target per row, finite. Throws Error{data} (file, line).
  std::vector<double> targets(const Table& table, std::span<const std::int64_t> rows) const;
  // Sample weight per row, >= 0; all 1 without a weight column.
  std::vector<double> weights(const Table& table, std::span<const std::int64_t> rows) const;

  const std::vector<std::string>& numeric_names() const { return numeric_names_; }
  const std::vector<std::string>& category_names() const { return category_names_; }
  // Number of indices per categorical column: 2 (missing, unknown) + stored categories.
  std::vector<std::int64_t> category_sizes() const;

  Json to_json() const;
  static TableStage from_json(const Json& json);  // throws Error{model}

 private:
  struct Category {
    std::vector<std::string> names;  // index i here is 2 + i in `categorical`
  };
  Signature signature_;
  std::vector<std::string> numeric_names_;
  std::vector<std::string> category_names_;
  std::vector<Category> categories_;
  std::string target_;
  std::string weight_;
};

}  // namespace candor
