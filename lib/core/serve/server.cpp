// SPDX-License-Identifier: Apache-2.0
#include "core/serve/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/http/server.h"
#include "core/serve/model_table.h"
#include "core/serve/service.h"

namespace candor {
namespace {

constexpr std::chrono::milliseconds kPoll{50};

http::Options http_options(const ServerOptions& options) {
  http::Options http;
  http.host = options.host;
  http.port = options.port;
  http.threads = options.http_threads;
  http.max_body = static_cast<std::uint64_t>(options.max_body);
  http.max_connections = static_cast<std::size_t>(options.max_connections);
  http.header_timeout = options.header_timeout;
  http.body_timeout = options.body_timeout;
  http.idle_timeout = options.idle_timeout;
  http.write_timeout = options.write_timeout;
  return http;
}

void check(const ServerOptions& options) {
  const auto positive = [](std::int64_t value, const char* name) {
    if (value >= 1) return;
    throw Error(ErrorKind::config,
                std::string(name) + " must be at least 1, found " + std::to_string(value));
  };
  positive(options.http_threads, "http_threads");
  positive(options.max_batch, "max_batch");
  positive(options.queue_rows, "queue_rows");
  positive(options.max_body, "max_body");
  positive(options.max_rows, "max_rows");
  positive(options.max_connections, "max_connections");
}

void start_batcher(Model& model, const ServerOptions& options) {
  BatcherOptions batching;
  batching.max_batch = options.max_batch;
  batching.max_delay = options.max_delay;
  batching.queue_rows = options.queue_rows;
  batching.max_wait = options.queue_timeout;
  batching.on_thread = options.on_model_thread;
  std::vector<Servable*> replicas;
  for (const auto& replica : model.replicas) replicas.push_back(replica.get());
  model.batcher =
      std::make_unique<Batcher>(std::move(replicas), std::move(batching), model.telemetry);
}

// Ends what answers requests while the server still stands: answers on their way hold its
// connections.
class Workers {
 public:
  Workers(Service& service, const ModelTable& models) : service_(service), models_(models) {}
  ~Workers() {
    service_.stop();
    for (const auto& model : models_.all()) model->batcher.reset();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  Service& service_;
  const ModelTable& models_;
};

}  // namespace

// Threads: the caller's polls; http::Server has its own; two workers read what is large; each model
// has one per replica. They end in the order in which requests flow.
void serve(std::vector<ServedModel> served, const ServerOptions& options) {
  check(options);
  ModelTable models(std::move(served));
  Service service(models, options);
  http::Server server(http_options(options), service);
  service.set_server(server);
  const Workers workers(service, models);
  for (const auto& model : models.all()) start_batcher(*model, options);
  server.start();
  log().info("listening on {} port {}", options.host, server.port());
  if (options.on_ready) options.on_ready(server.port());
  while (!options.stop_requested || !options.stop_requested()) std::this_thread::sleep_for(kPoll);

  log().info("stopping: no new connections, {} open", server.connections());
  if (!server.drain(options.drain_timeout)) log().warn("stopped before every request was answered");
}

}  // namespace candor
