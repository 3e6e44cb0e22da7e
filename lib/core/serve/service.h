// SPDX-License-Identifier: Apache-2.0
// The requests' way from HTTP to the protocols.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "core/http/server.h"
#include "core/serve/call.h"
#include "core/serve/model_table.h"
#include "core/serve/protocols.h"
#include "core/serve/router.h"
#include "core/serve/worker_pool.h"

namespace candor {

class Service final : public http::Handler {
 public:
  Service(ModelTable& models, const ServerOptions& options);

  void handle(http::Request request, http::Responder responder) override;
  http::Response failure(int status, std::string_view target, std::string_view message) override;

  // For /v2/health/ready and /metrics; the server outlives the last request.
  void set_server(const http::Server& server) { server_ = &server; }
  void stop() { workers_.stop(); }

 private:
  void dispatch(Call call, const Destination& to);
  void refuse_method(Call call, bool post);
  void run_heavy(Call call, Endpoint endpoint, Model* model);
  void run(Call& call, Endpoint endpoint, Model* model) noexcept;
  void act(Call& call, Endpoint endpoint, Model* model);
  bool is_heavy(const Call& call, const Model* model) const;
  void answer_ready(Call& call, const Model* model) const;
  std::string metrics() const;

  ModelTable& models_;
  const ProtocolLimits limits_;
  ModelTelemetry without_model_;
  WorkerPool workers_;
  std::atomic<const http::Server*> server_{nullptr};
};

}  // namespace candor
