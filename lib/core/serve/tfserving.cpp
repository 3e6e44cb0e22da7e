// SPDX-License-Identifier: Apache-2.0
// TensorFlow Serving's REST API: rows {"instances": [...]} or columns {"inputs": {...}}.
#include <algorithm>
#include <functional>
#include <utility>

#include "core/serve/generation.h"
#include "core/serve/json_write.h"
#include "core/serve/protocols.h"
#include "core/serve/refusal.h"
#include "core/serve/rows.h"

namespace candor {
namespace {

// Reads one request's body into a RowCollector.
class PredictReader {
 public:
  PredictReader(const Model& model, std::int64_t max_rows, std::string_view body)
      : model_(model),
        signature_(model.signature),
        max_rows_(max_rows),
        rows_(model, max_rows, "instances"),
        reader_(body) {}

  void read() {
    std::string_view key;
    bool named = false;
    for (reader_.enter_object(); reader_.next_key(key);) {
      if (key == "instances" || key == "inputs") {
        if (std::exchange(has_rows_, true))
          refuse("the body has \"instances\" or \"inputs\" twice");
        columnar_ = key == "inputs";
        columnar_ ? read_columns() : read_instances();
      } else if (key == "signature_name") {
        if (std::exchange(named, true)) refuse("the body has \"signature_name\" twice");
        read_signature_name();
      } else {
        refuse(
            "the body has a key that is not known; allowed are instances, inputs and "
            "signature_name");
      }
    }
    reader_.finish();
    if (!has_rows_) refuse("the body has no \"instances\" (rows) and no \"inputs\" (columns)");
    if (rows_.rows() == 0) refuse("the body has no rows");
  }

  bool columnar() const { return columnar_; }
  RowCollector& rows() { return rows_; }

 private:
  void read_signature_name() {
    if (reader_.string() != "serving_default") {
      refuse("\"signature_name\" must be \"serving_default\", the only one there is");
    }
  }

  void read_instances() {
    for (reader_.enter_array(); reader_.next_element();) {
      if (rows_.rows() == max_rows_) refuse_rows(max_rows_);
      rows_.at_next_row([&] { read_instance(); });
      rows_.add(row_);
    }
  }

  // An object of columns; or, for a model with one input, just its value.
  void read_instance() {
    const bool object = reader_.peek() == JsonType::object;
    if (object) return read_object();
    if (signature_.inputs.size() != 1) {
      refuse("expected an object of the model's columns, found " +
             std::string(name_of(reader_.peek())));
    }
    row_.resize(1);
    row_[0] = read_value(reader_, signature_.inputs[0]);
  }

  void read_object() {
    const auto& fields = signature_.inputs;
    row_.assign(fields.size(), {});
    seen_.assign(fields.size(), false);
    std::size_t count = 0;
    std::size_t expected = 0;
    std::string_view key;
    for (reader_.enter_object(); reader_.next_key(key); ++count) {
      if (count == 0 && key == "b64" && is_image()) return read_bare_image();
      const auto found = model_.fields.find(key, expected);
      if (!found) refuse(model_.fields.unknown(key));
      if (std::exchange(seen_[*found], true))
        refuse("column '" + fields[*found].name + "' stands twice");
      row_[*found] = read_value(reader_, fields[*found]);
      expected = *found + 1;
    }
    if (count < fields.size()) refuse_missing();
  }

  bool is_image() const {
    return signature_.inputs.size() == 1 && signature_.inputs[0].kind == InputKind::image &&
           signature_.inputs[0].name != "b64";
  }

  // {"b64": "..."} itself is the instance; its key has been read.
  void read_bare_image() {
    const auto& field = signature_.inputs[0];
    if (reader_.peek() != JsonType::string) refuse_value(field, "\"b64\" that is no string");
    row_[0] = decode_image_text(reader_.string(), field);
    std::string_view key;
    if (reader_.next_key(key)) refuse_value(field, "an object with other keys");
  }

  [[noreturn]] void refuse_missing() const {
    const auto missing = std::find(seen_.begin(), seen_.end(), false) - seen_.begin();
    refuse("column '" + signature_.inputs[static_cast<std::size_t>(missing)].name +
           "' is missing; send null where a value is not known");
  }

  void read_columns() {
    const auto& fields = signature_.inputs;
    std::vector<std::vector<Value>> columns(fields.size());
    seen_.assign(fields.size(), false);
    if (reader_.peek() == JsonType::array && fields.size() == 1) {
      columns[0] = read_column(fields[0]);
    } else {
      read_named_columns(columns);
    }
    add_rows(columns);
  }

  void read_named_columns(std::vector<std::vector<Value>>& columns) {
    std::size_t count = 0;
    std::string_view key;
    for (reader_.enter_object(); reader_.next_key(key); ++count) {
      const auto found = model_.fields.find(key, count);
      if (!found) refuse(model_.fields.unknown(key));
      const auto& field = signature_.inputs[*found];
      if (std::exchange(seen_[*found], true)) refuse("column '" + field.name + "' stands twice");
      columns[*found] = read_column(field);
    }
    if (count < columns.size()) refuse_missing();
  }

  std::vector<Value> read_column(const InputField& field) {
    std::vector<Value> values;
    if (reader_.peek() != JsonType::array)
      refuse("column '" + field.name + "' must be an array of values");
    for (reader_.enter_array(); reader_.next_element();) {
      if (static_cast<std::int64_t>(values.size()) == max_rows_) refuse_rows(max_rows_);
      values.push_back(read_value(reader_, field));
    }
    return values;
  }

  void add_rows(std::vector<std::vector<Value>>& columns) {
    const auto count = columns.front().size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].size() != count) {
        refuse("column '" + signature_.inputs[i].name + "' has " +
               std::to_string(columns[i].size()) + " values, but '" + signature_.inputs[0].name +
               "' has " + std::to_string(count));
      }
    }
    for (std::size_t r = 0; r < count; ++r) {
      row_.clear();
      for (auto& column : columns) row_.push_back(std::move(column[r]));
      rows_.add(row_);
    }
  }

  const Model& model_;
  const Signature& signature_;
  const std::int64_t max_rows_;
  RowCollector rows_;
  JsonReader reader_;
  Row row_;
  std::vector<char> seen_;
  bool has_rows_ = false;
  bool columnar_ = false;
};

template <class Items, class Append>
void append_list(std::string& out, const Items& items, Append append) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out += ',';
    append(item);
  }
  out += ']';
}

// One output of a model: its name, and how the value of a row is written.
struct Output {
  const char* name;
  std::function<void(std::string&, const Prediction&)> append;
};

void append_set(std::string& out, const Signature& signature, const Prediction& prediction) {
  append_list(out, prediction.set, [&](std::int64_t label) {
    append_json_string(out, signature.labels[static_cast<std::size_t>(label)]);
  });
}

std::vector<Output> outputs_of(const Signature& signature, const AnswerParts& parts) {
  std::vector<Output> outputs;
  const auto number = [&](const char* name, double Prediction::*member) {
    outputs.push_back({name, [member](std::string& out, const Prediction& p) {
                         append_json_number(out, p.*member);
                       }});
  };
  if (signature.output == OutputKind::regression) {
    number("value", &Prediction::value);
    if (!parts.interval) return outputs;
    number("low", &Prediction::low);
    number("high", &Prediction::high);
    return outputs;
  }
  outputs.push_back(
      {"label", [](std::string& out, const Prediction& p) { append_json_string(out, p.label); }});
  outputs.push_back({"probabilities", [](std::string& out, const Prediction& p) {
                       append_json_numbers(out, p.probabilities);
                     }});
  if (parts.set) {
    outputs.push_back({"prediction_set", [&signature](std::string& out, const Prediction& p) {
                         append_set(out, signature, p);
                       }});
  }
  if (parts.abstained) {
    outputs.push_back({"abstained", [](std::string& out, const Prediction& p) {
                         out += p.abstained ? "true" : "false";
                       }});
  }
  return outputs;
}

// {"label":...,"probabilities":...}; where there is one output, its value alone.
template <class Append>
void append_outputs(std::string& out, const std::vector<Output>& outputs, Append append) {
  if (outputs.size() == 1) return append(outputs.front());
  char before = '{';
  for (const auto& output : outputs) {
    out += before;
    append_json_string(out, output.name);
    out += ':';
    append(output);
    before = ',';
  }
  out += '}';
}

std::string prediction_rows(const Model& model, std::span<const Prediction> predictions) {
  const auto outputs = outputs_of(model.signature, model.host.parts());
  std::string out = "{\"predictions\":";
  append_list(out, predictions, [&](const Prediction& prediction) {
    append_outputs(out, outputs, [&](const Output& output) { output.append(out, prediction); });
  });
  return out + '}';
}

std::string prediction_columns(const Model& model, std::span<const Prediction> predictions) {
  const auto outputs = outputs_of(model.signature, model.host.parts());
  std::string out = "{\"outputs\":";
  append_outputs(out, outputs, [&](const Output& output) {
    append_list(out, predictions,
                [&](const Prediction& prediction) { output.append(out, prediction); });
  });
  return out + '}';
}

std::string text_list(std::span<const std::string> texts, bool columnar) {
  std::string out = columnar ? "{\"outputs\":" : "{\"predictions\":";
  append_list(out, texts, [&](const std::string& text) { append_json_string(out, text); });
  return out + '}';
}

constexpr std::int64_t kAnyWidth = -1;  // rows differ in length

// width 0: one value a row
std::string tensor_info(std::string_view name, std::string_view dtype, std::int64_t width) {
  std::string out = json_string(name) + ":{\"dtype\":" + json_string(dtype) +
                    ",\"tensor_shape\":{\"dim\":[{\"size\":\"-1\",\"name\":\"\"}";
  if (width != 0) out += ",{\"size\":\"" + std::to_string(width) + "\",\"name\":\"\"}";
  return out + "],\"unknown_rank\":false},\"name\":" + json_string(name) + "}";
}

std::string output_info(const Model& model) {
  const auto& signature = model.signature;
  const auto parts = model.host.parts();
  std::string info;
  const auto add = [&](std::string_view name, std::string_view dtype, std::int64_t width = 0) {
    if (!info.empty()) info += ',';
    info += tensor_info(name, dtype, width);
  };
  switch (signature.output) {
    case OutputKind::language_model: add("text", "DT_STRING"); break;
    case OutputKind::regression: add("value", "DT_DOUBLE"); break;
    case OutputKind::classification:
      add("label", "DT_STRING");
      add("probabilities", "DT_FLOAT", static_cast<std::int64_t>(signature.labels.size()));
  }
  if (parts.set) add("prediction_set", "DT_STRING", kAnyWidth);
  if (parts.abstained) add("abstained", "DT_BOOL");
  if (parts.interval) {
    add("low", "DT_DOUBLE");
    add("high", "DT_DOUBLE");
  }
  return info;
}

}  // namespace

void tfserving_predict(Call& call, Model& model, const ProtocolLimits& limits) {
  PredictReader reader(model, limits.rows_for(model), call.request().body);
  reader.read();
  const bool columnar = reader.columnar();
  if (model.signature.output == OutputKind::language_model) {
    return GenerateJob::submit(call, model, std::move(reader.rows().texts()), {},
                               [columnar](std::span<const std::string> made) {
                                 return json_response(200, text_list(made, columnar));
                               });
  }
  const auto format = [&model, columnar](std::span<const Prediction> made) {
    return json_response(200,
                         columnar ? prediction_columns(model, made) : prediction_rows(model, made));
  };
  model.batcher->submit(
      std::make_unique<PredictJob>(std::move(call), std::move(reader.rows().inputs()), format));
}

// One object that is both TensorFlow Serving's status and OpenAI's model.
std::string tfserving_status(const Model& model, const ProtocolLimits& limits) {
  return "{\"id\":" + json_string(model.name) +
         ",\"object\":\"model\",\"created\":" + std::to_string(limits.started) +
         ",\"owned_by\":\"candor\",\"model_version_status\":[{\"version\":\"1\",\"state\":"
         "\"AVAILABLE\","
         "\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}]}";
}

std::string tfserving_metadata(const Model& model) {
  std::string inputs;
  for (const auto& field : model.signature.inputs) {
    if (!inputs.empty()) inputs += ',';
    inputs +=
        tensor_info(field.name, field.kind == InputKind::number ? "DT_DOUBLE" : "DT_STRING", 0);
  }
  return "{\"model_spec\":{\"name\":" + json_string(model.name) +
         ",\"signature_name\":\"\",\"version\":\"1\"},\"metadata\":{\"signature_def\":"
         "{\"signature_def\":{\"serving_default\":{\"inputs\":{" +
         inputs + "},\"outputs\":{" + output_info(model) +
         "},\"method_name\":\"tensorflow/serving/predict\"}}}}}";
}

}  // namespace candor
