// SPDX-License-Identifier: Apache-2.0
#include "tokenize/encode_texts.h"

#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include <candor/error.h>

#include "core/artifact/model_directory.h"
#include "core/base/durable_file.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/normalizer.h"
#include "core/text/tokenizer.h"
#include "tokenize/text_input.h"

namespace candor::app {
namespace {

namespace fs = std::filesystem;

// What a text goes through on its way to tokens.
struct Encoding {
  std::unique_ptr<Tokenizer> tokenizer;
  Normalizer clean = Normalizer({});
};

// That of a model's texts, or of its column of text.
Normalizer cleaning_of(const fs::path& directory) {
  const auto json = parse_json_file((directory / "preprocess.json").string(), ErrorKind::model);
  if (json.contains("clean")) return Normalizer::from_json(json["clean"], "/clean");
  // A column that becomes tokens is the only feature.
  const Json::json_pointer clean("/table/features/0/text/clean");
  return json.contains(clean) ? Normalizer::from_json(json.at(clean), clean.to_string())
                              : Normalizer({});
}

Encoding open_encoding(const std::string& path) {
  if (!fs::is_directory(path)) return {load_tokenizer_file(path)};
  const auto directory = find_model_directory(path);
  if (!fs::exists(directory / "tokenizer.json")) {
    throw Error(ErrorKind::model,
                directory.string() + ": has no tokenizer.json; only models of text have one");
  }
  verify_manifest(directory, {"tokenizer.json", "preprocess.json"});
  return {load_tokenizer_file((directory / "tokenizer.json").string()), cleaning_of(directory)};
}

// Calls `each` with every text of the input: its lines without their ends, or all of it.
void read_input(const std::string& path, bool lines,
                const std::function<void(std::string_view)>& each) {
  const auto bytes = open_text(path);
  lines ? each_line(*bytes, each) : each(read_rest(*bytes));
}

enum class Form { ids, tokens, offsets };

Form form_of(const Arguments& arguments) {
  const bool tokens = arguments.flag("tokens"), offsets = arguments.flag("offsets");
  if (tokens + offsets + arguments.flag("ids") > 1) {
    throw Error(ErrorKind::config, "--ids, --tokens and --offsets exclude each other; give one");
  }
  return tokens ? Form::tokens : offsets ? Form::offsets : Form::ids;
}

class LineWriter {
 public:
  LineWriter(const Encoding& encoding, Form form, EncodeOptions options)
      : tokenizer_(*encoding.tokenizer), clean_(encoding.clean), form_(form), options_(options) {}

  std::string line(std::string_view raw) const {
    const auto cleaned = clean_.any() ? clean_.apply(raw) : std::string();
    const auto text = clean_.any() ? std::string_view(cleaned) : raw;
    if (form_ == Form::offsets) return offsets(text);
    const auto ids = tokenizer_.encode(text, options_);
    return form_ == Form::ids ? numbers(ids) : tokens(ids).dump();
  }

 private:
  static std::string numbers(const std::vector<std::int64_t>& ids) {
    std::string line;
    for (const auto id : ids) {
      if (!line.empty()) line += ' ';
      line += std::to_string(id);
    }
    return line;
  }

  Json tokens(const std::vector<std::int64_t>& ids) const {
    auto list = Json::array();
    for (const auto id : ids) list.push_back(tokenizer_.token(id));
    return list;
  }

  std::string offsets(std::string_view text) const {
    std::vector<std::int64_t> ids;
    auto places = Json::array();
    for (const auto& span : tokenizer_.encode_spans(text, options_)) {
      ids.push_back(span.id);
      places.push_back(Json::array({span.begin, span.end}));
    }
    const Json line = {{"ids", ids}, {"tokens", tokens(ids)}, {"offsets", places}};
    return line.dump();
  }

  const Tokenizer& tokenizer_;
  const Normalizer& clean_;
  Form form_;
  EncodeOptions options_;
};

bool by_lines(const Arguments& arguments) {
  const auto document = arguments.text("document");
  if (document != "line" && document != "file") {
    throw Error(ErrorKind::config, "--document is '" + document + "'; expected line or file");
  }
  return document == "line";
}

std::string input_of(const Arguments& arguments) {
  if (const auto input = arguments.given("input")) return *input;
  throw Error(ErrorKind::config, "--input is missing; give a text file, or - for stdin");
}

}  // namespace

int encode_texts(const Arguments& arguments) {
  const bool lines = by_lines(arguments);
  const auto form = form_of(arguments);
  const auto input = input_of(arguments), output = arguments.text("output");
  if (output != "-") arguments.check_replaceable(output, "output");
  const auto encoding = open_encoding(arguments.required(0, "MODEL"));
  if (form == Form::offsets && encoding.clean.any()) {
    throw Error(ErrorKind::config,
                "--offsets: the model cleans texts before it cuts them, which loses places; give "
                "--ids or --tokens");
  }
  const LineWriter writer(encoding, form,
                          {arguments.flag("allow-special"), arguments.flag("add-special")});
  if (output == "-") {
    read_input(input, lines, [&](auto text) { std::cout << writer.line(text) << '\n'; });
    return 0;
  }
  DurableFile file(output);
  read_input(input, lines, [&](auto text) { file.write(writer.line(text) + "\n"); });
  file.commit();
  return 0;
}

}  // namespace candor::app
