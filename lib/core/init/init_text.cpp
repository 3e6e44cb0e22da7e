// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/init/init_parts.h"

namespace candor {
namespace {

struct TextFacts {
  std::int64_t bytes = 0;
  std::size_t characters = 0;  // distinct ones
  bool utf8 = true;
};

constexpr std::size_t kMostCharacters = 512;  // beyond that, most are too rare to be learned

TextFacts look_at(const std::string& text) {
  TextFacts facts;
  facts.bytes = static_cast<std::int64_t>(text.size());
  facts.utf8 = !find_invalid_utf8(text);
  if (!facts.utf8) return facts;
  std::set<std::uint32_t> seen;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto point = read_code_point(rest);
    seen.insert(point.value);
    rest.remove_prefix(point.length);
  }
  facts.characters = seen.size();
  return facts;
}

std::string tokenizer_line(const TextFacts& facts) {
  if (!facts.utf8) return "\"bytes\"},  // the file is not UTF-8";
  if (facts.characters > kMostCharacters) {
    return "\"bytes\"},  // " + std::to_string(facts.characters) + " different characters are many";
  }
  return "\"characters\"},  // " + std::to_string(facts.characters) +
         " different ones; or \"bytes\"";
}

}  // namespace

std::string init_text(const InitSource& source) {
  const auto facts = look_at(read_file(source.path, ErrorKind::data));
  constexpr std::int64_t kSmallest = 1000;
  if (facts.bytes < kSmallest) {
    throw Error(ErrorKind::data, source.path.string() + ": " + std::to_string(facts.bytes) +
                                     " bytes; a language model needs a text of at least " +
                                     std::to_string(kSmallest));
  }
  const bool small = facts.bytes < 100'000;
  const std::string width = small ? "64" : "128", context = facts.bytes < 10'000 ? "32" : "64";
  return "// A language model of " + for_comment(source.path.filename().string()) + ": " +
         grouped(facts.bytes) +
         " bytes.\n"
         "// Every key and its default: configs/REFERENCE.md, or candor train --reference\n"
         "{\n"
         "  \"version\": 1,\n"
         "  \"name\": " +
         json_text(source.name) +
         ",\n"
         "  \"task\": {\"type\": \"language_model\"},\n"
         "  \"data\": {\n"
         "    \"type\": \"text\",\n"
         "    \"files\": {\"train\": " +
         json_text(source.written) +
         "},\n"
         "    \"tokenizer\": {\"type\": " +
         tokenizer_line(facts) +
         "\n"
         "    \"split\": {\"validation\": 0.1}  // the end of the text; never trained on\n"
         "  },\n"
         "  \"model\": {\n"
         "    \"type\": \"transformer\",\n"
         "    \"layers\": 4,\n"
         "    \"heads\": 4,\n"
         "    \"width\": " +
         width +
         ",  // wider learns more and takes longer\n"
         "    \"context\": " +
         context +
         ",  // tokens that the model looks back\n"
         "    \"dropout\": " +
         (small ? "0.1" : "0.0") +
         "\n"
         "  },\n"
         "  \"train\": {\n"
         "    \"steps\": " +
         (small ? "600" : "2000") +
         ",\n"
         "    \"batch_size\": 16,\n"
         "    \"optimizer\": {\"type\": \"adamw\", \"learning_rate\": 0.002, \"beta2\": 0.99, "
         "\"weight_decay\": 0.1},\n"
         "    \"schedule\": {\"type\": \"cosine\", \"warmup_ratio\": 0.05, \"final_ratio\": 0.1},\n"
         "    \"clip_norm\": 1.0,\n"
         "    \"validate\": {\"every_steps\": " +
         (small ? "100" : "250") +
         "}\n"
         "  }\n"
         "}\n";
}

}  // namespace candor
