// SPDX-License-Identifier: Apache-2.0
#include "core/serve/generation.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/serve/json_fields.h"
#include "core/serve/refusal.h"

namespace candor {
namespace {

double above_zero(const std::string& name, const Json& value, double most) {
  const double found = read_number(name, value, 0.0, most);
  if (found == 0.0) refuse("'" + name + "' must be above 0");
  return found;
}

std::vector<std::string> stop_words(const std::string& name, const Json& value) {
  constexpr std::size_t kMost = 4;  // as OpenAI has it
  const Json list = value.is_array() ? value : Json::array({value});
  if (list.size() > kMost) {
    refuse("'" + name + "' may have at most " + std::to_string(kMost) + " strings");
  }
  std::vector<std::string> words;
  for (const auto& word : list) {
    if (!word.is_string() || word.get_ref<const std::string&>().empty()) {
      refuse("'" + name + "' must be a string that is not empty, or an array of such");
    }
    words.push_back(word.get<std::string>());
  }
  return words;
}

struct Field {
  const char* name;
  void (*read)(const std::string& name, const Json& value, Generation& into);
};

constexpr std::array<Field, 6> kFields{{
    {"max_tokens", [](const std::string& name, const Json& value,
                      Generation& into) { into.max_tokens = read_integer(name, value, 1); }},
    {"temperature",
     [](const std::string& name, const Json& value, Generation& into) {
       into.options.temperature = read_number(name, value, 0.0, 2.0);
     }},
    {"top_p", [](const std::string& name, const Json& value,
                 Generation& into) { into.options.top_p = above_zero(name, value, 1.0); }},
    {"top_k", [](const std::string& name, const Json& value,
                 Generation& into) { into.options.top_k = read_integer(name, value, 1); }},
    {"seed",
     [](const std::string& name, const Json& value, Generation& into) {
       into.options.seed = static_cast<std::uint64_t>(read_integer(name, value, INT64_MIN));
     }},
    {"stop", [](const std::string& name, const Json& value,
                Generation& into) { into.options.stop = stop_words(name, value); }},
}};

}  // namespace

std::vector<std::string> generation_fields() {
  std::vector<std::string> names;
  for (const auto& field : kFields) names.emplace_back(field.name);
  return names;
}

bool read_generation_field(const std::string& name, const Json& value, Generation& into) {
  const auto found = std::find_if(kFields.begin(), kFields.end(),
                                  [&](const Field& field) { return name == field.name; });
  if (found == kFields.end()) return false;
  if (!value.is_null()) found->read(name, value, into);
  return true;
}

std::int64_t tokens_to_make(const Model& model, std::string_view prompt,
                            std::optional<std::int64_t> wanted, std::int64_t usual) {
  const auto used = model.host.count_tokens(prompt);
  const auto context = std::to_string(model.signature.context);
  const auto left = model.signature.context - used;
  if (left < 1) {
    refuse("the prompt has " + std::to_string(used) +
           " tokens, which leaves no room in the model's context of " + context +
           "; send a shorter one");
  }
  if (wanted.value_or(1) > left) {
    refuse("the prompt has " + std::to_string(used) +
           " tokens; with max_tokens that is more than the model's context of " + context +
           "; max_tokens may be at most " + std::to_string(left));
  }
  return wanted.value_or(std::min(usual, left));
}

void GenerateJob::submit(Call& call, Model& model, std::vector<std::string> texts,
                         const Generation& generation, Format format) {
  std::vector<Prompt> prompts;
  for (auto& text : texts) {
    auto options = generation.options;
    options.max_tokens = tokens_to_make(model, text, generation.max_tokens, options.max_tokens);
    prompts.push_back({std::move(text), std::move(options)});
  }
  model.batcher->submit(std::unique_ptr<ExclusiveWork>(
      new GenerateJob(std::move(call), model.telemetry, std::move(prompts), std::move(format))));
}

GenerateJob::GenerateJob(Call call, ModelTelemetry& telemetry, std::vector<Prompt> prompts,
                         Format format)
    : call_(std::move(call)),
      telemetry_(telemetry),
      prompts_(std::move(prompts)),
      format_(std::move(format)) {
  call_.release_body();
  rows = static_cast<std::int64_t>(prompts_.size());
}

void GenerateJob::run(Servable& model) {
  std::vector<std::string> texts;
  for (const auto& prompt : prompts_) {
    auto made = model.generate(prompt.text, prompt.options,
                               [this](std::string_view) { return !call_.client_gone(); });
    telemetry_.tokens(made.prompt_tokens, made.completion_tokens);
    if (call_.client_gone()) return;
    texts.push_back(std::move(made.text));
  }
  call_.answer(format_(texts));
}

}  // namespace candor
