// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <set>
#include <string_view>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/init/init_parts.h"
#include "core/inspect/text_source.h"

namespace candor {
namespace {

struct TextFacts {
  std::size_t files = 0;
  std::optional<std::string> field;  // of JSON lines
  std::int64_t documents = 0;
  std::int64_t bytes = 0;          // of all documents
  std::set<std::uint32_t> seen{};  // characters of the documents that are UTF-8
  bool utf8 = true;
};

constexpr std::size_t kMostCharacters = 512;  // beyond that, most are too rare to be learned

void look_at_document(std::string_view text, TextFacts& facts) {
  ++facts.documents;
  facts.bytes += static_cast<std::int64_t>(text.size());
  facts.utf8 = facts.utf8 && !find_invalid_utf8(text);
  if (!facts.utf8) return;
  while (!text.empty()) {
    const auto point = read_code_point(text);
    facts.seen.insert(point.value);
    text.remove_prefix(point.length);
  }
}

TextFacts look_at(const std::string& data) {
  const TextSource source(data);
  TextFacts facts;
  facts.files = source.files().size();
  facts.field = source.field();
  source.read([&](const std::string&, std::string_view text) { look_at_document(text, facts); });
  return facts;
}

std::string tokenizer_line(const TextFacts& facts) {
  if (!facts.utf8) return "\"bytes\"},  // the file is not UTF-8";
  const auto characters = std::to_string(facts.seen.size());
  if (facts.seen.size() > kMostCharacters) {
    return "\"bytes\"},  // " + characters + " different characters are many";
  }
  return "\"characters\"},  // " + characters + " different ones; or \"bytes\"";
}

std::string documents_line(const TextFacts& facts) {
  if (!facts.field) return "";
  return "    \"documents\": \"json_lines\", \"field\": " + json_text(*facts.field) + ",\n";
}

// A tenth, or of few documents one of them.
std::string validation_share(const TextFacts& facts) {
  if (facts.documents == 1 || facts.documents >= 10) return "0.1";
  return Json(static_cast<double>((100 + facts.documents - 1) / facts.documents) / 100.0).dump();
}

// What the validation text is.
std::string split_comment(const TextFacts& facts) {
  return facts.documents > 1 ? "whole documents, drawn by split.seed" : "the end of the text";
}

std::string summary(const InitSource& source, const TextFacts& facts) {
  auto text = "// A language model of " + for_comment(display_name(source.path)) + ": ";
  if (facts.files > 1) text += grouped(static_cast<std::int64_t>(facts.files)) + " files, ";
  if (facts.field) text += grouped(facts.documents) + " documents, ";
  return text + grouped(facts.bytes) +
         " bytes.\n// Every key and its default: configs/REFERENCE.md, or candor train "
         "--reference\n";
}

}  // namespace

std::string init_text(const InitSource& source) {
  const auto facts = look_at(source.path);
  constexpr std::int64_t kSmallest = 1000;
  if (facts.bytes < kSmallest) {
    throw Error(ErrorKind::data, source.path + ": " + std::to_string(facts.bytes) +
                                     " bytes; a language model needs a text of at least " +
                                     std::to_string(kSmallest));
  }
  const bool small = facts.bytes < 100'000;
  const std::string width = small ? "64" : "128", context = facts.bytes < 10'000 ? "32" : "64";
  return summary(source, facts) +
         "{\n"
         "  \"version\": 1,\n"
         "  \"name\": " +
         json_text(source.name) +
         ",\n"
         "  \"task\": {\"type\": \"language_model\"},\n"
         "  \"data\": {\n"
         "    \"type\": \"text\",\n"
         "    \"files\": {\"train\": " +
         json_text(source.written) + "},\n" + documents_line(facts) +
         "    \"tokenizer\": {\"type\": " + tokenizer_line(facts) +
         "\n"
         "    \"split\": {\"validation\": " +
         validation_share(facts) + "}  // " + split_comment(facts) +
         "; never trained on\n"
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
