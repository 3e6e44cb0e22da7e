// SPDX-License-Identifier: Apache-2.0
#include "core/serve/call.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/serve/json_write.h"

namespace candor {
namespace {

std::string_view openai_type(int status) {
  return status >= 500 ? "server_error" : "invalid_request_error";
}

}  // namespace

http::Response json_response(int status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

std::string error_body(Protocol protocol, const Failure& failure) {
  if (protocol != Protocol::openai) return "{\"error\":" + json_string(failure.message) + "}";
  return "{\"error\":{\"message\":" + json_string(failure.message) +
         ",\"type\":" + json_string(openai_type(failure.status)) +
         ",\"param\":null,\"code\":" + (failure.code.empty() ? "null" : json_string(failure.code)) +
         "}}";
}

http::Response error_response(Protocol protocol, const Failure& failure) {
  auto response = json_response(failure.status, error_body(protocol, failure));
  if (failure.retry) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Call::Call(http::Request request, http::Responder responder, Protocol protocol, Route route,
           ModelTelemetry& telemetry)
    : request_(std::move(request)),
      responder_(std::move(responder)),
      protocol_(protocol),
      route_(route),
      telemetry_(&telemetry) {}

Call::~Call() {
  if (responder_.open() && responder_.client_gone()) finish(kClientLeft);
}

void Call::set_model(Model& model) {
  model_ = &model;
  telemetry_ = &model.telemetry;
}

void Call::add_digest(http::Response& response) const {
  if (model_ == nullptr) return;
  response.headers.emplace_back("X-Candor-Model-Digest", model_->host.digest());
}

void Call::answer(http::Response response) {
  add_digest(response);
  finish(response.status);
  responder_.send(std::move(response));
}

void Call::answer_json(std::string body) { answer(json_response(200, std::move(body))); }

void Call::fail(const std::exception_ptr& exception, Headers headers) {
  auto response = error_response(protocol_, failure_of(exception));
  std::move(headers.begin(), headers.end(), std::back_inserter(response.headers));
  answer(std::move(response));
}

bool Call::begin_events() {
  http::Response head{200, "text/event-stream", {}, {{"Cache-Control", "no-cache"}}};
  add_digest(head);
  return responder_.begin_stream(std::move(head));
}

bool Call::event(std::string_view data) {
  std::string text;
  text.reserve(data.size() + 8);
  text.append("data: ").append(data).append("\n\n");
  return responder_.write_chunk(text);
}

void Call::end_events(int status) {
  finish(status);
  responder_.end();
}

// Counted before it is sent, so that a client with an answer in hand finds it in the metrics.
void Call::finish(int status) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - request_.arrived;
  telemetry_->request(route_, responder_.client_gone() ? kClientLeft : status, elapsed.count());
}

PredictJob::PredictJob(Call call, ModelInputs prepared, Format format)
    : call_(std::move(call)), format_(std::move(format)) {
  call_.release_body();
  inputs = std::move(prepared);
}

void PredictJob::complete(std::span<Prediction> predictions) { call_.answer(format_(predictions)); }

}  // namespace candor
