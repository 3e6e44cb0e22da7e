// SPDX-License-Identifier: Apache-2.0
// One request inside the server: what it asks for and the right to answer it, counted and in the
// shape of its protocol.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/server.h"
#include "core/serve/model_table.h"
#include "core/serve/refusal.h"

namespace candor {

enum class Protocol { kserve, tfserving, openai };

// {"error": "..."}, or OpenAI's error object.
std::string error_body(Protocol protocol, const Failure& failure);

class Call {
 public:
  Call(http::Request request, http::Responder responder, Protocol protocol, Route route,
       ModelTelemetry& telemetry);
  Call(Call&&) = default;

  // From here on the answer carries the model's digest and counts for it.
  void set_model(Model& model);

  const http::Request& request() const { return request_; }
  bool client_gone() const { return responder_.client_gone(); }

  void answer(http::Response response);
  void answer_json(std::string body);
  using Headers = std::vector<std::pair<std::string_view, std::string>>;
  void fail(const std::exception_ptr& exception, Headers headers = {});

  // Server-sent events.
  bool begin_events();
  bool event(std::string_view data);
  void end_events();

 private:
  void finish(int status);
  http::Request request_;
  http::Responder responder_;
  Protocol protocol_;
  Route route_;
  ModelTelemetry* telemetry_;
  const Model* model_ = nullptr;
};

// Rows on their way through the batcher; `format` makes the answer's body.
class PredictJob final : public PredictWork {
 public:
  using Format = std::function<http::Response(std::span<const Prediction>)>;
  PredictJob(Call call, ModelInputs prepared, Format format);
  bool abandoned() const override { return call_.client_gone(); }
  void complete(std::span<Prediction> predictions) override;
  void fail(const std::exception_ptr& exception) override { call_.fail(exception); }

 private:
  Call call_;
  Format format_;
};

// Prompts that a language model continues, one after the other.
class GenerateJob final : public ExclusiveWork {
 public:
  using Format = std::function<http::Response(std::span<const std::string>)>;
  struct Prompt {
    std::string text;
    GenerateOptions options;
  };
  GenerateJob(Call call, ModelTelemetry& telemetry, std::vector<Prompt> prompts, Format format);
  bool abandoned() const override { return call_.client_gone(); }
  void run(Servable& model) override;
  void fail(const std::exception_ptr& exception) override { call_.fail(exception); }

 private:
  Call call_;
  ModelTelemetry& telemetry_;
  std::vector<Prompt> prompts_;
  Format format_;
};

// `wanted` tokens, or `usual` of them but at most what the context leaves, after `prompt`. Throws
// Error{request} when prompt and answer do not fit the model's context together.
std::int64_t tokens_to_make(const Model& model, std::string_view prompt,
                            std::optional<std::int64_t> wanted, std::int64_t usual);

}  // namespace candor
