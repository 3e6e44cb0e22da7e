// SPDX-License-Identifier: Apache-2.0
// An asynchronous HTTP/1.1 server: bounded, with a timeout for each phase of a connection, that
// knows nothing of models. Boost stays behind it.
//
// Threads: `Options::threads` threads each own one event loop and the connections given to it. A
// handler is called on such a thread and must not block; a Responder may be completed on any
// thread. A connection's requests are handled one at a time, and so answered in order.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/message.h"

namespace candor::http {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  int threads = 1;
  std::size_t max_head = 8192;            // bytes of request line and headers; beyond it 431
  std::uint64_t max_body = 16u << 20;     // bytes; beyond it 413
  std::uint64_t max_bodies = 256u << 20;  // bytes of all bodies held at a time; beyond it 503
  std::size_t max_connections = 4096;     // one more is answered 503 and closed
  // Bytes that a slow reader may leave unread; then it is cut off.
  std::size_t max_pending_stream = 64 << 10;
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte to the end of the head
  std::chrono::milliseconds body_timeout{30'000};    // from there to the end of the body
  std::chrono::milliseconds idle_timeout{75'000};    // between requests
  std::chrono::milliseconds write_timeout{30'000};   // for one answer, or one piece of a stream
};

// What a connection does for the request it works on. Implemented by the connection.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void send(Response response) = 0;
  virtual bool begin_stream(Response head) = 0;
  virtual bool write_chunk(std::string_view bytes) = 0;
  virtual void end_stream() = 0;
  virtual void abandon() = 0;
  virtual bool gone() const = 0;
};

// The right to answer one request, exactly once, from any thread: either send(), or begin_stream(),
// any number of write_chunk() and end(). Dropped unused, it answers with the handler's
// failure(500); dropped inside a stream, it cuts the connection, so that the client sees that the
// stream is not whole.
class Responder {
 public:
  Responder() = default;
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  void send(Response response);
  // `head.body` is ignored. False when the client is gone.
  bool begin_stream(Response head);
  // Never waits. False when the client is gone or reads too slowly; nothing more will reach it.
  bool write_chunk(std::string_view bytes);
  void end();
  // The connection broke or was cut; a later answer reaches nobody. A client that only says that it
  // sends nothing more is not gone.
  bool client_gone() const { return !exchange_ || exchange_->gone(); }
  // Nothing was answered yet, or a stream has not ended.
  bool open() const { return exchange_ != nullptr; }

 private:
  void drop() noexcept;
  std::shared_ptr<Exchange> exchange_;
  bool streaming_ = false;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Called on an event loop; must not block. An exception is answered with failure(500).
  virtual void handle(Request request, Responder responder) = 0;
  // The answer for what never became a request (bad framing, timeouts, limits), or for one that
  // handle() left without an answer. Called on an event loop. `target` is empty where it could not
  // be read.
  virtual Response failure(int status, std::string_view target, std::string_view message) = 0;
};

// Listens from construction on, serves from start() on.
class Server {
 public:
  // Bound to a loopback address, it answers 403 to a Host that does not name this machine, so that
  // no web page reads it through DNS rebinding. Throws Error{config} for a host that is no address
  // or a port that cannot be had.
  Server(const Options& options, Handler& handler);
  // Stops at once whatever still runs. Responders must be gone by then.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080", "http://[::1]:8080"
  void start();
  bool draining() const;
  std::size_t connections() const;

  // Stops accepting, answers what is under way with `Connection: close` and what has come in part
  // with 408 unless its rest comes soon, closes idle connections, and waits until none is left, at
  // most `timeout`; then cuts the rest. True when nothing was cut.
  bool drain(std::chrono::milliseconds timeout);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace candor::http
