// SPDX-License-Identifier: Apache-2.0
// `candor serve`: models opened on a device and handed to the Torch-free server.
#include <torch/torch.h>

#include <filesystem>
#include <utility>

#include <candor/error.h>
#include <candor/model.h>

#include "core/artifact/gate_record.h"
#include "core/base/log.h"
#include "core/serve/server.h"
#include "engine/predict/predictor.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

// MODEL or NAME=MODEL; a path that exists is a MODEL even if it has a '=' in it.
std::pair<std::string, std::string> name_and_path(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || std::filesystem::exists(word)) return {"", word};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

ServedModel open_served(const std::string& word, const ServeOptions& options, at::Device device) {
  const auto [name, path] = name_and_path(word);
  auto first = std::make_unique<Predictor>(path, device);
  if (options.require_gates) require_gates(first->model().metrics, first->model().name);
  ServedModel served;
  served.name = name.empty() ? first->model().name : name;
  log().info("model '{}': {} ({})", served.name, path, first->digest().substr(0, 12));
  for (int i = 1; i < options.replicas; ++i) served.replicas.push_back(first->replica());
  served.replicas.push_back(std::move(first));
  return served;
}

ServerOptions server_options(const ServeOptions& options) {
  ServerOptions server;
  server.host = options.host;
  server.port = options.port;
  server.max_batch = options.max_batch;
  server.max_delay = batch_delay(options.max_delay_ms);
  server.queue_rows = options.queue_rows;
  server.max_body = options.max_body;
  // Requests of many clients already keep the cores busy: one thread inside each model by default.
  const int threads = options.threads > 0 ? options.threads : 1;
  server.on_model_thread = [threads] { at::set_num_threads(threads); };
  server.on_ready = options.on_ready;
  server.stop_requested = options.stop_requested;
  return server;
}

}  // namespace

void serve_models(const ServeOptions& options) {
  if (options.models.empty()) {
    throw Error(ErrorKind::config, "no model given; candor serve MODEL [NAME=MODEL ...]");
  }
  const auto server = server_options(options);
  check_options(server);  // before the models, which may take long
  const auto device = select_device(options.device);
  std::vector<ServedModel> models;
  for (const auto& word : options.models) {
    models.push_back(open_served(word, options, device));
  }
  serve(std::move(models), server);
}

}  // namespace candor
