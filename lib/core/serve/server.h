// SPDX-License-Identifier: Apache-2.0
// The model server: Servables behind the KServe v2, TF Serving and OpenAI protocols, on core/http.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/schema/servable.h"

namespace candor {

struct ServedModel {
  std::string name;                                 // [A-Za-z0-9][A-Za-z0-9._-]{0,63}
  std::vector<std::unique_ptr<Servable>> replicas;  // one thread each, at least one
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one, see on_ready
  int http_threads = 1;
  std::int64_t max_batch = 64;  // rows
  std::chrono::microseconds max_delay{
      0};                         // wait for more rows once one is there; 0: take what is queued
  std::int64_t queue_rows = 256;  // per model; a full queue answers 503 with Retry-After
  std::int64_t max_body = 16ll << 20;     // bytes of one request, at most kMostBody
  std::int64_t max_bodies = 256ll << 20;  // of all requests until they are read; beyond it 503
  std::int64_t max_rows = 1024;           // rows of one request
  std::int64_t max_prompts = 8;           // and of a language model
  std::chrono::seconds header_timeout{10}, body_timeout{30}, idle_timeout{75}, write_timeout{30};
  std::chrono::seconds queue_timeout{
      30};  // work that waited longer for its model is refused unseen
  std::chrono::seconds drain_timeout{20};
  std::int64_t max_connections = 4096;
  // Called on every thread that runs a model, before its first batch (sets intra-op threads).
  std::function<void()> on_model_thread;
  // Called once, listening, with the real port.
  std::function<void(std::uint16_t port)> on_ready;
  // Polled; true starts the graceful stop.
  std::function<bool()> stop_requested;
};

inline constexpr std::int64_t kMostBody = 1ll << 30;            // bytes
inline constexpr std::chrono::milliseconds kMostDelay{10'000};  // a third of queue_timeout

// The value of --max-delay-ms. Throws Error{config} unless it is from 0 to kMostDelay.
std::chrono::microseconds batch_delay(double milliseconds);

// Throws Error{config} for a number out of its range, naming it, what was found and what is
// allowed. serve() calls it; a caller may before it loads models.
void check_options(const ServerOptions& options);

// Serves until stop_requested, then drains. Throws Error{config} for a bad name, duplicate name, a
// port in use, or options that check_options() refuses.
void serve(std::vector<ServedModel> models, const ServerOptions& options);

}  // namespace candor
