// SPDX-License-Identifier: Apache-2.0
#include "tokenize/encode_texts.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include <candor/error.h>

#include "core/artifact/model_directory.h"
#include "core/base/durable_file.h"
#include "core/base/files.h"
#include "core/text/tokenizer.h"

namespace candor::app {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Tokenizer> open_tokenizer(const std::string& path) {
  if (!fs::is_directory(path)) return load_tokenizer_file(path);
  const auto directory = find_model_directory(path);
  if (!fs::exists(directory / "tokenizer.json")) {
    throw Error(ErrorKind::model,
                directory.string() + ": has no tokenizer.json; only models of text have one");
  }
  verify_manifest(directory, {"tokenizer.json"});
  return load_tokenizer_file((directory / "tokenizer.json").string());
}

// Calls `each` with every text of a stream: its lines without their ends, or all of it.
void each_text(std::istream& in, bool lines, const std::function<void(std::string_view)>& each) {
  if (!lines) {
    const std::string all(std::istreambuf_iterator<char>(in), {});
    return each(all);
  }
  std::string line;
  while (std::getline(in, line)) each(line);
}

void read_input(const std::string& path, bool lines,
                const std::function<void(std::string_view)>& each) {
  if (path == "-") return each_text(std::cin, lines, each);
  std::ifstream file(path, std::ios::binary);
  // A folder opens, but cannot be read.
  if (!file || fs::is_directory(path)) fail_at(ErrorKind::data, path, "cannot be read");
  each_text(file, lines, each);
  if (file.bad()) fail_at(ErrorKind::data, path, "cannot be read");
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
  LineWriter(const Tokenizer& tokenizer, Form form, EncodeOptions options)
      : tokenizer_(tokenizer), form_(form), options_(options) {}

  std::string line(std::string_view text) const {
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
  const auto tokenizer = open_tokenizer(arguments.required(0, "MODEL"));
  const LineWriter writer(*tokenizer, form,
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
