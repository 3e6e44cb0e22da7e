// SPDX-License-Identifier: Apache-2.0
#include "tokenize/train.h"

#include <algorithm>
#include <iostream>

#include <candor/config.h>
#include <candor/error.h>

#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/config/fields.h"
#include "core/config/tokenizer_faults.h"
#include "core/text/documents.h"
#include "core/text/tokenizer.h"
#include "tokenize/text_input.h"

namespace candor::app {
namespace {

constexpr std::size_t kBlock = 8 << 20;  // bytes read at a time

// The value of an enum by its name in configs.
template <class Enum>
Enum enum_of(const char* flag, const std::string& name) {
  const auto& names = EnumNames<Enum>::values;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  throw Error(ErrorKind::config, std::string("--") + flag + " is '" + name + "'; expected one of " +
                                     join({names.begin(), names.end()}));
}

TokenizerType type_of(const Arguments& arguments) {
  const auto name = arguments.text("type");
  if (name == "character" || name == "byte") return enum_of<TokenizerType>("type", name + "s");
  if (name == "bpe" || name == "unigram") return enum_of<TokenizerType>("type", name);
  throw Error(ErrorKind::config,
              "--type is '" + name + "'; expected one of bpe, unigram, byte, character");
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (comma > at) parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

TokenizerConfig config_of(const Arguments& arguments) {
  TokenizerConfig config;
  config.type = type_of(arguments);
  config.size = arguments.whole("size", 256, 1000000);
  if (const auto name = arguments.given("pretokenizer")) {
    config.pretokenizer = enum_of<Pretokenizer>("pretokenizer", *name);
  }
  config.special_tokens = split_at_commas(arguments.text("special-tokens"));
  for (auto [key, what] : tokenizer_faults(config)) {
    std::replace(key.begin(), key.end(), '_', '-');
    throw Error(ErrorKind::config, "--" + key + ": " + what);
  }
  return config;
}

// In blocks that end where its words do not depend on what comes next.
void add_text(ByteSource& bytes, TokenizerTrainer& trainer) {
  std::string text;  // read and not yet added
  for (std::size_t count = 1; count > 0;) {
    const auto old = text.size();
    text.resize(old + kBlock);
    count = bytes.read(text.data() + old, kBlock);
    text.resize(old + count);
    const auto end = count > 0 ? last_cut(text) : text.size();
    trainer.add(std::string_view(text).substr(0, end));
    text.erase(0, end);
  }
}

// A file, all files of a folder, or stdin.
void add_path(const std::string& path, TokenizerTrainer& trainer) {
  if (path == "-") return add_text(*open_text(path), trainer);
  for (const auto& file : text_files(path)) add_text(*open_text(file), trainer);
}

}  // namespace

int train_from(const Arguments& arguments) {
  const auto config = config_of(arguments);
  const auto output = arguments.text("output");
  if (output != "-") arguments.check_replaceable(output, "output");
  arguments.required(0, "FILE");
  const auto trainer = make_tokenizer_trainer(config);
  for (const auto& path : expand_paths(arguments.words())) add_path(path, *trainer);
  const auto tokenizer = trainer->finish();
  const auto text = tokenizer->to_json().dump(2) + "\n";
  if (output == "-") {
    std::cout << text;
    return 0;
  }
  write_file_atomic(output, text);
  if (!arguments.flag("quiet")) {
    std::cerr << output << " written: " << tokenizer->size() << " tokens\n";
  }
  return 0;
}

}  // namespace candor::app
