// SPDX-License-Identifier: Apache-2.0
// A trained model behind the Servable interface: the one way in which anything after training uses
// it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/schema/servable.h"
#include "engine/predict/model_files.h"
#include "engine/predict/row_groups.h"

namespace candor {

class Predictor final : public Servable {
 public:
  // Opens MODEL (run or model directory) on `device`. Throws Error{model}.
  Predictor(const std::filesystem::path& path, at::Device device);
  // Of a live model, with the same code.
  Predictor(ModelFiles model, at::Device device);

  // The model's own, and the columns that its decisions ask for besides.
  const Signature& signature() const override { return signature_; }
  AnswerParts parts() const override;
  const std::string& digest() const override { return model_.digest; }
  ModelInputs prepare(const Row& row) const override;
  std::vector<Prediction> predict(const ModelInputs& batch) override;
  std::int64_t count_tokens(std::string_view text) const override;
  Generated generate(std::string_view prompt, const GenerateOptions& options,
                     const std::function<bool(std::string_view)>& sink) override;
  // Shares network and preprocessing, which are read only.
  std::unique_ptr<Servable> replica() const override;

  const ModelFiles& model() const { return model_; }
  const RowGroupReader& groups() const { return groups_; }
  // One row that went through the host stage already, with the values of groups().columns() that
  // are known of it.
  ModelInputs with_groups(ModelInputs inputs, const RowGroups& groups) const;
  at::Device device() const { return device_; }

 private:
  std::vector<Prediction> predict_rows(const ModelInputs& batch);
  std::vector<Prediction> predict_group(const ModelInputs& rows);
  std::vector<Prediction> predict_group(const ModelInputs& batch,
                                        const std::vector<RowGroups>& groups);
  Prediction classified(const float* probabilities, const RowGroups& groups) const;
  Prediction valued(double value, const RowGroups& groups) const;

  ModelFiles model_;
  at::Device device_;
  RowGroupReader groups_;
  Signature signature_;
};

}  // namespace candor
