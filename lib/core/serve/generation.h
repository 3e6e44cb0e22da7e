// SPDX-License-Identifier: Apache-2.0
// What the protocols share about language models: the options that a client may give, and the work
// that makes texts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/serve/batcher.h"
#include "core/serve/call.h"
#include "core/serve/model_table.h"

namespace candor {

// A client's wishes; max_tokens apart, because its default hangs on protocol and prompt.
struct Generation {
  GenerateOptions options;
  std::optional<std::int64_t> max_tokens;
};

// The fields that every protocol takes, in the order of messages: max_tokens, temperature, top_p,
// top_k, seed, stop.
std::vector<std::string> generation_fields();
// Reads the field `name`; null leaves its default. False where it is none of these. Throws
// Error{request}.
bool read_generation_field(const std::string& name, const Json& value, Generation& into);

// `wanted` tokens, or `usual` of them but at most what the context leaves, after `prompt`. Throws
// Error{request} when prompt and answer do not fit the model's context together.
std::int64_t tokens_to_make(const Model& model, std::string_view prompt,
                            std::optional<std::int64_t> wanted, std::int64_t usual);

// Prompts that a language model continues, one after the other; `format` makes the answer.
class GenerateJob final : public ExclusiveWork {
 public:
  using Format = std::function<http::Response(std::span<const std::string>)>;
  // Throws Error{request}: see tokens_to_make(). `call` is only taken when it does not.
  static void submit(Call& call, Model& model, std::vector<std::string> prompts,
                     const Generation& generation, Format format);

  bool abandoned() const override { return call_.client_gone(); }
  void run(Servable& model) override;
  void fail(const std::exception_ptr& exception) override { call_.fail(exception); }

 private:
  struct Prompt {
    std::string text;
    GenerateOptions options;
  };
  GenerateJob(Call call, ModelTelemetry& telemetry, std::vector<Prompt> prompts, Format format);

  Call call_;
  ModelTelemetry& telemetry_;
  std::vector<Prompt> prompts_;
  Format format_;
};

}  // namespace candor
