// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/model_files.h"

#include <torch/torch.h>

#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/base/files.h"
#include "core/config/config_json.h"
#include "engine/checkpoint/weights.h"
#include "engine/nn/init.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDecisionName = "decision.json";

void shorten_text_paths(TextColumnsConfig& text) {
  if (text.tokenizer.file) text.tokenizer.file = display_name(*text.tokenizer.file);
  if (text.words.stop_words) text.words.stop_words = display_name(*text.words.stop_words);
}

// What others than this run's machine may know of the data: names, not places.
RunConfig without_paths(RunConfig config) {
  const auto shorten = [](Paths& paths) {
    for (auto& path : paths.list) path = display_name(path);
  };
  std::visit(
      [&](auto& data) {
        if constexpr (requires { data.cache; }) data.cache.reset();
        shorten(data.files.train);
        if (data.files.validation) shorten(*data.files.validation);
        if (data.files.test) shorten(*data.files.test);
        if constexpr (requires { data.cache; }) data.cache.reset();
        if constexpr (requires { data.text.words; }) shorten_text_paths(data.text);
      },
      config.data);
  auto& begin = config.train.init_from;
  if (begin) begin->path = display_name(begin->path);
  return config;
}

Json model_json(const RunConfig& config, const Preprocessor& preprocessor, Network& network) {
  const auto whole = config_json(config);
  Json json;
  json["format_version"] = kFormatVersion;
  json["format"] = "candor model";
  json["candor"] = CANDOR_VERSION;
  json["name"] = config.name;
  json["task"] = whole.at("task");
  json["signature"] = signature_json(preprocessor.signature());
  json["architecture"] = whole.at("model");
  json["parameters"] = network.parameter_count();
  return json;
}

Json read_versioned(const fs::path& path) {
  auto json = parse_json_file(path.string(), ErrorKind::model);
  check_format_version(json, path.string());
  return json;
}

// Checks its version itself, since tables have their own. Vocabularies of terms are long.
Json read_preprocess(const fs::path& path) {
  return parse_json_file(path.string(), ErrorKind::model, tokenizer_json_limits());
}

// A section that an older version wrote may lack fields that came later.
bool agrees(const Json& written, const Json& expected) {
  if (!written.is_object() || !expected.is_object()) return written == expected;
  for (const auto& [key, value] : written.items()) {
    if (!expected.contains(key) || expected[key] != value) return false;
  }
  return true;
}

// What model.json tells others is what the other files say.
void check_model_json(const fs::path& directory, const ModelFiles& model) {
  const auto path = directory / "model.json";
  const auto json = read_versioned(path);
  const auto expected = model_json(model.config, *model.preprocessor, *model.network);
  for (const auto& [key, value] : expected.items()) {
    if (key == "candor" || (json.contains(key) && agrees(json[key], value))) continue;
    throw Error(ErrorKind::model,
                path.string() + ": " + key + " does not agree with the model's other files");
  }
}

// The shapes are compared before memory is taken for them, so that a crafted directory cannot ask
// for any amount of it.
std::shared_ptr<Network> read_network(const ModelFiles& model, const fs::path& weights) {
  const auto shape = model_shape(*model.preprocessor, model.config.data);
  const RandomStream init(model.config.seed, "init");
  {
    const InitDevice meta(at::kMeta);
    check_state(*make_model(model.config.model, shape, init), weights);
  }
  const SkipInit read_from_file;
  auto network = make_network(model.config, *model.preprocessor);
  load_state(network->model(), load_tensors(weights), weights.string());
  for (const auto& parameter : network->model().named_parameters()) {
    if (at::isfinite(parameter.value()).all().item<bool>()) continue;
    throw Error(ErrorKind::model, weights.string() + ": tensor '" + parameter.key() +
                                      "' holds a number that is not finite; the file is damaged");
  }
  network->eval();
  return network;
}

// A model without the file, as all were once, answers with the most probable class.
DecisionRule read_decision(const fs::path& directory, const Signature& signature) {
  DecisionRule plain;
  plain.classes = signature.labels.size();
  const auto path = directory / kDecisionName;
  if (!fs::exists(path)) return plain;
  verify_manifest(directory, {kDecisionName});
  auto rule =
      decision_rule_from_json(parse_json_file(path.string(), ErrorKind::model), path.string());
  if (rule.classes != plain.classes || signature.output == OutputKind::language_model) {
    throw Error(ErrorKind::model, path.string() + ": is for " + std::to_string(rule.classes) +
                                      " classes, and the model has " +
                                      std::to_string(plain.classes) +
                                      "; the files are of two models");
  }
  return rule;
}

// Of a table: the host stage gives tokens to a Transformer, and none to others.
void check_text_form(const Preprocessor& preprocessor, const ModelConfig& model) {
  const auto* stage = std::get_if<TableStage>(&preprocessor.host());
  if (stage == nullptr) return;
  const auto form = text_form(model);
  const bool tokens = stage->columns().vocabulary > 0;
  if (tokens == (form.use == TextUse::tokens) && (!tokens || stage->context() == form.context)) {
    return;
  }
  throw Error(ErrorKind::model,
              "preprocess.json: what it makes of texts is not what the model in train_config.json "
              "reads; the files are of two models");
}

}  // namespace

std::shared_ptr<Network> make_network(const RunConfig& config, const Preprocessor& preprocessor) {
  const auto shape = model_shape(preprocessor, config.data);
  auto model = make_model(config.model, shape, RandomStream(config.seed, "init"));
  return std::make_shared<Network>(preprocessor.stage(), std::move(model));
}

std::string write_model(const fs::path& directory, const RunConfig& config,
                        const Preprocessor& preprocessor, Network& network, const Json& metrics,
                        const DecisionRule& decision) {
  DirectoryWriter writer(directory);
  const auto shortened = without_paths(config);
  writer.write("model.json", json_document(model_json(shortened, preprocessor, network)));
  writer.write("preprocess.json", json_document(preprocessor.to_json()));
  if (const auto* tokenizer = preprocessor.tokenizer()) {
    writer.write("tokenizer.json", tokenizer->to_json().dump(2) + "\n");
  }
  writer.write("train_config.json", write_config(shortened));
  writer.write("metrics.json", json_document(metrics));
  if (!decision.plain()) writer.write(kDecisionName, json_document(to_json(decision)));
  save_tensors(writer.path("model.safetensors"), module_state(network.model()));
  return writer.commit(/*replace=*/true);
}

ModelFiles open_model(const fs::path& path) {
  const auto directory = find_model_directory(path);
  ModelFiles model;
  model.digest = verify_manifest(directory, {"model.json", "model.safetensors", "preprocess.json",
                                             "train_config.json", "metrics.json"});
  const auto config_path = directory / "train_config.json";
  model.config = config_from_json(parse_json_file(config_path.string(), ErrorKind::model),
                                  config_path.string(), ErrorKind::model);
  model.name = model.config.name;
  Json tokenizer;
  if (std::holds_alternative<TransformerConfig>(model.config.model)) {
    verify_manifest(directory, {"tokenizer.json"});
    tokenizer = parse_json_file((directory / "tokenizer.json").string(), ErrorKind::model,
                                tokenizer_json_limits());
  }
  model.preprocessor =
      Preprocessor::from_json(read_preprocess(directory / "preprocess.json"), tokenizer);
  check_text_form(*model.preprocessor, model.config.model);
  model.metrics = read_versioned(directory / "metrics.json");
  model.data = model.metrics.value("data", Json::array());
  if (!model.data.is_array()) model.data = Json::array();
  model.decision = read_decision(directory, model.preprocessor->signature());
  model.network = read_network(model, directory / "model.safetensors");
  check_model_json(directory, model);
  return model;
}

RunConfig run_config_of(const fs::path& path, const ModelFiles& model) {
  const auto run = run_of_model(find_model_directory(path));
  if (!run || !fs::exists(*run / "config.json")) return model.config;
  const auto config = (*run / "config.json").string();
  return config_from_json(parse_json_file(config, ErrorKind::config), config);
}

}  // namespace candor
