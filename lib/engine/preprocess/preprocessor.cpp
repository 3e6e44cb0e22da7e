// SPDX-License-Identifier: Apache-2.0
#include "engine/preprocess/preprocessor.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/config/fields.h"

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
  signature.image_size = host.preparation.size;
  return signature;
}

ModelInputs prepare_text(const TextHost& host, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) throw Error(ErrorKind::request, "input 'text': expected a text");
  ModelInputs inputs;
  inputs.rows = 1;
  inputs.ids = host.encode(*text);
  if (static_cast<std::int64_t>(inputs.ids.size()) > host.context) {
    throw Error(ErrorKind::request, "input 'text': " + std::to_string(inputs.ids.size()) +
                                        " tokens, but the model's context is " +
                                        std::to_string(host.context) + "; send a shorter text");
  }
  return inputs;
}

ModelInputs prepare_image(const ImageHost& host, const Value& value, const ImageLimits& limits) {
  thread_local Pixels prepared;
  if (const auto* bytes = std::get_if<std::string>(&value)) {
    candor::prepare_image(*bytes, host.preparation, limits, prepared);
  } else if (const auto* pixels = std::get_if<Pixels>(&value)) {
    prepare_pixels(*pixels, host.preparation, prepared);
  } else {
    throw Error(ErrorKind::request,
                "input 'image': expected an encoded image (JPEG, PNG or WebP) or a pixel array");
  }
  ModelInputs inputs;
  inputs.rows = 1;
  inputs.image.resize(prepared.rgb.size());
  write_planar(prepared, inputs.image.data());
  return inputs;
}

[[noreturn]] void bad(const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: " + what);
}

const char* host_type(const HostStage& host) {
  return std::visit(
      Overloaded{[](const TableStage&) { return "table"; }, [](const TextHost&) { return "text"; },
                 [](const ImageHost&) { return "image"; }},
      host);
}

// The two stages are read from one file, and must be of one model.
void check_agreement(const HostStage& host, const TensorStage& stage) {
  if (host_type(host) != std::string_view(stage.type())) {
    bad("host stage and tensor stage differ in type");
  }
  const auto* table = std::get_if<TableStage>(&host);
  if (table == nullptr) return;
  const auto* fitted = stage.table();
  const auto numeric = table->columns().numeric.size();
  if (fitted->mean.size() != numeric) {
    bad("the tensor stage has " + std::to_string(fitted->mean.size()) +
        " numeric columns, the host stage " + std::to_string(numeric));
  }
  const auto sizes = table->category_sizes();
  for (std::size_t i = 0; i < fitted->one_hot_column.size(); ++i) {
    const auto column = fitted->one_hot_column[i], value = fitted->one_hot_value[i];
    if (column < 0 || column >= static_cast<std::int64_t>(sizes.size()) || value < 0 ||
        value >= sizes[static_cast<std::size_t>(column)]) {
      bad("a one-hot feature is out of range");
    }
  }
}

// Tables have versions of their own, of which all are read.
int preprocess_version(const Json& json) {
  if (json.is_object() && json.value("type", Json()) == "table") {
    for (int version = 1; version <= kTableStageVersion; ++version) {
      if (json.value("format_version", Json()) == version) return version;
    }
  }
  check_format_version(json, "preprocess.json");
  return kFormatVersion;
}

template <class T>
Json names_of() {
  return Json(EnumNames<T>::values);
}

// A choice that files of before it lack; they keep the default.
template <class T>
void read_choice(const Json& json, const char* key, T& value) {
  if (!json.contains(key)) return;
  const auto names = names_of<T>();
  const auto found = std::find(names.begin(), names.end(), json[key]);
  if (found == names.end()) bad(std::string(key) + " is unknown; allowed: " + names.dump());
  value = static_cast<T>(found - names.begin());
}

void read_switch(const Json& json, const char* key, bool& value) {
  if (!json.contains(key)) return;
  if (!json[key].is_boolean()) bad(std::string(key) + " is neither true nor false");
  value = json[key].get<bool>();
}

ImagePreparation preparation_from_json(const Json& json) {
  if (!json.contains("size") || !json["size"].is_number_integer()) bad("size is missing");
  ImagePreparation preparation;
  preparation.size = json["size"].get<std::int64_t>();
  if (preparation.size < 1 || preparation.size > 8192) bad("size or labels out of range");
  read_choice(json, "resize", preparation.resize);
  read_choice(json, "interpolation", preparation.interpolation);
  read_switch(json, "scaled_decoding", preparation.scaled_decoding);
  read_switch(json, "planes", preparation.planes);
  read_switch(json, "upright", preparation.upright);
  return preparation;
}

void write_preparation(const ImagePreparation& preparation, Json& json) {
  json["size"] = preparation.size;
  json["resize"] = names_of<ResizeMode>()[static_cast<std::size_t>(preparation.resize)];
  json["interpolation"] =
      names_of<Interpolation>()[static_cast<std::size_t>(preparation.interpolation)];
  json["scaled_decoding"] = preparation.scaled_decoding;
  json["planes"] = preparation.planes;
  json["upright"] = preparation.upright;
}

HostStage host_from_json(const Json& json, const Json& tokenizer) {
  const auto type = json.value("type", std::string());
  if (type == "table") {
    return TableStage::from_json(json.at("table"),
                                 tokenizer.is_null() ? nullptr : load_tokenizer(tokenizer));
  }
  if (type == "text") {
    if (!json.contains("context") || !json["context"].is_number_integer())
      bad("context is missing");
    const auto context = json["context"].get<std::int64_t>();
    if (context < 1) bad("context is below 1");
    TextHost host;
    // Files of earlier versions have no such section: nothing was cleaned.
    if (json.contains("clean")) host.clean = Normalizer::from_json(json["clean"], "/clean");
    host.tokenizer = load_tokenizer(tokenizer);
    host.context = context;
    return host;
  }
  if (type != "image") bad("type is missing or unknown; allowed: table, text, image");
  ImageHost host;
  if (!json.contains("labels") || !json["labels"].is_array()) bad("labels are missing");
  for (const auto& label : json["labels"]) {
    if (!label.is_string()) bad("a label is not a string");
    host.labels.push_back(label.get<std::string>());
  }
  host.preparation = preparation_from_json(json);
  if (host.labels.size() < 2) bad("size or labels out of range");
  return host;
}

}  // namespace

InputWidths widths_of(const TableColumns& columns) {
  InputWidths widths;
  widths.table = true;
  widths.terms = columns.terms > 0;
  widths.tokens = columns.vocabulary > 0;
  widths.numeric = static_cast<std::int64_t>(columns.numeric.size());
  widths.categorical = static_cast<std::int64_t>(columns.category_sizes.size());
  return widths;
}

Preprocessor::Preprocessor(HostStage host, std::shared_ptr<TensorStage> stage)
    : host_(std::move(host)), stage_(std::move(stage)) {
  std::visit(Overloaded{[&](const TableStage& table) {
                          signature_ = table.signature();
                          widths_ = widths_of(table.columns());
                        },
                        [&](const TextHost& text) { signature_ = text_signature(text); },
                        [&](const ImageHost& image) {
                          signature_ = image_signature(image);
                          widths_.image = image.preparation.size;
                        }},
             host_);
}

ModelInputs Preprocessor::prepare(const Row& row, const ImageLimits& limits) const {
  if (row.size() != signature_.inputs.size()) {
    throw Error(ErrorKind::request, "a row has " + std::to_string(row.size()) +
                                        " values, but the model has " +
                                        std::to_string(signature_.inputs.size()) + " inputs");
  }
  return std::visit(
      Overloaded{[&](const TableStage& table) { return table.prepare(row); },
                 [&](const TextHost& text) { return prepare_text(text, row.front()); },
                 [&](const ImageHost& image) { return prepare_image(image, row.front(), limits); }},
      host_);
}

const Tokenizer* Preprocessor::tokenizer() const {
  if (const auto* table = std::get_if<TableStage>(&host_)) return table->tokenizer().get();
  const auto* text = std::get_if<TextHost>(&host_);
  return text == nullptr ? nullptr : text->tokenizer.get();
}

Json Preprocessor::to_json() const {
  Json json;
  const bool versioned = std::holds_alternative<TableStage>(host_);
  json["format_version"] = versioned ? kTableStageVersion : kFormatVersion;
  json["type"] = host_type(host_);
  std::visit(Overloaded{[&](const TableStage& table) { json["table"] = table.to_json(); },
                        [&](const TextHost& text) {
                          json["context"] = text.context;
                          json["clean"] = text.clean.to_json();
                        },
                        [&](const ImageHost& image) {
                          write_preparation(image.preparation, json);
                          json["labels"] = image.labels;
                        }},
             host_);
  json["tensor"] = stage_->to_json();
  return json;
}

std::shared_ptr<const Preprocessor> Preprocessor::from_json(const Json& json,
                                                            const Json& tokenizer) {
  const auto version = preprocess_version(json);
  if (!json.contains("tensor")) bad("tensor is missing");
  try {
    auto host = host_from_json(json, tokenizer);
    auto stage = tensor_stage_from_json(json["tensor"], version);
    check_agreement(host, *stage);
    return std::make_shared<const Preprocessor>(std::move(host), std::move(stage));
  } catch (const Json::exception& error) {
    bad(error.what());
  }
}

namespace {

void add_table_shape(const TableStatistics& fitted, const std::vector<std::int64_t>& sizes,
                     const TableData& data, ModelShape& shape) {
  shape.dense_width = fitted.dense_width();
  if (fitted.embed) shape.category_sizes = sizes;
  for (const auto size : shape.category_sizes) {
    shape.embedding_widths.push_back(
        data.categorical.embedding_width.value_or(std::min<std::int64_t>(50, (size + 1) / 2)));
  }
  if (!fitted.encoded_apart) return;
  const bool periodic = fitted.encoding == NumberEncoding::periodic;
  constexpr std::int64_t kWidth = 24;  // the default of the paper's package
  shape.numbers.columns = static_cast<std::int64_t>(fitted.encoded_columns.size());
  shape.numbers.inputs = fitted.encoded_inputs();
  shape.numbers.frequencies = periodic ? data.numeric.frequencies : 0;
  shape.numbers.frequency_scale = data.numeric.frequency_scale;
  shape.numbers.width = data.numeric.encoding_width.value_or(kWidth);
}

}  // namespace

ModelShape model_shape(const Preprocessor& preprocessor, const DataConfig& data) {
  ModelShape shape;
  const auto& signature = preprocessor.signature();
  if (signature.output == OutputKind::language_model) {
    shape.outputs = preprocessor.tokenizer()->size();
    return shape;
  }
  const bool classes = signature.output == OutputKind::classification;
  shape.outputs = classes ? static_cast<std::int64_t>(signature.labels.size()) : 1;
  if (const auto* table = std::get_if<TableStage>(&preprocessor.host())) {
    shape.terms = table->columns().terms;
    shape.vocabulary = table->columns().vocabulary;
    add_table_shape(*preprocessor.stage()->table(), table->category_sizes(),
                    std::get<TableData>(data), shape);
  }
  return shape;
}

}  // namespace candor
