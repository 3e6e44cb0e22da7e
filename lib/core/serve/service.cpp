// SPDX-License-Identifier: Apache-2.0
#include "core/serve/service.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <candor/error.h>

#include "core/serve/json_write.h"

namespace candor {
namespace {

constexpr std::size_t kHeavyBody = 64 << 10;  // bytes: about a millisecond of parsing
constexpr int kWorkers = 2;

// By the path alone, so that what is no route and what never became a request have a shape too.
Protocol protocol_of(std::string_view path) {
  if (path.starts_with("/v1/models/")) return Protocol::tfserving;
  return path.starts_with("/v1/") ? Protocol::openai : Protocol::kserve;
}

Route route_of(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::infer: return Route::infer;
    case Endpoint::predict: return Route::predict;
    case Endpoint::completions: return Route::completions;
    case Endpoint::live:
    case Endpoint::ready:
    case Endpoint::kserve_ready: return Route::health;
    case Endpoint::metrics: return Route::metrics;
    default: return Route::metadata;
  }
}

std::exception_ptr refusal(Refusal::Reason reason, const std::string& what) {
  return std::make_exception_ptr(Refusal(reason, what));
}

}  // namespace

Service::Service(ModelTable& models, const ServerOptions& options)
    : models_(models),
      limits_{options.max_rows, options.max_prompts, std::time(nullptr)},
      workers_(kWorkers, static_cast<std::size_t>(8 * options.max_body)) {}

void Service::handle(http::Request request, http::Responder responder) {
  const auto path = decode_path(request.head.target());
  const auto protocol = protocol_of(path ? *path : request.head.target());
  const auto to = path ? find_route(*path) : std::nullopt;
  const auto endpoint = to ? to->endpoint : Endpoint::live;
  Call call(std::move(request), std::move(responder), protocol,
            to ? route_of(endpoint) : Route::other, without_model_);
  if (!to) {
    return call.fail(
        refusal(Refusal::Reason::no_route,
                "no such route; there are /v1/models, /v1/completions, /v2 and /metrics"));
  }
  dispatch(std::move(call), *to);
}

void Service::dispatch(Call call, const Destination& to) {
  Model* model = nullptr;
  try {
    if (!to.model.empty()) {
      model = &models_.find(to.model, to.version);
      call.set_model(*model);
    }
  } catch (...) {
    return call.fail(std::current_exception());
  }
  const auto method = call.request().head.method();
  const bool post = takes_post(to.endpoint);
  if (post ? method != "POST" : method != "GET" && method != "HEAD") {
    return refuse_method(std::move(call), post);
  }
  if (is_heavy(call, model)) return run_heavy(std::move(call), to.endpoint, model);
  run(call, to.endpoint, model);
}

void Service::refuse_method(Call call, bool post) {
  const std::string allowed = post ? "POST" : "GET, HEAD";
  call.fail(refusal(Refusal::Reason::method, "this route takes " + allowed + " only"),
            {{"Allow", allowed}});
}

// Decoding images and parsing large bodies would keep the event loop from its other connections.
bool Service::is_heavy(const Call& call, const Model* model) const {
  const auto size = call.request().body.size();
  if (size >= kHeavyBody) return true;
  return model != nullptr && size > 0 && model->signature.inputs.front().kind == InputKind::image;
}

void Service::run_heavy(Call call, Endpoint endpoint, Model* model) {
  const auto size = call.request().body.size();
  const auto shared = std::make_shared<Call>(std::move(call));
  const bool taken = workers_.submit(size, [this, shared, endpoint, model] {
    if (!shared->client_gone()) run(*shared, endpoint, model);
  });
  if (!taken)
    shared->fail(refusal(Refusal::Reason::queue_full, "the server is busy; try again later"));
}

void Service::run(Call& call, Endpoint endpoint, Model* model) noexcept {
  try {
    act(call, endpoint, model);
  } catch (...) {
    try {
      call.fail(std::current_exception());
    } catch (...) {
      // Out of memory: the Responder, dropped, answers 500.
    }
  }
}

void Service::act(Call& call, Endpoint endpoint, Model* model) {
  switch (endpoint) {
    case Endpoint::server_metadata: return call.answer_json(kserve_server_metadata());
    case Endpoint::live: return call.answer_json("{\"live\":true}");
    case Endpoint::ready:
    case Endpoint::kserve_ready: return answer_ready(call, model);
    case Endpoint::kserve_model: return call.answer_json(kserve_model_metadata(*model));
    case Endpoint::infer: return kserve_infer(call, *model, limits_);
    case Endpoint::model_list: return call.answer_json(openai_models(models_, limits_));
    case Endpoint::tfserving_status: return call.answer_json(tfserving_status(*model, limits_));
    case Endpoint::tfserving_metadata: return call.answer_json(tfserving_metadata(*model));
    case Endpoint::predict: return tfserving_predict(call, *model, limits_);
    case Endpoint::completions: return openai_completions(call, models_, limits_);
    case Endpoint::metrics:
      return call.answer({200, "text/plain; version=0.0.4; charset=utf-8", metrics(), {}});
  }
}

void Service::answer_ready(Call& call, const Model* model) const {
  const auto* server = server_.load();
  const bool ready = server == nullptr || !server->draining();
  const auto name = model == nullptr ? std::string() : "\"name\":" + json_string(model->name) + ",";
  call.answer(json_response(ready ? 200 : 503,
                            "{" + name + "\"ready\":" + (ready ? "true" : "false") + "}"));
}

std::string Service::metrics() const {
  std::vector<NamedTelemetry> all{{"", &without_model_, false}};
  for (const auto& model : models_.all()) all.push_back({model->name, &model->telemetry});
  const auto* server = server_.load();
  return metrics_text(all, server == nullptr ? 0 : server->connections());
}

http::Response Service::failure(int status, std::string_view target, std::string_view message) {
  without_model_.request(Route::other, status, std::nullopt);
  const bool retry = status == 503;
  const std::string_view code = status == 500 ? "internal_error" : "";
  return error_response(protocol_of(target), {status, std::string(message), code, retry});
}

}  // namespace candor
