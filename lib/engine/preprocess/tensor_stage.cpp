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
    if (!scales_target()) return target;
    return (target - target_mean_) / target_scale_;
  }

  Json to_json() const override {
    Json json;
    json["type"] = "table";
    json["impute"] = statistics_.impute;
    json["mean"] = statistics_.mean;
    json["scale"] = statistics_.scale;
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
    parts.push_back((torch::where(missing, impute_, numeric) - mean_) * inverse_scale_);
    if (!statistics_.indicators.empty()) {
      parts.push_back(missing.index_select(1, indicators_).to(torch::kFloat32));
    }
  }

  TableStatistics statistics_;
  at::Tensor impute_, mean_, inverse_scale_, indicators_, column_, value_, target_mean_,
      target_scale_;
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

  Json to_json() const override {
    Json json;
    json["type"] = "image";
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
  Json to_json() const override { return Json{{"type", "text"}}; }
};

// Weighted mean and population standard deviation of the values that are there.
struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

Moments moments(const std::vector<double>& values, const std::vector<double>& weights) {
  double total = 0.0, sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    total += weights[i];
    sum += weights[i] * values[i];
  }
  if (total <= 0.0) return {};
  const double mean = sum / total;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += weights[i] * (values[i] - mean) * (values[i] - mean);
  }
  return {mean, std::sqrt(squares / total)};
}

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2.0;
}

double imputed_value(Impute impute, const std::vector<double>& present, const Moments& of_present) {
  if (impute == Impute::zero) return 0.0;
  return impute == Impute::mean ? of_present.mean : median(present);
}

void fit_numeric_column(std::size_t column, const ModelInputs& training, const InputWidths& widths,
                        const std::vector<double>& weights, const NumericConfig& config,
                        TableStatistics& statistics) {
  const auto rows = static_cast<std::size_t>(training.rows);
  const auto stride = static_cast<std::size_t>(widths.numeric);
  std::vector<double> present, present_weights;
  for (std::size_t row = 0; row < rows; ++row) {
    const double value = training.numeric[row * stride + column];
    if (std::isnan(value)) continue;
    present.push_back(value);
    present_weights.push_back(weights[row]);
  }
  const bool gaps = present.size() < rows;
  const auto of_present = moments(present, present_weights);
  statistics.impute.push_back(imputed_value(config.impute, present, of_present));
  const bool scaled = config.scale == Scale::standard;
  statistics.mean.push_back(scaled ? of_present.mean : 0.0);
  statistics.scale.push_back(scaled && of_present.deviation > 0.0 ? of_present.deviation : 1.0);
  if (gaps && config.indicator) statistics.indicators.push_back(static_cast<std::int64_t>(column));
}

void fit_one_hot(const ModelInputs& training, const InputWidths& widths,
                 const std::vector<std::int64_t>& sizes, TableStatistics& statistics) {
  const auto columns = static_cast<std::size_t>(widths.categorical);
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<bool> seen(static_cast<std::size_t>(sizes[column]));
    for (std::size_t at = column; at < training.categorical.size(); at += columns) {
      seen[static_cast<std::size_t>(training.categorical[at])] = true;
    }
    for (std::size_t index = 0; index < seen.size(); ++index) {
      if (!seen[index]) continue;
      statistics.one_hot_column.push_back(static_cast<std::int64_t>(column));
      statistics.one_hot_value.push_back(static_cast<std::int64_t>(index));
    }
  }
}

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
  }
  return values;
}

double number_of(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_number()) bad_stage(std::string(key) + " is missing");
  return json[key].get<double>();
}

std::shared_ptr<TensorStage> table_stage_from_json(const Json& json) {
  TableStatistics s;
  s.impute = array_of<double>(json, "impute");
  s.mean = array_of<double>(json, "mean");
  s.scale = array_of<double>(json, "scale");
  s.indicators = array_of<std::int64_t>(json, "indicators");
  s.one_hot_column = array_of<std::int64_t>(json, "one_hot_column");
  s.one_hot_value = array_of<std::int64_t>(json, "one_hot_value");
  s.embed = json.value("embed", false);
  s.target_mean = number_of(json, "target_mean");
  s.target_scale = number_of(json, "target_scale");
  if (s.impute.size() != s.mean.size() || s.scale.size() != s.mean.size()) {
    bad_stage("impute, mean and scale differ in length");
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

TableStatistics fit_table(const ModelInputs& training, const InputWidths& widths,
                          const std::vector<std::int64_t>& category_sizes,
                          const std::vector<double>& weights, const std::vector<double>& targets,
                          const TableData& config) {
  TableStatistics statistics;
  for (std::size_t column = 0; column < static_cast<std::size_t>(widths.numeric); ++column) {
    fit_numeric_column(column, training, widths, weights, config.numeric, statistics);
  }
  statistics.embed = config.categorical.encoding == Encoding::embedding && widths.categorical > 0;
  if (!statistics.embed) fit_one_hot(training, widths, category_sizes, statistics);
  if (!targets.empty()) {
    const auto of_target = moments(targets, weights);
    statistics.target_mean = of_target.mean;
    statistics.target_scale = of_target.deviation > 0.0 ? of_target.deviation : 1.0;
  }
  return statistics;
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
