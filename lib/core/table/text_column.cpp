// SPDX-License-Identifier: Apache-2.0
#include "core/table/text_column.h"

#include <candor/error.h>

#include <algorithm>
#include <utility>

namespace candor {
namespace {

constexpr std::int64_t kLongestContext = std::int64_t{1} << 24;

[[noreturn]] void bad(const std::string& at, const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: " + at + ": " + what);
}

const Json& field(const Json& json, const std::string& at, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) bad(at, std::string(key) + " is missing");
  return *found;
}

std::int64_t context_of(const Json& json, const std::string& at) {
  const auto& context = field(json, at, "context");
  const bool fits = context.is_number_integer() && context >= 1 && context <= kLongestContext;
  if (!fits) bad(at, "context is no whole number from 1 on");
  return context.get<std::int64_t>();
}

}  // namespace

TextForm text_form(const ModelConfig& model) {
  const auto* transformer = std::get_if<TransformerConfig>(&model);
  if (transformer == nullptr) return {};
  return {TextUse::tokens, transformer->context};
}

TextColumn TextColumn::fit(const TextForm& form, const TextColumnsConfig& config,
                           std::span<const std::string_view> texts) {
  if (form.use == TextUse::terms) {
    return TextColumn(TextFeatures::fit(config.clean, config.words, texts));
  }
  const Normalizer clean(config.clean);
  const auto trainer = make_tokenizer_trainer(config.tokenizer);
  for (const auto text : texts) trainer->add(clean.apply(text));
  return TextColumn(clean, trainer->finish(), form.context);
}

TextUse TextColumn::use() const { return terms_ ? TextUse::terms : TextUse::tokens; }

std::int64_t TextColumn::size() const { return terms_ ? terms_->size() : tokenizer_->size(); }

void TextColumn::apply(std::string_view text, std::vector<WeightedTerm>& terms) const {
  terms_->apply(text, terms);
}

std::vector<std::int64_t> TextColumn::tokens(std::string_view text) const {
  auto ids = tokenizer_->encode(clean_.any() ? clean_.apply(text) : text);
  if (static_cast<std::int64_t>(ids.size()) > context_) {
    ids.resize(static_cast<std::size_t>(context_));
  }
  return ids;
}

Json TextColumn::to_json() const {
  Json json;
  json["use"] = terms_ ? "terms" : "tokens";
  if (terms_) {
    json["terms"] = terms_->to_json();
  } else {
    json["clean"] = clean_.to_json();
    json["context"] = context_;
  }
  return json;
}

TextColumn TextColumn::from_json(const Json& json, const std::string& at,
                                 std::shared_ptr<const Tokenizer> tokenizer) {
  if (!json.is_object()) bad(at, "expected an object");
  const auto& use = field(json, at, "use");
  if (use == "terms") {
    return TextColumn(TextFeatures::from_json(field(json, at, "terms"), at + "/terms"));
  }
  if (use != "tokens") bad(at, "use is unknown; allowed: terms, tokens");
  if (!tokenizer) bad(at, "tokens need the model's tokenizer.json");
  return TextColumn(Normalizer::from_json(field(json, at, "clean"), at + "/clean"),
                    std::move(tokenizer), context_of(json, at));
}

}  // namespace candor
