// SPDX-License-Identifier: Apache-2.0
// `candor predict` and `candor generate`.
#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <candor/error.h>
#include <candor/model.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "engine/data/datasets.h"
#include "engine/predict/predictor.h"
#include "engine/predict/row_source.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number(double value) { return Json(value).dump(); }

// One line per prediction, in either format.
class PredictionWriter {
 public:
  PredictionWriter(const Servable& model, bool csv, std::ostream& out)
      : signature_(model.signature()), parts_(model.parts()), csv_(csv), out_(out) {
    if (csv_) header();
  }

  // A row without an answer.
  void write_fault(const std::string& id, const std::string& fault) {
    if (csv_) {
      const auto more = int{parts_.set} + int{parts_.abstained} + 2 * int{parts_.interval};
      out_ << csv_cell(id)
           << std::string(1 + signature_.labels.size() + static_cast<std::size_t>(more), ',')
           << "\n";
    } else {
      Json json;
      json["row"] = id;
      json["error"] = fault;
      out_ << json_line(json) << "\n";
    }
  }

  // False when nobody reads any more.
  bool open() const { return out_.good(); }

  void write(const std::string& id, const Prediction& prediction) {
    if (csv_) {
      write_csv(id, prediction);
    } else {
      write_json(id, prediction);
    }
  }

 private:
  bool classes() const { return signature_.output == OutputKind::classification; }

  void header() {
    out_ << (classes() ? "row,label" : "row,value");
    for (const auto& label : signature_.labels) out_ << "," << csv_cell("p_" + label);
    if (parts_.set) out_ << ",prediction_set";
    if (parts_.abstained) out_ << ",abstained";
    if (parts_.interval) out_ << ",low,high";
    out_ << "\n";
  }

  void write_csv(const std::string& id, const Prediction& prediction) {
    out_ << csv_cell(id) << ","
         << (classes() ? csv_cell(prediction.label) : number(prediction.value));
    for (const auto p : prediction.probabilities) out_ << "," << number(static_cast<double>(p));
    if (parts_.set) out_ << "," << csv_cell(dump(set_of(prediction)));
    if (parts_.abstained) out_ << (prediction.abstained ? ",true" : ",false");
    if (parts_.interval) out_ << "," << bound(prediction.low) << "," << bound(prediction.high);
    out_ << "\n";
  }

  void write_json(const std::string& id, const Prediction& prediction) {
    Json json;
    json["row"] = id;
    if (classes()) {
      json["label"] = prediction.label;
      for (std::size_t i = 0; i < signature_.labels.size(); ++i) {
        json["probabilities"][signature_.labels[i]] = prediction.probabilities[i];
      }
    } else {
      json["value"] = prediction.value;
    }
    if (parts_.set) json["prediction_set"] = set_of(prediction);
    if (parts_.abstained) json["abstained"] = prediction.abstained;
    if (parts_.interval) {
      json["low"] = prediction.low;  // null where it is infinite
      json["high"] = prediction.high;
    }
    out_ << dump(json) << "\n";
  }

  static std::string dump(const Json& json) { return json_line(json); }

  // An empty cell where there is no bound.
  static std::string bound(double value) { return std::isfinite(value) ? number(value) : ""; }

  Json set_of(const Prediction& prediction) const {
    auto labels = Json::array();
    for (const auto label : prediction.set) {
      labels.push_back(signature_.labels[static_cast<std::size_t>(label)]);
    }
    return labels;
  }

  const Signature& signature_;
  AnswerParts parts_;
  bool csv_;
  std::ostream& out_;
};

// A row that the model refuses is the user's data here, not a client's request.
ModelInputs prepare_at(const Predictor& predictor, const SourceRow& source) {
  try {
    if (source.inputs) return predictor.with_groups(*source.inputs, source.groups);
    return predictor.prepare(source.row);
  } catch (const Error& error) {
    throw Error(ErrorKind::data, source.id + ": " + error.what());
  }
}

// The whole batch, or the name of the row that the model has no answer for.
std::vector<Prediction> predict_batch(Predictor& predictor, const std::vector<std::string>& ids,
                                      const std::vector<ModelInputs>& rows) {
  ModelInputs batch;
  for (const auto& row : rows) batch.append(row);
  try {
    return predictor.predict(batch);
  } catch (const Error& whole) {
    if (whole.kind() != ErrorKind::request) throw;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      try {
        predictor.predict(rows[i]);
      } catch (const Error& error) {
        throw Error(ErrorKind::data, ids[i] + ": " + error.what());
      }
    }
    throw Error(ErrorKind::data, whole.what());
  }
}

// Images that cannot be read do not keep the others from their answers.
void tell_faults(std::int64_t faults, std::int64_t count, const std::string& first) {
  if (faults == 0) return;
  const auto text =
      std::to_string(faults) + " of " + std::to_string(count) + " images cannot be read";
  if (faults == count) throw Error(ErrorKind::data, text + "; the first: " + first);
  log().warn("{}; they have an error in place of an answer", text);
}

std::int64_t predict_rows(Predictor& predictor, const RowSource& rows, std::int64_t batch_size,
                          PredictionWriter& writer) {
  std::int64_t count = 0, faults = 0;
  std::string first_fault;
  bool more = true;
  while (more && writer.open()) {
    std::vector<ModelInputs> batch;
    std::vector<std::string> ids, good_ids, fault_of;  // fault_of: per id, empty for a good row
    while (static_cast<std::int64_t>(batch.size()) < batch_size && more) {
      const auto source = rows();
      more = source.has_value();
      if (!more) break;
      ids.push_back(source->id);
      fault_of.push_back(source->fault);
      if (source->fault.empty()) {
        batch.push_back(prepare_at(predictor, *source));
        good_ids.push_back(source->id);
      } else if (faults++ == 0) {
        first_fault = source->fault;
      }
    }
    const auto predictions =
        batch.empty() ? std::vector<Prediction>() : predict_batch(predictor, good_ids, batch);
    for (std::size_t i = 0, good = 0; i < ids.size(); ++i) {
      if (fault_of[i].empty()) {
        writer.write(ids[i], predictions[good++]);
      } else {
        log().warn("{}", fault_of[i]);
        writer.write_fault(ids[i], fault_of[i]);
      }
    }
    count += static_cast<std::int64_t>(ids.size());
  }
  tell_faults(faults, count, first_fault);
  return count;
}

// What a language model says of one text.
struct LineScore {
  std::int64_t tokens = 0;  // predicted ones: all but the first
  double nll = 0.0;         // their sum, nats
};

LineScore score_line(Predictor& predictor, const SourceRow& source) {
  const auto& model = predictor.model();
  const auto& text = std::get<std::string>(source.row.front());
  LineScore score;
  if (predictor.count_tokens(text) < 2) return score;  // nothing is predicted
  const auto dataset = make_text_dataset(*model.preprocessor, text, source.id);
  for (const auto& part : dataset->parts(32)) {
    const auto batch = dataset->batch(part);
    const auto logits = model.network->predict(batch.inputs.to(predictor.device()));
    const auto target = batch.target.flatten().to(predictor.device());
    score.nll +=
        at::cross_entropy_loss(logits.flatten(0, 1), target, {}, at::Reduction::Sum).item<double>();
    score.tokens += batch.counted.value_or(batch.target.numel());
  }
  return score;
}

std::int64_t score_lines(Predictor& predictor, const RowSource& rows, bool csv, std::ostream& out) {
  if (csv) out << "row,tokens,cross_entropy,perplexity\n";
  const torch::NoGradGuard no_gradients;
  std::int64_t count = 0;
  for (auto source = rows(); source && out.good(); source = rows(), ++count) {
    const auto score = score_line(predictor, *source);
    const auto entropy = score.nll / static_cast<double>(score.tokens);
    const bool defined = score.tokens > 0;
    if (csv) {
      out << csv_cell(source->id) << "," << score.tokens << ","
          << (defined ? number(entropy) + "," + number(std::exp(entropy)) : std::string(","))
          << "\n";
    } else {
      Json json;
      json["row"] = source->id;
      json["tokens"] = score.tokens;
      json["cross_entropy"] = defined ? Json(entropy) : Json(nullptr);
      json["perplexity"] = defined ? Json(std::exp(entropy)) : Json(nullptr);
      out << json_line(json) << "\n";
    }
  }
  return count;
}

bool wants_csv(const PredictOptions& options) {
  const auto& format = options.output_format;
  if (!format.empty() && format != "csv" && format != "jsonl") {
    throw Error(ErrorKind::config,
                "--output-format " + format + " is unknown; allowed: jsonl, csv");
  }
  return format.empty() ? fs::path(options.output).extension() == ".csv" : format == "csv";
}

}  // namespace

std::int64_t predict(const std::string& path, const PredictOptions& options, std::istream& in,
                     std::ostream& out) {
  const bool to_file = options.output != "-";
  if (to_file && fs::exists(options.output) && !options.overwrite) {
    throw Error(ErrorKind::config,
                options.output + ": exists already; pass --overwrite or another --output");
  }
  const bool csv = wants_csv(options);
  const auto device = select_device(options.device);
  set_threads(options.threads);
  Predictor predictor(path, device);
  const auto& model = predictor.model();
  const auto rows = open_rows(*model.preprocessor, model.config, options.input,
                              options.input_format, in, predictor.groups().columns());
  std::ostringstream buffer;  // a file appears whole or not at all
  auto& target = to_file ? static_cast<std::ostream&>(buffer) : out;
  std::int64_t count = 0;
  if (predictor.signature().output == OutputKind::language_model) {
    count = score_lines(predictor, rows, csv, target);
  } else {
    PredictionWriter writer(predictor, csv, target);
    count = predict_rows(predictor, rows, options.batch_size, writer);
  }
  if (to_file) write_file_atomic(options.output, buffer.str());
  return count;
}

std::string generate(const std::string& path, const TextOptions& options) {
  const auto device = select_device(options.device);
  set_threads(options.threads);
  Predictor predictor(path, device);
  GenerateOptions generation;
  generation.max_tokens = options.max_tokens;
  generation.temperature = options.temperature;
  generation.top_k = options.top_k;
  generation.top_p = options.top_p;
  generation.seed = options.seed;
  const auto sink = [&](std::string_view piece) {
    return !options.sink || options.sink(std::string(piece));
  };
  try {
    return predictor.generate(options.prompt, generation, sink).text;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::request) throw;
    throw Error(ErrorKind::config, error.what());
  }
}

}  // namespace candor
