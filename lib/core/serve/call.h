// SPDX-License-Identifier: Apache-2.0
// One request inside the server: what it asks for and the right to answer it, counted and in the
// shape of its protocol.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
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
// Status, body and, where it is worth trying again, Retry-After.
http::Response error_response(Protocol protocol, const Failure& failure);
http::Response json_response(int status, std::string body);

class Call {
 public:
  Call(http::Request request, http::Responder responder, Protocol protocol, Route route,
       ModelTelemetry& telemetry);
  Call(Call&&) = default;
  // Without an answer, a client that has gone is counted here; else the server answers 500.
  ~Call();

  // From here on the answer carries the model's digest and counts for it.
  void set_model(Model& model);

  const http::Request& request() const { return request_; }
  // Called when the body has been read: the work may wait for long.
  void release_body() { request_.release_body(); }
  bool client_gone() const { return responder_.client_gone(); }

  void answer(http::Response response);
  void answer_json(std::string body);
  using Headers = std::vector<std::pair<std::string_view, std::string>>;
  void fail(const std::exception_ptr& exception, Headers headers = {});

  // Server-sent events.
  bool begin_events();
  bool event(std::string_view data);
  // `status` is counted; the client got 200 when the events began.
  void end_events(int status = 200);

 private:
  void add_digest(http::Response& response) const;
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

}  // namespace candor
