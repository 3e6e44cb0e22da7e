// SPDX-License-Identifier: Apache-2.0
// Host stage of tables: which columns are features and of what kind, categories to indices, numbers
// parsed. Fitted on training rows; the same code serves training, evaluation, prediction and
// serving.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "core/table/cell_rules.h"
#include "core/table/string_index.h"
#include "core/table/table.h"

namespace candor {

class TableStage {
 public:
  // Decides kinds and categories over `training_rows`. Throws Error{config}: unknown target, group
  // or configured column (with the nearest name), unknown positive class, contradicting uses.
  // Throws Error{data}: no feature left, a target with one class or with a missing value, too many
  // classes, text or infinity in a column of numbers (file, line, column; never the content). A
  // column without a value in the training rows is no feature, and log() says so.
  static TableStage fit(const Table& table, std::span<const std::int64_t> training_rows,
                        const TaskConfig& task, const TableData& data);

  // Inputs are the feature columns in file order; labels in sorted order (by value when all are
  // integers), the positive class last of two.
  const Signature& signature() const { return signature_; }

  // numeric [N, F] and categorical [N, C] in the order of numeric_names() and category_names().
  // Throws Error{data}: a feature column that the table lacks, text or infinity where a number is
  // due.
  ModelInputs apply(const Table& table, std::span<const std::int64_t> rows) const;
  // One client row, in the order of signature().inputs; may be called from any thread. A number is
  // a double (NaN: missing) or a numeral; a category is text, or a number, which stands for its
  // shortest text. Text passes the cells' own rules (trimming, value map, missing markers) first.
  // Throws Error{request} naming field and expected type.
  ModelInputs prepare(const Row& row) const;

  // Class index per row. Throws Error{data} (file, line) for a missing or never-seen class.
  std::vector<std::int64_t> labels(const Table& table, std::span<const std::int64_t> rows) const;
  // Regression target per row, finite. Throws Error{data} (file, line).
  std::vector<double> targets(const Table& table, std::span<const std::int64_t> rows) const;
  // Sample weight per row, >= 0; all 1 without a weight column. Throws Error{data} (file, line).
  std::vector<double> weights(const Table& table, std::span<const std::int64_t> rows) const;

  const std::vector<std::string>& numeric_names() const { return numeric_names_; }
  const std::vector<std::string>& category_names() const { return category_names_; }
  // Number of indices per categorical column: 2 (missing, unknown) + stored categories.
  std::vector<std::int64_t> category_sizes() const;

  Json to_json() const;
  static TableStage from_json(const Json& json);  // throws Error{model}

 private:
  friend class TableStageFit;
  struct Feature {
    std::string name;
    bool number = true;
    CellRules rules;                      // for requests; the cells of a table have passed them
    std::vector<std::string> categories;  // sorted; the index in `categorical` is 2 + position
    StringIndex index;                    // of `categories`
  };
  // Fills what follows from features_ and the labels; every way to make a stage ends here.
  void finish();
  std::int64_t target_column(const Table& table) const;
  std::vector<std::int64_t> feature_columns(const Table& table) const;
  float number_of(const Feature& feature, const Value& value) const;
  std::int64_t category_of(const Feature& feature, const Value& value) const;
  Json feature_json(const Feature& feature) const;

  Signature signature_;
  std::vector<Feature> features_;  // in file order
  MissingMarkers markers_;
  bool trim_ = false;
  std::string target_;
  std::string weight_;  // empty: none
  std::vector<std::string> numeric_names_;
  std::vector<std::string> category_names_;
  StringIndex label_index_;
};

}  // namespace candor
