// SPDX-License-Identifier: Apache-2.0
#include "core/serve/kserve_request.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/serve/json_fields.h"
#include "core/serve/refusal.h"
#include "core/serve/rows.h"

namespace candor {
namespace {

// Integer of at least 0 that fits a size.
std::int64_t read_size(JsonReader& reader, const char* what) {
  constexpr double kMost = 1e15;
  const double value = reader.number();
  if (!(value >= 0 && value <= kMost && value == std::floor(value))) {
    refuse(std::string(what) + " must be an integer of at least 0");
  }
  return static_cast<std::int64_t>(value);
}

// The keys of one object, each of which may stand once.
class Keys {
 public:
  explicit Keys(std::string of) : of_(std::move(of)) {}
  void add(std::string_view key) {
    if (!seen_.emplace(key).second) refuse(of_ + " a key twice");
  }
  bool has(std::string_view key) const { return seen_.contains(key); }

 private:
  std::string of_;  // "an input has"
  std::set<std::string, std::less<>> seen_;
};

class InferReader {
 public:
  InferReader(const Model& model, std::string_view json, std::string_view binary,
              std::int64_t max_rows)
      : model_(model), reader_(json), binary_(binary), max_rows_(max_rows) {
    request_.inputs.resize(model.signature.inputs.size());
  }

  InferRequest read() {
    Keys keys("the request has");
    std::string_view key;
    for (reader_.enter_object(); reader_.next_key(key);) {
      keys.add(key);
      root_field(key);
    }
    reader_.finish();
    if (!keys.has("inputs")) refuse("the request has no \"inputs\"");
    check_complete();
    finish_outputs();
    if (!binary_.empty()) refuse("more binary data follows than the inputs declare");
    return std::move(request_);
  }

 private:
  void root_field(std::string_view key) {
    if (key == "id") {
      request_.id = std::string(reader_.string());
    } else if (key == "parameters") {
      parameters(parse_json(reader_.skip(), "\"parameters\"", ErrorKind::request));
    } else if (key == "inputs") {
      for (reader_.enter_array(); reader_.next_element();) input();
    } else if (key == "outputs") {
      for (reader_.enter_array(); reader_.next_element();) output();
    } else {
      refuse(
          "the request has a key that is not known; allowed are id, parameters, inputs and "
          "outputs");
    }
  }

  // One tensor. Its keys may come in any order, so that "data" may have to wait for the rest.
  struct Head {
    std::optional<std::size_t> field;
    std::optional<Datatype> datatype;
    std::optional<std::vector<std::int64_t>> shape;
    std::optional<std::int64_t> binary_size;
    std::string_view waiting_data;
    bool has_data = false;
  };

  void input() {
    Head head;
    std::optional<InputTensor> tensor;
    Keys keys("an input has");
    std::string_view key;
    for (reader_.enter_object(); reader_.next_key(key);) {
      keys.add(key);
      input_field(key, head, tensor);
    }
    if (!tensor) tensor = begin(head);
    finish_input(head, std::move(*tensor));
  }

  void input_field(std::string_view key, Head& head, std::optional<InputTensor>& tensor) {
    if (key == "name") {
      head.field = field_named(reader_.string());
    } else if (key == "datatype") {
      head.datatype = datatype_of(reader_.string());
    } else if (key == "shape") {
      head.shape = shape();
    } else if (key == "parameters") {
      head.binary_size = binary_size();
    } else if (key == "data") {
      head.has_data = true;
      if (head.field && head.datatype && head.shape) {
        tensor = begin(head);
        read_json_data(reader_, *tensor);
      } else {
        head.waiting_data = reader_.skip();
      }
    } else {
      refuse(
          "an input has a key that is not known; allowed are name, shape, datatype, parameters and "
          "data");
    }
  }

  std::size_t field_named(std::string_view name) {
    const auto found = model_.fields.find(name, next_field_);
    if (!found) refuse(model_.fields.unknown(name));
    next_field_ = *found + 1;
    return *found;
  }

  std::vector<std::int64_t> shape() {
    constexpr std::size_t kMostDimensions = 4;
    std::vector<std::int64_t> dimensions;
    for (reader_.enter_array(); reader_.next_element();) {
      if (dimensions.size() == kMostDimensions) refuse("a \"shape\" has more than 4 dimensions");
      dimensions.push_back(read_size(reader_, "a dimension of \"shape\""));
    }
    return dimensions;
  }

  std::optional<std::int64_t> binary_size() {
    std::optional<std::int64_t> size;
    Keys keys("\"parameters\" of an input have");
    std::string_view key;
    for (reader_.enter_object(); reader_.next_key(key);) {
      keys.add(key);
      if (key == "binary_data_size") {
        size = read_size(reader_, "\"binary_data_size\"");
      } else {
        reader_.skip();
      }
    }
    return size;
  }

  InputTensor begin(const Head& head) const {
    if (!head.field) refuse("an input has no \"name\"");
    const auto& field = model_.signature.inputs[*head.field];
    if (!head.datatype) refuse("input '" + field.name + "' has no \"datatype\"");
    if (!head.shape) refuse("input '" + field.name + "' has no \"shape\"");
    InputTensor tensor;
    tensor.field = &field;
    tensor.datatype = *head.datatype;
    tensor.shape = *head.shape;
    check_tensor(tensor, max_rows_);
    return tensor;
  }

  void finish_input(const Head& head, InputTensor tensor) {
    const auto& name = tensor.field->name;
    if (head.has_data == head.binary_size.has_value()) {
      refuse("input '" + name + "' must have \"data\" or \"binary_data_size\", and not both");
    }
    if (head.binary_size) {
      const auto size = static_cast<std::size_t>(*head.binary_size);
      if (size > binary_.size())
        refuse_input(*tensor.field, "less binary data follows than it declares");
      read_binary_data(binary_.substr(0, size), tensor);
      binary_.remove_prefix(size);
    } else if (!head.waiting_data.empty()) {
      auto waiting = reader_.part(head.waiting_data);
      read_json_data(waiting, tensor);
    }
    auto& place = request_.inputs[*head.field];
    if (place.field != nullptr) refuse("input '" + name + "' stands twice");
    place = std::move(tensor);
  }

  void check_complete() const {
    const auto& fields = model_.signature.inputs;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (request_.inputs[i].field == nullptr) refuse("input '" + fields[i].name + "' is missing");
      const auto rows = request_.inputs[i].rows();
      if (rows == request_.inputs[0].rows()) continue;
      refuse("input '" + fields[i].name + "' has " + std::to_string(rows) + " rows, but '" +
             fields[0].name + "' has " + std::to_string(request_.inputs[0].rows()));
    }
  }

  void output() {
    RequestedOutput wanted;
    Keys keys("an output has");
    std::string_view key;
    bool chosen = false;
    for (reader_.enter_object(); reader_.next_key(key);) {
      keys.add(key);
      if (key == "name") {
        wanted.name = std::string(reader_.string());
      } else if (key == "parameters") {
        const auto json = parse_json(reader_.skip(), "\"parameters\"", ErrorKind::request);
        if (!json.is_object()) refuse("\"parameters\" of an output must be an object");
        chosen = json.contains("binary_data");
        if (chosen) wanted.binary = read_flag("binary_data", json["binary_data"]);
      } else {
        refuse("an output has a key that is not known; allowed are name and parameters");
      }
    }
    if (!keys.has("name")) refuse("an output has no \"name\"");
    explicit_binary_.push_back(chosen);
    request_.outputs.push_back(std::move(wanted));
  }

  void finish_outputs() {
    const auto names = output_names(model_);
    if (request_.outputs.empty()) {
      for (const auto& name : names) request_.outputs.push_back({name, all_binary_});
      return;
    }
    std::set<std::string> seen;
    for (std::size_t i = 0; i < request_.outputs.size(); ++i) {
      auto& wanted = request_.outputs[i];
      if (std::find(names.begin(), names.end(), wanted.name) == names.end()) {
        refuse("an output is not known; the model has " + join(names));
      }
      if (!seen.insert(wanted.name).second) refuse("output '" + wanted.name + "' stands twice");
      if (!explicit_binary_[i]) wanted.binary = all_binary_;
    }
  }

  // What is not known stays without effect: the protocol leaves parameters to each server.
  void parameters(const Json& json) {
    if (!json.is_object()) refuse("\"parameters\" must be an object");
    const bool generates = model_.signature.output == OutputKind::language_model;
    for (const auto& [name, value] : json.items()) {
      if (name == "binary_data_output") all_binary_ = read_flag(name, value);
      if (generates) read_generation_field(name, value, request_.generation);
    }
  }

  const Model& model_;
  JsonReader reader_;
  std::string_view binary_;  // what no input has taken yet
  const std::int64_t max_rows_;
  InferRequest request_;
  std::size_t next_field_ = 0;
  bool all_binary_ = false;
  std::vector<bool> explicit_binary_;  // per requested output: it says itself how it wants its data
};

}  // namespace

std::vector<std::string> output_names(const Model& model) {
  const auto parts = model.host.parts();
  std::vector<std::string> names;
  switch (model.signature.output) {
    case OutputKind::classification: names = {"label", "probabilities"}; break;
    case OutputKind::regression: names = {"value"}; break;
    case OutputKind::language_model: return {"text"};
  }
  if (parts.set) names.emplace_back("prediction_set");
  if (parts.abstained) names.emplace_back("abstained");
  if (parts.interval) names.insert(names.end(), {"low", "high"});
  return names;
}

InferRequest read_infer_request(const Model& model, std::string_view body,
                                std::optional<std::size_t> json_length, std::int64_t max_rows) {
  const auto length = json_length.value_or(body.size());
  if (length > body.size()) refuse("Inference-Header-Content-Length is larger than the body");
  return InferReader(model, body.substr(0, length), body.substr(length), max_rows).read();
}

}  // namespace candor
