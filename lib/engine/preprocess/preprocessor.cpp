// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/preprocessor.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/image/image.h"

namespace candor {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

Signature text_signature(const TextHost& host) {
  Signature signature;
  signature.output = OutputKind::language_model;
  signature.inputs = {{"text", InputKind::text}};
  signature.context = host.context;
  return signature;
}

Signature image_signature(const ImageHost& host) {
  Signature signature;
  signature.output = OutputKind::classification;
  signature.inputs = {{"image", InputKind::image}};
  signature.labels = host.labels;
  signature.image_size = host.size;
  return signature;
}

ModelInputs prepare_text(const TextHost& host, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) throw Error(ErrorKind::request, "input 'text': expected a text");
  ModelInputs inputs;
  inputs.rows = 1;
  inputs.ids = host.tokenizer->encode(*text);
  if (static_cast<std::int64_t>(inputs.ids.size()) > host.context) {
    throw Error(ErrorKind::request, "input 'text': " + std::to_string(inputs.ids.size()) +
                                        " tokens, but the model's context is " +
                                        std::to_string(host.context) + "; send a shorter text");
  }
  return inputs;
}

Pixels pixels_of(const Value& value) {
  if (const auto* bytes = std::get_if<std::string>(&value)) return decode_image(*bytes);
  if (const auto* pixels = std::get_if<Pixels>(&value)) return *pixels;
  throw Error(ErrorKind::request,
              "input 'image': expected an encoded image (JPEG or PNG) or a pixel array");
}

ModelInputs prepare_image(const ImageHost& host, const Value& value) {
  ModelInputs inputs;
  inputs.rows = 1;
  append_planar(resize(pixels_of(value), host.size, host.size), inputs.image);
  return inputs;
}

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: " + what);
}

HostStage host_from_json(const Json& json, const Json& tokenizer) {
  const auto type = json.value("type", std::string());
  if (type == "table") return TableStage::from_json(json.at("table"));
  if (type == "text") {
    if (!json.contains("context") || !json["context"].is_number_integer())
      bad("context is missing");
    return TextHost{load_tokenizer(tokenizer), json["context"].get<std::int64_t>()};
  }
  if (type != "image") bad("type is missing or unknown; allowed: table, text, image");
  ImageHost host;
  if (!json.contains("labels") || !json["labels"].is_array()) bad("labels are missing");
  for (const auto& label : json["labels"]) {
    if (!label.is_string()) bad("a label is not a string");
    host.labels.push_back(label.get<std::string>());
  }
  if (!json.contains("size") || !json["size"].is_number_integer()) bad("size is missing");
  host.size = json["size"].get<std::int64_t>();
  if (host.size < 1 || host.size > 8192 || host.labels.size() < 2)
    bad("size or labels out of range");
  return host;
}

}  // namespace

Preprocessor::Preprocessor(HostStage host, std::shared_ptr<TensorStage> stage)
    : host_(std::move(host)), stage_(std::move(stage)) {
  std::visit(Overloaded{[&](const TableStage& table) {
                          signature_ = table.signature();
                          widths_.table = true;
                          widths_.numeric = static_cast<std::int64_t>(table.numeric_names().size());
                          widths_.categorical =
                              static_cast<std::int64_t>(table.category_names().size());
                        },
                        [&](const TextHost& text) { signature_ = text_signature(text); },
                        [&](const ImageHost& image) {
                          signature_ = image_signature(image);
                          widths_.image = image.size;
                        }},
             host_);
}

ModelInputs Preprocessor::prepare(const Row& row) const {
  if (row.size() != signature_.inputs.size()) {
    throw Error(ErrorKind::request, "a row has " + std::to_string(row.size()) +
                                        " values, but the model has " +
                                        std::to_string(signature_.inputs.size()) + " inputs");
  }
  return std::visit(
      Overloaded{[&](const TableStage& table) { return table.prepare(row); },
                 [&](const TextHost& text) { return prepare_text(text, row.front()); },
                 [&](const ImageHost& image) { return prepare_image(image, row.front()); }},
      host_);
}

const Tokenizer* Preprocessor::tokenizer() const {
  const auto* text = std::get_if<TextHost>(&host_);
  return text == nullptr ? nullptr : text->tokenizer.get();
}

Json Preprocessor::to_json() const {
  Json json;
  json["format_version"] = kFormatVersion;
  std::visit(Overloaded{[&](const TableStage& table) {
                          json["type"] = "table";
                          json["table"] = table.to_json();
                        },
                        [&](const TextHost& text) {
                          json["type"] = "text";
                          json["context"] = text.context;
                        },
                        [&](const ImageHost& image) {
                          json["type"] = "image";
                          json["size"] = image.size;
                          json["labels"] = image.labels;
                        }},
             host_);
  json["tensor"] = stage_->to_json();
  return json;
}

std::shared_ptr<const Preprocessor> Preprocessor::from_json(const Json& json,
                                                            const Json& tokenizer) {
  if (!json.is_object() || json.value("format_version", 0) != kFormatVersion) {
    bad("format_version is missing or not " + std::to_string(kFormatVersion));
  }
  if (!json.contains("tensor")) bad("tensor is missing");
  try {
    return std::make_shared<const Preprocessor>(host_from_json(json, tokenizer),
                                                tensor_stage_from_json(json["tensor"]));
  } catch (const Json::exception& error) {
    bad(error.what());
  }
}

ModelShape model_shape(const Preprocessor& preprocessor,
                       std::optional<std::int64_t> embedding_width) {
  ModelShape shape;
  const auto& signature = preprocessor.signature();
  if (signature.output == OutputKind::language_model) {
    shape.outputs = preprocessor.tokenizer()->size();
    return shape;
  }
  const bool classes = signature.output == OutputKind::classification;
  shape.outputs = classes ? static_cast<std::int64_t>(signature.labels.size()) : 1;
  if (const auto* table = std::get_if<TableStage>(&preprocessor.host())) {
    const auto stage = preprocessor.stage()->to_json();
    shape.dense_width = static_cast<std::int64_t>(
        stage["mean"].size() + stage["indicators"].size() + stage["one_hot_column"].size());
    if (stage["embed"].get<bool>()) shape.category_sizes = table->category_sizes();
  }
  for (const auto size : shape.category_sizes) {
    shape.embedding_widths.push_back(
        embedding_width.value_or(std::min<std::int64_t>(50, (size + 1) / 2)));
  }
  return shape;
}

}  // namespace candor
