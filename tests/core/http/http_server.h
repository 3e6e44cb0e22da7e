// SPDX-License-Identifier: Apache-2.0
// A server with a handler that a test can steer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/http/server.h"

namespace candor::test {

// Echoes method, target and body; /later keeps its Responder until the test takes it; /throw
// throws, /throw-int something that is no exception; /drop forgets to answer; /stream sends two
// chunks.
class EchoHandler final : public http::Handler {
 public:
  void handle(http::Request request, http::Responder responder) override {
    ++requests;
    const std::string target(request.head.target());
    if (target == "/throw") throw std::runtime_error("a fault of the handler");
    if (target == "/throw-int") throw 4711;
    if (target == "/drop") return;
    if (target == "/stream") return stream(std::move(responder));
    if (target == "/later") return keep(std::move(responder));
    responder.send({200,
                    "text/plain",
                    std::string(request.head.method()) + " " + target + " " + request.body,
                    {}});
  }

  http::Response failure(int status, std::string_view target, std::string_view message) override {
    if (out_of_memory) throw std::bad_alloc();
    ++failures;
    return {status, "text/plain", std::string(message), {{"X-Failed-Target", std::string(target)}}};
  }

  // Waits for the next /later request.
  http::Responder take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !kept_.empty(); });
    auto responder = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return responder;
  }

  std::atomic<int> requests{0};
  std::atomic<int> failures{0};
  std::atomic<bool> out_of_memory{false};  // failure() throws

 private:
  static void stream(http::Responder responder) {
    responder.begin_stream({200, "text/event-stream", "", {}});
    responder.write_chunk("one ");
    responder.write_chunk("two");
    responder.end();
  }
  void keep(http::Responder responder) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(responder));
    arrived_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<http::Responder> kept_;
};

struct HttpServer {
  explicit HttpServer(const http::Options& options = {}) : server(options, handler) {
    server.start();
  }
  EchoHandler handler;
  http::Server server;
  std::uint16_t port() const { return server.port(); }
};

}  // namespace candor::test
