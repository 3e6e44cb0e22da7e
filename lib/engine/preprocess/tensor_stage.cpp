// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/tensor_stage.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "engine/nn/init.h"
#include "engine/preprocess/statistics_json.h"

namespace candor {
namespace {

at::Tensor floats(const std::vector<double>& values) {
  return on_init_device(torch::tensor(values, torch::kFloat64).to(torch::kFloat32));
}

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
    // In place after the copy: fresh memory for every intermediate result would cost more than the
    // arithmetic.
    const auto values = inputs.image.to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
    return {values.mul_(scale_).add_(shift_), {}};
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
  Features forward(const InputTensors& inputs) const override {
    return {.dense = {}, .indices = inputs.ids, .segments = inputs.segments};
  }
  const char* type() const override { return "text"; }
  Json to_json() const override { return Json{{"type", type()}}; }
};

std::shared_ptr<TensorStage> image_stage_from_json(const Json& json) {
  const auto mean = stage_numbers(json, "mean");
  const auto deviation = stage_numbers(json, "std");
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

at::Tensor offsets_of(const std::vector<std::int64_t>& counts) {
  auto offsets = at::empty({static_cast<std::int64_t>(counts.size())}, at::kLong);
  std::exclusive_scan(counts.begin(), counts.end(), offsets.data_ptr<std::int64_t>(),
                      std::int64_t{0});
  return offsets;
}

// (N, T) for the longest row, and T 1 at least, so that a row without tokens is a row of padding.
at::Tensor padded_ids(const ModelInputs& inputs) {
  const auto longest = std::max<std::int64_t>(
      1, *std::max_element(inputs.id_counts.begin(), inputs.id_counts.end()));
  auto ids = at::full({inputs.rows, longest}, ModelInputs::kPadding, at::kLong);
  auto* to = ids.data_ptr<std::int64_t>();
  auto from = inputs.ids.begin();
  for (const auto count : inputs.id_counts) {
    std::copy_n(from, count, to);
    from += count;
    to += longest;
  }
  return ids;
}

struct NamedInput {
  const char* name;
  at::Tensor InputTensors::*tensor;
};
// In the order of the arguments of exported graphs.
constexpr NamedInput kInputs[] = {
    {"numeric", &InputTensors::numeric}, {"categorical", &InputTensors::categorical},
    {"image", &InputTensors::image},     {"ids", &InputTensors::ids},
    {"terms", &InputTensors::terms},     {"term_weights", &InputTensors::term_weights},
    {"offsets", &InputTensors::offsets}};

}  // namespace

std::vector<at::Tensor> InputTensors::list() const {
  std::vector<at::Tensor> result;
  for (const auto& input : kInputs) {
    if ((this->*input.tensor).defined()) result.push_back(this->*input.tensor);
  }
  return result;
}

std::vector<std::string> InputTensors::names() const {
  std::vector<std::string> result;
  for (const auto& input : kInputs) {
    if ((this->*input.tensor).defined()) result.emplace_back(input.name);
  }
  return result;
}

InputTensors InputTensors::from_list(const std::vector<std::string>& names,
                                     const std::vector<at::Tensor>& list) {
  InputTensors inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const auto& input : kInputs) {
      if (names[i] == input.name) inputs.*input.tensor = list[i];
    }
  }
  return inputs;
}

InputTensors InputTensors::to(at::Device device) const {
  InputTensors moved = *this;
  const auto move = [&](at::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.to(device);
  };
  for (const auto& input : kInputs) move(moved.*input.tensor);
  move(moved.segments);
  return moved;
}

std::int64_t InputTensors::rows() const { return list().front().size(0); }

InputTensors to_tensors(const ModelInputs& inputs, const InputWidths& widths, bool copy) {
  InputTensors tensors;
  const auto rows = inputs.rows;
  if (widths.table && !widths.tokens) {
    tensors.numeric = tensor_of(inputs.numeric, {rows, widths.numeric}, at::kFloat, copy);
    tensors.categorical =
        tensor_of(inputs.categorical, {rows, widths.categorical}, at::kLong, copy);
  }
  if (widths.image > 0) {
    tensors.image = tensor_of(inputs.image, {rows, 3, widths.image, widths.image}, at::kByte, copy);
  }
  if (!inputs.id_counts.empty()) {
    tensors.ids = padded_ids(inputs);
  } else if (!inputs.ids.empty()) {
    const auto length = static_cast<std::int64_t>(inputs.ids.size()) / rows;
    tensors.ids = tensor_of(inputs.ids, {rows, length}, at::kLong, copy);
  }
  if (widths.terms) {
    const auto count = static_cast<std::int64_t>(inputs.terms.size());
    tensors.terms = tensor_of(inputs.terms, {count}, at::kLong, copy);
    tensors.term_weights = tensor_of(inputs.term_weights, {count}, at::kFloat, copy);
    tensors.offsets = offsets_of(inputs.term_counts);
  }
  return tensors;
}

std::shared_ptr<TensorStage> make_image_stage(const ImageStatistics& statistics) {
  return std::make_shared<ImageTensorStage>(statistics);
}

std::shared_ptr<TensorStage> make_text_stage() { return std::make_shared<TextTensorStage>(); }

std::shared_ptr<TensorStage> tensor_stage_from_json(const Json& json, int version) {
  const auto type = json.is_object() ? json.value("type", std::string()) : std::string();
  if (type == "table") return make_table_stage(statistics_from_json(json, version));
  if (type == "image") return image_stage_from_json(json);
  if (type == "text") return make_text_stage();
  bad_stage("type is missing or unknown; allowed: table, image, text");
}

}  // namespace candor
