// SPDX-License-Identifier: Apache-2.0
// KServe v2 (Open Inference Protocol): metadata, and inference with JSON or binary tensors.
#include <candor/version.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/serve/generation.h"
#include "core/serve/json_write.h"
#include "core/serve/kserve_request.h"
#include "core/serve/protocols.h"
#include "core/serve/refusal.h"
#include "core/serve/rows.h"

namespace candor {
namespace {

std::string metadata_tensor(std::string_view name, std::string_view datatype,
                            const std::string& shape, const std::string& more = "") {
  return "{\"name\":" + json_string(name) + ",\"datatype\":" + json_string(datatype) +
         ",\"shape\":" + shape + more + "}";
}

std::string label_parameters(const Signature& signature) {
  std::string labels;
  for (const auto& label : signature.labels) {
    if (!labels.empty()) labels += ',';
    append_json_string(labels, label);
  }
  return ",\"parameters\":{\"labels\":[" + labels + "]}";
}

std::string output_metadata(const Model& model) {
  const auto& signature = model.signature;
  const auto parts = model.host.parts();
  const auto by_label = "[-1," + std::to_string(signature.labels.size()) + "]";
  std::string outputs;
  const auto add = [&](std::string_view name, std::string_view datatype,
                       const std::string& shape = "[-1]", const std::string& more = "") {
    if (!outputs.empty()) outputs += ',';
    outputs += metadata_tensor(name, datatype, shape, more);
  };
  switch (signature.output) {
    case OutputKind::language_model: add("text", "BYTES"); break;
    case OutputKind::regression: add("value", "FP64"); break;
    case OutputKind::classification:
      add("label", "BYTES");
      add("probabilities", "FP32", by_label, label_parameters(signature));
  }
  if (parts.set) add("prediction_set", "BOOL", by_label, label_parameters(signature));
  if (parts.abstained) add("abstained", "BOOL");
  if (parts.interval) {
    add("low", "FP64");
    add("high", "FP64");
  }
  return outputs;
}

std::optional<std::size_t> json_length(const http::Request& request) {
  const auto text = request.head.header("inference-header-content-length");
  if (text.empty()) return std::nullopt;
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) {
    refuse("Inference-Header-Content-Length must be a number");
  }
  return length;
}

void append_binary_text(std::string& out, std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&length), sizeof(length));
  out.append(text);
}

template <class T>
void append_binary(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Writes the answer, output by output; binary data gathers behind the JSON.
class InferWriter {
 public:
  InferWriter(const Model& model, const InferRequest& request, std::size_t rows) : rows_(rows) {
    json_ = "{\"model_name\":" + json_string(model.name) + ",\"model_version\":\"1\"";
    if (request.id) json_ += ",\"id\":" + json_string(*request.id);
    json_ += ",\"outputs\":[";
  }

  void texts(const RequestedOutput& output,
             const std::function<std::string_view(std::size_t)>& text) {
    values(output, "BYTES", "", [&](std::string& out, std::size_t row) {
      output.binary ? append_binary_text(out, text(row)) : append_json_string(out, text(row));
    });
  }

  void numbers(const RequestedOutput& output, const std::function<double(std::size_t)>& number) {
    values(output, "FP64", "", [&](std::string& out, std::size_t row) {
      output.binary ? append_binary(out, number(row)) : append_json_number(out, number(row));
    });
  }

  void flags(const RequestedOutput& output, const std::function<bool(std::size_t)>& flag) {
    values(output, "BOOL", "",
           [&](std::string& out, std::size_t row) { append_flag(out, output.binary, flag(row)); });
  }

  // Whether each class is in the set: [N, K], as `probabilities`.
  void sets(const RequestedOutput& output, std::span<const Prediction> predictions) {
    const auto classes = predictions.front().probabilities.size();
    values(output, "BOOL", "," + std::to_string(classes), [&](std::string& out, std::size_t row) {
      const auto& set = predictions[row].set;
      for (std::size_t k = 0; k < classes; ++k) {
        if (!output.binary && k > 0) out += ',';
        const auto label = static_cast<std::int64_t>(k);
        append_flag(out, output.binary, std::find(set.begin(), set.end(), label) != set.end());
      }
    });
  }

  void probabilities(const RequestedOutput& output, std::span<const Prediction> predictions) {
    const auto width = "," + std::to_string(predictions.front().probabilities.size());
    values(output, "FP32", width, [&](std::string& out, std::size_t row) {
      const auto& all = predictions[row].probabilities;
      for (std::size_t k = 0; k < all.size(); ++k) {
        if (!output.binary && k > 0) out += ',';
        output.binary ? append_binary(out, all[k])
                      : append_json_number(out, static_cast<double>(all[k]));
      }
    });
  }

  http::Response finish() {
    json_ += "]}";
    if (!has_binary_) return json_response(200, std::move(json_));
    const auto length = std::to_string(json_.size());
    return {200,
            "application/octet-stream",
            json_ + binary_,
            {{"Inference-Header-Content-Length", length}}};
  }

 private:
  static void append_flag(std::string& out, bool binary, bool flag) {
    if (binary) {
      out += flag ? '\1' : '\0';
    } else {
      out += flag ? "true" : "false";
    }
  }

  template <class Append>
  void values(const RequestedOutput& output, std::string_view datatype, const std::string& width,
              Append append) {
    if (std::exchange(any_, true)) json_ += ',';
    json_ += "{\"name\":" + json_string(output.name) + ",\"datatype\":" + json_string(datatype) +
             ",\"shape\":[" + std::to_string(rows_) + width + "]";
    const auto before = binary_.size();
    if (!output.binary) json_ += ",\"data\":[";
    for (std::size_t row = 0; row < rows_; ++row) {
      if (!output.binary && row > 0) json_ += ',';
      append(output.binary ? binary_ : json_, row);
    }
    has_binary_ = has_binary_ || output.binary;
    json_ += output.binary ? ",\"parameters\":{\"binary_data_size\":" +
                                 std::to_string(binary_.size() - before) + "}}"
                           : std::string("]}");
  }

  std::size_t rows_;
  std::string json_, binary_;
  bool any_ = false;
  bool has_binary_ = false;
};

http::Response prediction_answer(const Model& model, const InferRequest& request,
                                 std::span<const Prediction> predictions) {
  InferWriter writer(model, request, predictions.size());
  for (const auto& output : request.outputs) {
    if (output.name == "label") {
      writer.texts(output,
                   [&](std::size_t row) -> std::string_view { return predictions[row].label; });
    } else if (output.name == "probabilities") {
      writer.probabilities(output, predictions);
    } else if (output.name == "prediction_set") {
      writer.sets(output, predictions);
    } else if (output.name == "abstained") {
      writer.flags(output, [&](std::size_t row) { return predictions[row].abstained; });
    } else {
      const auto member = output.name == "low"    ? &Prediction::low
                          : output.name == "high" ? &Prediction::high
                                                  : &Prediction::value;
      writer.numbers(output, [&](std::size_t row) { return predictions[row].*member; });
    }
  }
  return writer.finish();
}

http::Response text_answer(const Model& model, const InferRequest& request,
                           std::span<const std::string> texts) {
  InferWriter writer(model, request, texts.size());
  for (const auto& output : request.outputs) {
    writer.texts(output, [&](std::size_t row) -> std::string_view { return texts[row]; });
  }
  return writer.finish();
}

}  // namespace

std::string kserve_server_metadata() {
  return "{\"name\":\"candor\",\"version\":\"" CANDOR_VERSION
         "\",\"extensions\":[\"binary_tensor_data\"]}";
}

std::string kserve_model_metadata(const Model& model) {
  std::string inputs;
  for (const auto& field : model.signature.inputs) {
    if (!inputs.empty()) inputs += ',';
    inputs += metadata_tensor(field.name, datatype_name(field.kind), "[-1]");
  }
  return "{\"name\":" + json_string(model.name) +
         ",\"versions\":[\"1\"],\"platform\":\"candor\",\"inputs\":[" + inputs + "],\"outputs\":[" +
         output_metadata(model) + "]}";
}

void kserve_infer(Call& call, Model& model, const ProtocolLimits& limits) {
  const auto max_rows = limits.rows_for(model);
  auto request =
      read_infer_request(model, call.request().body, json_length(call.request()), max_rows);
  RowCollector rows(model, max_rows, "rows");
  Row row(request.inputs.size());
  const auto count = request.inputs.front().rows();
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = request.inputs[i].take(r);
    rows.add(row);
  }
  request.inputs.clear();
  if (model.signature.output == OutputKind::language_model) {
    const auto generation = request.generation;
    return GenerateJob::submit(
        call, model, std::move(rows.texts()), generation,
        [&model, request = std::move(request)](std::span<const std::string> texts) {
          return text_answer(model, request, texts);
        });
  }
  auto format = [&model, request = std::move(request)](std::span<const Prediction> predictions) {
    return prediction_answer(model, request, predictions);
  };
  model.batcher->submit(
      std::make_unique<PredictJob>(std::move(call), std::move(rows.inputs()), std::move(format)));
}

}  // namespace candor
