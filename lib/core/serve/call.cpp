// SPDX-License-Identifier: Apache-2.0
#include "core/serve/call.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/serve/json_write.h"

namespace candor {
namespace {

std::string_view openai_type(int status) {
  return status >= 500 ? "server_error" : "invalid_request_error";
}

http::Response json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

}  // namespace

std::string error_body(Protocol protocol, const Failure& failure) {
  if (protocol != Protocol::openai) return "{\"error\":" + json_string(failure.message) + "}";
  return "{\"error\":{\"message\":" + json_string(failure.message) +
         ",\"type\":" + json_string(openai_type(failure.status)) +
         ",\"param\":null,\"code\":" + (failure.code.empty() ? "null" : json_string(failure.code)) +
         "}}";
}

Call::Call(http::Request request, http::Responder responder, Protocol protocol, Route route,
           ModelTelemetry& telemetry)
    : request_(std::move(request)),
      responder_(std::move(responder)),
      protocol_(protocol),
      route_(route),
      telemetry_(&telemetry) {}

void Call::set_model(Model& model) {
  model_ = &model;
  telemetry_ = &model.telemetry;
}

void Call::answer(http::Response response) {
  if (model_ != nullptr)
    response.headers.emplace_back("X-Candor-Model-Digest", model_->host.digest());
  finish(response.status);
  responder_.send(std::move(response));
}

void Call::answer_json(std::string body) { answer(json_response(200, std::move(body))); }

void Call::fail(const std::exception_ptr& exception, Headers headers) {
  const auto failure = failure_of(exception);
  auto response = json_response(failure.status, error_body(protocol_, failure));
  response.headers = std::move(headers);
  if (failure.retry) response.headers.emplace_back("Retry-After", "1");
  answer(std::move(response));
}

bool Call::begin_events() {
  http::Response head{200, "text/event-stream", {}, {{"Cache-Control", "no-cache"}}};
  if (model_ != nullptr) head.headers.emplace_back("X-Candor-Model-Digest", model_->host.digest());
  return responder_.begin_stream(std::move(head));
}

bool Call::event(std::string_view data) {
  std::string text;
  text.reserve(data.size() + 8);
  text.append("data: ").append(data).append("\n\n");
  return responder_.write_chunk(text);
}

void Call::end_events() {
  finish(200);
  responder_.end();
}

// Counted before it is sent, so that a client with an answer in hand finds it in the metrics.
void Call::finish(int status) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - request_.arrived;
  telemetry_->request(route_, status, elapsed.count());
}

PredictJob::PredictJob(Call call, ModelInputs prepared, Format format)
    : call_(std::move(call)), format_(std::move(format)) {
  inputs = std::move(prepared);
}

void PredictJob::complete(std::span<Prediction> predictions) { call_.answer(format_(predictions)); }

GenerateJob::GenerateJob(Call call, ModelTelemetry& telemetry, std::vector<Prompt> prompts,
                         Format format)
    : call_(std::move(call)),
      telemetry_(telemetry),
      prompts_(std::move(prompts)),
      format_(std::move(format)) {
  rows = static_cast<std::int64_t>(prompts_.size());
}

void GenerateJob::run(Servable& model) {
  std::vector<std::string> texts;
  for (const auto& prompt : prompts_) {
    auto made = model.generate(prompt.text, prompt.options,
                               [this](std::string_view) { return !call_.client_gone(); });
    if (call_.client_gone()) return;
    telemetry_.tokens(made.prompt_tokens, made.completion_tokens);
    texts.push_back(std::move(made.text));
  }
  call_.answer(format_(texts));
}

std::int64_t tokens_to_make(const Model& model, std::string_view prompt,
                            std::optional<std::int64_t> wanted, std::int64_t usual) {
  const auto used = model.host.count_tokens(prompt);
  const auto left = model.signature.context - used;
  if (left < 1) {
    throw Error(ErrorKind::request, "the prompt has " + std::to_string(used) +
                                        " tokens, which leaves no room in the model's context of " +
                                        std::to_string(model.signature.context) +
                                        "; send a shorter one");
  }
  if (!wanted) return std::min(usual, left);
  if (*wanted < 1) throw Error(ErrorKind::request, "max_tokens must be at least 1");
  if (*wanted > left) {
    throw Error(ErrorKind::request, "the prompt has " + std::to_string(used) +
                                        " tokens; with max_tokens that is more than "
                                        "the model's context of " +
                                        std::to_string(model.signature.context) +
                                        "; max_tokens may be at most " + std::to_string(left));
  }
  return *wanted;
}

}  // namespace candor
