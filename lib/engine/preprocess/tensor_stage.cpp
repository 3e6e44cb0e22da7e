// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/tensor_stage.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <candor/error.h>

#include "engine/nn/init.h"

namespace candor {
namespace {

at::Tensor floats(const std::vector<double>& values) {
  return on_init_device(torch::tensor(values, torch::kFloat64).to(torch::kFloat32));
}

at::Tensor integers(const std::vector<std::int64_t>& values) {
  return on_init_device(torch::tensor(values, torch::kInt64));
}

// [F, Q]
at::Tensor matrix(const std::vector<std::vector<double>>& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  const auto count = static_cast<std::int64_t>(rows.size());
  return floats(flat).view({count, count == 0 ? 0 : -1});
}

std::vector<double> inverse(const std::vector<double>& values) {
  std::vector<double> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](double v) { return 1.0 / v; });
  return result;
}

class TableTensorStage final : public TensorStage {
 public:
  explicit TableTensorStage(const TableStatistics& statistics)
      : statistics_(statistics),
        impute_(register_buffer("impute", floats(statistics.impute))),
        mean_(register_buffer("mean", floats(statistics.mean))),
        inverse_scale_(register_buffer("inverse_scale", floats(inverse(statistics.scale)))),
        knots_(register_buffer("knots", matrix(statistics.knots))),
        scores_(register_buffer("scores", matrix(statistics.scores))),
        indicators_(register_buffer("indicators", integers(statistics.indicators))),
        column_(register_buffer("one_hot_column", integers(statistics.one_hot_column))),
        value_(register_buffer("one_hot_value", integers(statistics.one_hot_value))),
        target_mean_(register_buffer("target_mean", floats({statistics.target_mean}))),
        target_scale_(register_buffer("target_scale", floats({statistics.target_scale}))) {}

  Features forward(const InputTensors& inputs) const override {
    std::vector<at::Tensor> parts;
    if (!statistics_.mean.empty()) append_numeric(inputs.numeric, parts);
    if (!statistics_.one_hot_column.empty()) {
      parts.push_back(inputs.categorical.index_select(1, column_).eq(value_).to(torch::kFloat32));
    }
    Features features;
    if (parts.empty()) parts.push_back(inputs.numeric);  // [N, 0]: embeddings carry everything
    features.dense = parts.size() == 1 ? parts.front() : torch::cat(parts, 1);
    if (statistics_.embed) features.indices = inputs.categorical;
    return features;
  }

  at::Tensor invert(const at::Tensor& output) const override {
    if (!scales_target()) return output;
    return output * target_scale_ + target_mean_;
  }

  at::Tensor standardise(const at::Tensor& target) const override {
    return ((target - statistics_.target_mean) / statistics_.target_scale).to(at::kFloat);
  }

  const TableStatistics* table() const override { return &statistics_; }
  const char* type() const override { return "table"; }

  Json to_json() const override {
    Json json;
    json["type"] = type();
    json["impute"] = statistics_.impute;
    json["mean"] = statistics_.mean;
    json["scale"] = statistics_.scale;
    json["knots"] = statistics_.knots;
    json["scores"] = statistics_.scores;
    json["indicators"] = statistics_.indicators;
    json["one_hot_column"] = statistics_.one_hot_column;
    json["one_hot_value"] = statistics_.one_hot_value;
    json["embed"] = statistics_.embed;
    json["target_mean"] = statistics_.target_mean;
    json["target_scale"] = statistics_.target_scale;
    return json;
  }

 private:
  bool scales_target() const {
    return statistics_.target_mean != 0.0 || statistics_.target_scale != 1.0;
  }

  void append_numeric(const at::Tensor& numeric, std::vector<at::Tensor>& parts) const {
    const auto missing = numeric.isnan();
    const auto whole = torch::where(missing, impute_, numeric);
    const auto spread = statistics_.knots.empty() ? whole : normal_scores(whole);
    parts.push_back((spread - mean_) * inverse_scale_);
    if (!statistics_.indicators.empty()) {
      parts.push_back(missing.index_select(1, indicators_).to(torch::kFloat32));
    }
  }

  // Linear between the knots around each value; x (N, F). The shapes inside are (F, N).
  at::Tensor normal_scores(const at::Tensor& x) const {
    const auto values = x.t().contiguous();
    const auto last = static_cast<std::int64_t>(statistics_.knots.front().size()) - 1;
    const auto upper =
        torch::searchsorted(knots_, values, /*out_int32=*/false, /*right=*/true).clamp(1, last);
    const auto low = knots_.gather(1, upper - 1), high = knots_.gather(1, upper);
    const auto width = (high - low).clamp_min(std::numeric_limits<float>::min());
    const auto share = ((values - low) / width).clamp(0.0, 1.0);
    return torch::lerp(scores_.gather(1, upper - 1), scores_.gather(1, upper), share).t();
  }

  TableStatistics statistics_;
  at::Tensor impute_, mean_, inverse_scale_, knots_, scores_, indicators_, column_, value_,
      target_mean_, target_scale_;
};

class ImageTensorStage final : public TensorStage {
 public:
  explicit ImageTensorStage(const ImageStatistics& statistics) : statistics_(statistics) {
    std::vector<double> scale(3), shift(3);
    for (std::size_t c = 0; c < 3; ++c) {
      scale[c] = 1.0 / (255.0 * statistics.std[c]);
      shift[c] = -statistics.mean[c] / statistics.std[c];
    }
    scale_ = register_buffer("scale", floats(scale).view({3, 1, 1}));
    shift_ = register_buffer("shift", floats(shift).view({3, 1, 1}));
  }

  Features forward(const InputTensors& inputs) const override {
    return {inputs.image.to(torch::kFloat32) * scale_ + shift_, {}};
  }

  const char* type() const override { return "image"; }

  Json to_json() const override {
    Json json;
    json["type"] = type();
    json["mean"] = statistics_.mean;
    json["std"] = statistics_.std;
    return json;
  }

 private:
  ImageStatistics statistics_;
  at::Tensor scale_, shift_;
};

class TextTensorStage final : public TensorStage {
 public:
  Features forward(const InputTensors& inputs) const override { return {{}, inputs.ids}; }
  const char* type() const override { return "text"; }
  Json to_json() const override { return Json{{"type", type()}}; }
};

[[noreturn]] void bad_stage(const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: tensor stage: " + what);
}

template <class T>
std::vector<T> array_of(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_array()) bad_stage(std::string(key) + " is missing");
  std::vector<T> values;
  for (const auto& value : json[key]) {
    if (!value.is_number()) bad_stage(std::string(key) + " holds something that is not a number");
    values.push_back(value.get<T>());
    if (!std::isfinite(static_cast<float>(values.back()))) {
      bad_stage(std::string(key) + " holds a number beyond float32");
    }
  }
  return values;
}

// Knots or scores: one row for each numeric column, all of one length of at least 2.
std::vector<std::vector<double>> rows_of(const Json& json, const char* key) {
  std::vector<std::vector<double>> rows;
  if (!json.contains(key)) return rows;
  if (!json[key].is_array()) bad_stage(std::string(key) + " is no array");
  for (const auto& row : json[key]) {
    rows.push_back(array_of<double>(Json{{key, row}}, key));
    if (rows.back().size() < 2 || rows.back().size() != rows.front().size()) {
      bad_stage(std::string(key) + " differ in length, or have fewer than 2 numbers");
    }
    if (!std::is_sorted(rows.back().begin(), rows.back().end())) {
      bad_stage(std::string(key) + " do not rise");
    }
  }
  return rows;
}

// What is divided by.
void check_positive(const std::vector<double>& values, const char* key) {
  for (const auto value : values) {
    if (value > 0.0 && std::isfinite(static_cast<float>(1.0 / value))) continue;
    bad_stage(std::string(key) + " holds a number that is not above 0, or too small for float32");
  }
}

double number_of(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number()) bad_stage(std::string(key) + " is missing");
  const auto value = json[key].get<double>();
  if (!std::isfinite(static_cast<float>(value))) bad_stage(std::string(key) + " is beyond float32");
  return value;
}

std::shared_ptr<TensorStage> table_stage_from_json(const Json& json) {
  TableStatistics s;
  s.impute = array_of<double>(json, "impute");
  s.mean = array_of<double>(json, "mean");
  s.scale = array_of<double>(json, "scale");
  s.knots = rows_of(json, "knots");
  s.scores = rows_of(json, "scores");
  s.indicators = array_of<std::int64_t>(json, "indicators");
  s.one_hot_column = array_of<std::int64_t>(json, "one_hot_column");
  s.one_hot_value = array_of<std::int64_t>(json, "one_hot_value");
  s.embed = json.value("embed", false);
  s.target_mean = number_of(json, "target_mean");
  s.target_scale = number_of(json, "target_scale");
  check_positive(s.scale, "scale");
  check_positive({s.target_scale}, "target_scale");
  if (s.impute.size() != s.mean.size() || s.scale.size() != s.mean.size()) {
    bad_stage("impute, mean and scale differ in length");
  }
  const bool quantiles = !s.knots.empty();
  if (s.scores.size() != s.knots.size() || (quantiles && s.knots.size() != s.mean.size()) ||
      (quantiles && s.scores.front().size() != s.knots.front().size())) {
    bad_stage("knots, scores and mean differ in length");
  }
  if (s.one_hot_column.size() != s.one_hot_value.size()) bad_stage("one_hot lengths differ");
  const auto columns = static_cast<std::int64_t>(s.mean.size());
  for (const auto column : s.indicators) {
    if (column < 0 || column >= columns) bad_stage("an indicator is out of range");
  }
  return make_table_stage(s);
}

std::shared_ptr<TensorStage> image_stage_from_json(const Json& json) {
  const auto mean = array_of<double>(json, "mean");
  const auto deviation = array_of<double>(json, "std");
  check_positive(deviation, "std");
  if (mean.size() != 3 || deviation.size() != 3) bad_stage("mean and std must have 3 numbers");
  ImageStatistics s;
  std::copy(mean.begin(), mean.end(), s.mean.begin());
  std::copy(deviation.begin(), deviation.end(), s.std.begin());
  return make_image_stage(s);
}

template <class T>
at::Tensor tensor_of(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType type,
                     bool copy) {
  // from_blob does not write; the cast only satisfies its signature.
  auto borrowed = at::from_blob(const_cast<T*>(values.data()), shape, at::TensorOptions(type));
  return copy ? borrowed.clone() : borrowed;
}

}  // namespace

std::vector<at::Tensor> InputTensors::list() const {
  std::vector<at::Tensor> result;
  for (const auto* tensor : {&numeric, &categorical, &image, &ids}) {
    if (tensor->defined()) result.push_back(*tensor);
  }
  return result;
}

std::vector<std::string> InputTensors::names() const {
  std::vector<std::string> result;
  if (numeric.defined()) result.emplace_back("numeric");
  if (categorical.defined()) result.emplace_back("categorical");
  if (image.defined()) result.emplace_back("image");
  if (ids.defined()) result.emplace_back("ids");
  return result;
}

InputTensors InputTensors::from_list(const std::vector<std::string>& names,
                                     const std::vector<at::Tensor>& list) {
  InputTensors inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "numeric") inputs.numeric = list[i];
    if (names[i] == "categorical") inputs.categorical = list[i];
    if (names[i] == "image") inputs.image = list[i];
    if (names[i] == "ids") inputs.ids = list[i];
  }
  return inputs;
}

InputTensors InputTensors::to(at::Device device) const {
  InputTensors moved = *this;
  for (auto* tensor : {&moved.numeric, &moved.categorical, &moved.image, &moved.ids}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
  return moved;
}

std::int64_t InputTensors::rows() const { return list().front().size(0); }

InputTensors to_tensors(const ModelInputs& inputs, const InputWidths& widths, bool copy) {
  InputTensors tensors;
  const auto rows = inputs.rows;
  if (widths.table) {
    tensors.numeric = tensor_of(inputs.numeric, {rows, widths.numeric}, at::kFloat, copy);
    tensors.categorical =
        tensor_of(inputs.categorical, {rows, widths.categorical}, at::kLong, copy);
  }
  if (widths.image > 0) {
    tensors.image = tensor_of(inputs.image, {rows, 3, widths.image, widths.image}, at::kByte, copy);
  }
  if (!inputs.ids.empty()) {
    const auto length = static_cast<std::int64_t>(inputs.ids.size()) / rows;
    tensors.ids = tensor_of(inputs.ids, {rows, length}, at::kLong, copy);
  }
  return tensors;
}

std::shared_ptr<TensorStage> make_table_stage(const TableStatistics& statistics) {
  return std::make_shared<TableTensorStage>(statistics);
}

std::shared_ptr<TensorStage> make_image_stage(const ImageStatistics& statistics) {
  return std::make_shared<ImageTensorStage>(statistics);
}

std::shared_ptr<TensorStage> make_text_stage() { return std::make_shared<TextTensorStage>(); }

std::shared_ptr<TensorStage> tensor_stage_from_json(const Json& json) {
  const auto type = json.is_object() ? json.value("type", std::string()) : std::string();
  if (type == "table") return table_stage_from_json(json);
  if (type == "image") return image_stage_from_json(json);
  if (type == "text") return make_text_stage();
  bad_stage("type is missing or unknown; allowed: table, image, text");
}

}  // namespace candor
