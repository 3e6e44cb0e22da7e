// SPDX-License-Identifier: Apache-2.0
// Host stage of tables: which columns are features and of what kind (feature.h), categories to
// indices, numbers and dates parsed. Fitted on training rows; the same code serves training,
// evaluation, prediction and serving.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "core/table/cell_rules.h"
#include "core/table/feature.h"
#include "core/table/string_index.h"
#include "core/table/table.h"
#include "core/table/target_encoding.h"

namespace candor {

// Version of the table stage in preprocess.json. Version 1 had numbers as they are and categories
// as indices only, version 2 no texts; they are read as what they meant.
inline constexpr int kTableStageVersion = 3;

class TableStage {
 public:
  // Decides kinds, categories and encodings over `training_rows`. Throws Error{config}: unknown
  // target, group, weight or configured column (with the nearest name), unknown positive class,
  // contradicting uses. Throws Error{data}: no feature left, a target with one class or with a
  // missing value, too many classes, text or infinity in a column of numbers, text in a column of
  // dates, a number that is not whole in a column of integers, a word that is neither true nor
  // false in one of booleans (file, line, column; never the content). A column without a value in
  // the training rows, or declared as identifier, is no feature, and log() says so. `form`: what
  // the model takes of texts; tokens are taken of one column of text, which must be the only
  // feature (else Error{config}).
  static TableStage fit(const Table& table, std::span<const std::int64_t> training_rows,
                        const TaskConfig& task, const TableData& data, const TextForm& form = {});

  // Inputs are the feature columns in file order; labels in sorted order (by value when all are
  // integers), the positive class last of two.
  const Signature& signature() const { return signature_; }

  // numeric [N, F] and categorical [N, C] in the order of columns(); the terms of all columns of
  // text, one column after the other in each row; or the ids of one. A missing text is an empty
  // one. Throws Error{data}: a feature column that the table lacks, text or infinity where a number
  // is due, text where a date is, and what else fit() refuses in a cell.
  ModelInputs apply(const Table& table, std::span<const std::int64_t> rows) const;
  // The very rows that the stage was fitted on, as training sees them, but for texts, which are as
  // apply() has them: a target encoding is that of the rows of other folds, so that it tells
  // nothing of the row's own target. `data` is what the stage was fitted with.
  ModelInputs apply_training(const Table& table, std::span<const std::int64_t> rows,
                             const TableData& data) const;
  // Whether the two differ in what both have.
  bool encodes_target() const { return encodes_target_; }
  // One client row, in the order of signature().inputs; may be called from any thread. A number is
  // a double (NaN: missing) or a numeral; a category, a text or a date is text, or a number,
  // which stands for its shortest text, or else for a category of that value. Text passes the
  // cells' own rules (trimming, value map, missing markers) first. Throws Error{request} naming
  // field and expected type.
  ModelInputs prepare(const Row& row) const;
  // Whether `text`, after its cell's rules, is missing or a category of that input (by its number
  // in the signature) that has an index of its own.
  bool has_category(std::size_t input, std::string_view text) const;

  // Class index per row. Throws Error{data} (file, line) for a missing or never-seen class.
  std::vector<std::int64_t> labels(const Table& table, std::span<const std::int64_t> rows) const;
  // Regression target per row, finite. Throws Error{data} (file, line).
  std::vector<double> targets(const Table& table, std::span<const std::int64_t> rows) const;
  // Sample weight per row, >= 0; all 1 without a weight column. Throws Error{data} (file, line).
  std::vector<double> weights(const Table& table, std::span<const std::int64_t> rows) const;

  // What the columns of `numeric` and `categorical` are. The number of indices of a categorical
  // column is 2 (missing, unknown) + its stored categories.
  const TableColumns& columns() const { return columns_; }
  const std::vector<std::int64_t>& category_sizes() const { return columns_.category_sizes; }
  // Of the column that becomes tokens; null where none does.
  std::shared_ptr<const Tokenizer> tokenizer() const;
  // Most tokens of a row; 0 where no column becomes tokens.
  std::int64_t context() const;
  // Column of the rows' weights; empty: none.
  const std::string& weight_name() const { return weight_; }

  Json to_json() const;
  // Throws Error{model}. `tokenizer`: of the column that becomes tokens; null where none does.
  static TableStage from_json(const Json& json,
                              std::shared_ptr<const Tokenizer> tokenizer = nullptr);

 private:
  friend class TableStageFit;
  friend class TableStageReader;
  class Cells;  // where the values of rows go

  // Fills what follows from features_ and the labels; every way to make a stage ends here.
  void finish();
  std::size_t encoding_outputs() const;
  std::int64_t target_column(const Table& table) const;
  std::vector<std::int64_t> feature_columns(const Table& table) const;
  std::vector<std::int64_t> category_indices(const Feature& feature, const Table& table,
                                             std::int64_t column,
                                             std::span<const std::int64_t> rows) const;
  EncodingTargets encoding_targets(const Table& table, std::span<const std::int64_t> rows) const;
  // A cell of a feature's column; each refuses one that cannot be of it.
  static double number_in(const Feature& feature, const Table& table, std::int64_t column,
                          std::int64_t row);
  static std::optional<DateTime> date_in(const Feature& feature, const Table& table,
                                         std::int64_t column, std::int64_t row);
  static std::int64_t category_in(const Feature& feature, const Table& table, std::int64_t column,
                                  std::int64_t row);
  static void apply_feature(const Feature& feature, const Table& table, std::int64_t column,
                            std::span<const std::int64_t> rows, Cells& cells);
  // numeric and categorical; `columns` as below.
  ModelInputs apply_cells(const Table& table, std::span<const std::int64_t> columns,
                          std::span<const std::int64_t> rows) const;
  // Terms or ids of the columns of text; `columns` has the table's column of each feature.
  void apply_texts(const Table& table, std::span<const std::int64_t> columns,
                   std::span<const std::int64_t> rows, ModelInputs& inputs) const;
  void prepare_texts(const Row& row, ModelInputs& inputs) const;
  double number_of(const Feature& feature, const Value& value) const;
  std::int64_t category_of(const Feature& feature, const Value& value) const;
  std::optional<DateTime> date_of(const Feature& feature, const Value& value) const;
  std::string text_of(const Feature& feature, const Value& value) const;
  const Feature* tokens() const;  // the feature that becomes tokens, or null
  Json feature_json(const Feature& feature) const;

  Signature signature_;
  std::vector<Feature> features_;  // in file order
  TableColumns columns_;
  MissingMarkers markers_;
  bool trim_ = false;
  bool encodes_target_ = false;
  TargetTransform target_transform_ = TargetTransform::standard;
  std::string target_;
  std::string weight_;  // empty: none
  StringIndex label_index_;
};

}  // namespace candor
