// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "engine/data/datasets.h"

namespace candor {
namespace {

class TableDataset final : public Dataset {
 public:
  TableDataset(const Preprocessor& preprocessor, const Table& table,
               std::span<const std::int64_t> rows, const TableData& data, bool training) {
    const auto& stage = std::get<TableStage>(preprocessor.host());
    const auto made = stage.apply(table, rows);
    if (preprocessor.widths().tokens) {
      keep_ids(made);
    } else {
      inputs_ = preprocessor.tensors(made);
    }
    if (training && stage.encodes_target()) {
      training_numeric_ = preprocessor.tensors(stage.apply_training(table, rows, data)).numeric;
    }
    read_target(stage, table, rows);
    read_weight(stage.weights(table, rows));
    const auto file = std::filesystem::path(table.path()).filename().string();
    for (const auto row : rows) ids_.push_back(file + ":" + std::to_string(table.line(row)));
    for (const auto& column : data.groups) groups_[column] = group_values(table, rows, column);
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(ids_.size()); }
  std::vector<std::string> ids() const override { return ids_; }
  std::map<std::string, std::vector<std::string>> groups() const override { return groups_; }

  Batch batch(std::span<const std::int64_t> rows) const override {
    Batch batch;
    write(inputs_.numeric, rows, batch);
    return batch;
  }

  void write_training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch,
                            Batch& batch) const override {
    (void)epoch;
    write(training_numeric_.defined() ? training_numeric_ : inputs_.numeric, rows, batch);
  }

 private:
  void write(const at::Tensor& numeric, std::span<const std::int64_t> rows, Batch& batch) const {
    if (!id_begins_.empty()) {
      copy_ids(rows, batch.inputs.ids);
    } else {
      copy_rows(numeric, rows, batch.inputs.numeric);
      copy_rows(inputs_.categorical, rows, batch.inputs.categorical);
    }
    if (inputs_.terms.defined()) copy_terms(rows, batch.inputs);
    copy_rows(target_, rows, batch.target);
    if (weight_.defined()) copy_rows(weight_, rows, batch.weight);
  }

  // Only as wide as the longest of these rows, and 1 at least.
  void copy_ids(std::span<const std::int64_t> rows, at::Tensor& into) const {
    const auto begin = [&](std::int64_t row) { return id_begins_[static_cast<std::size_t>(row)]; };
    std::int64_t longest = 1;
    for (const auto row : rows) longest = std::max(longest, begin(row + 1) - begin(row));
    reuse(into, {static_cast<std::int64_t>(rows.size()), longest}, at::kLong);
    into.fill_(ModelInputs::kPadding);
    auto* out = into.data_ptr<std::int64_t>();
    for (const auto row : rows) {
      std::copy(ids_of_texts_.begin() + begin(row), ids_of_texts_.begin() + begin(row + 1), out);
      out += longest;
    }
  }

  // Half the memory of what the host stage makes: a vocabulary is never larger.
  void keep_ids(const ModelInputs& inputs) {
    ids_of_texts_.assign(inputs.ids.begin(), inputs.ids.end());
    id_begins_.assign(inputs.id_counts.size() + 1, 0);
    std::inclusive_scan(inputs.id_counts.begin(), inputs.id_counts.end(), id_begins_.begin() + 1);
  }

  void copy_terms(std::span<const std::int64_t> rows, InputTensors& into) const {
    const auto* begin = inputs_.offsets.const_data_ptr<std::int64_t>();
    const auto end = [&](std::int64_t row) {
      return row + 1 < size() ? begin[row + 1] : inputs_.terms.numel();
    };
    std::int64_t count = 0;
    for (const auto row : rows) count += end(row) - begin[row];
    reuse(into.terms, {count}, at::kLong);
    reuse(into.term_weights, {count}, at::kFloat);
    reuse(into.offsets, {static_cast<std::int64_t>(rows.size())}, at::kLong);
    auto* terms = into.terms.data_ptr<std::int64_t>();
    auto* weights = into.term_weights.data_ptr<float>();
    auto* offsets = into.offsets.data_ptr<std::int64_t>();
    const auto* first = terms;
    for (const auto row : rows) {
      *offsets++ = terms - first;
      const auto length = end(row) - begin[row];
      terms = std::copy_n(inputs_.terms.const_data_ptr<std::int64_t>() + begin[row], length, terms);
      weights =
          std::copy_n(inputs_.term_weights.const_data_ptr<float>() + begin[row], length, weights);
    }
  }

  void read_target(const TableStage& stage, const Table& table,
                   std::span<const std::int64_t> rows) {
    if (stage.signature().output == OutputKind::classification) {
      target_ = torch::tensor(stage.labels(table, rows), torch::kInt64);
    } else {
      target_ = torch::tensor(stage.targets(table, rows), torch::kFloat64);
    }
  }

  void read_weight(const std::vector<double>& weights) {
    if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 1.0; })) return;
    weight_ = torch::tensor(weights, torch::kFloat64).to(torch::kFloat32);
  }

  InputTensors inputs_;
  at::Tensor training_numeric_;  // undefined: training sees what evaluation sees
  at::Tensor target_, weight_;
  // Tokens of the texts, of row r those in [id_begins_[r], id_begins_[r + 1]); empty without.
  std::vector<std::int32_t> ids_of_texts_;
  std::vector<std::int64_t> id_begins_;
  std::vector<std::string> ids_;
  std::map<std::string, std::vector<std::string>> groups_;
};

}  // namespace

std::shared_ptr<Dataset> make_table_dataset(const Preprocessor& preprocessor, const Table& table,
                                            std::span<const std::int64_t> rows,
                                            const TableData& data, bool training) {
  return std::make_shared<TableDataset>(preprocessor, table, rows, data, training);
}

}  // namespace candor
