// SPDX-License-Identifier: Apache-2.0
#include "core/serve/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

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
  http.max_bodies = static_cast<std::uint64_t>(options.max_bodies);
  http.max_connections = static_cast<std::size_t>(options.max_connections);
  http.header_timeout = options.header_timeout;
  http.body_timeout = options.body_timeout;
  http.idle_timeout = options.idle_timeout;
  http.write_timeout = options.write_timeout;
  return http;
}

// `name` as a user gives it, where it is an option of `candor serve`.
template <class Number>
void check_range(const char* name, Number found, Number least, Number most) {
  if (found >= least && found <= most) return;  // false for NaN too
  throw Error(ErrorKind::config,
              fmt::format("{} must be from {} to {}, found {}", name, least, most, found));
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

// Ends what answers requests while the server still stands: answers on their way hold connections.
class Workers {
 public:
  Workers(Service& service, const ModelTable& models) : service_(service), models_(models) {}
  ~Workers() {
    service_.stop();
    // Not destroyed: requests may still come in, and are refused.
    for (const auto& model : models_.all()) {
      if (model->batcher) model->batcher->stop();
    }
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  Service& service_;
  const ModelTable& models_;
};

}  // namespace

std::chrono::microseconds batch_delay(double milliseconds) {
  check_range("--max-delay-ms", milliseconds, 0.0, static_cast<double>(kMostDelay.count()));
  return std::chrono::microseconds(static_cast<std::int64_t>(milliseconds * 1000.0));
}

void check_options(const ServerOptions& options) {
  constexpr std::int64_t kMost = 1'000'000;
  batch_delay(std::chrono::duration<double, std::milli>(options.max_delay).count());
  check_range<std::int64_t>("http_threads", options.http_threads, 1, 256);
  check_range<std::int64_t>("--max-batch", options.max_batch, 1, 65'536);
  check_range<std::int64_t>("--queue-rows", options.queue_rows, 1, kMost);
  check_range<std::int64_t>("--max-body", options.max_body, 1, kMostBody);
  check_range<std::int64_t>("max_bodies", options.max_bodies, 1, 1024 * kMostBody);
  check_range<std::int64_t>("max_rows", options.max_rows, 1, kMost);
  check_range<std::int64_t>("max_prompts", options.max_prompts, 1, kMost);
  check_range<std::int64_t>("max_connections", options.max_connections, 1, kMost);
}

// Threads: the caller's polls; http::Server has one that accepts and its event loops; two workers
// read what is large; each model has one per replica. They end in the order in which requests flow.
void serve(std::vector<ServedModel> served, const ServerOptions& options) {
  check_options(options);
  ModelTable models(std::move(served));
  Service service(models, options);
  http::Server server(http_options(options), service);
  service.set_server(server);
  const Workers workers(service, models);
  for (const auto& model : models.all()) start_batcher(*model, options);
  server.start();
  log().info("listening on {}", server.url());
  if (options.on_ready) options.on_ready(server.port());
  while (!options.stop_requested || !options.stop_requested()) std::this_thread::sleep_for(kPoll);

  log().info("stopping: no new connections, {} open", server.connections());
  if (!server.drain(options.drain_timeout)) log().warn("stopped before every request was answered");
}

}  // namespace candor
