// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/http/connection.h"
#include "core/http/loop.h"

namespace candor::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

// "localhost" without a resolver: nothing is looked up over the network.
asio::ip::address address_of(const std::string& host) {
  if (host == "localhost") return asio::ip::address_v4::loopback();
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    throw Error(ErrorKind::config, "--host '" + host +
                                       "' is not an IP address; give one, such as "
                                       "127.0.0.1 (this machine only) or 0.0.0.0 (every network)");
  }
  if (!is_loopback(address)) {
    log().warn(
        "the server listens on {}, beyond this machine, without keys or encryption: put a "
        "proxy with both before it, or use --host 127.0.0.1",
        host);
  }
  return address;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(const Options& options, Handler& handler)
      : shared_(options, handler), acceptor_(acceptor_io_), pause_(acceptor_io_) {
    for (int i = 0; i < std::max(1, options.threads); ++i) {
      loops_.push_back(std::make_unique<Loop>(shared_));
    }
    const auto address = address_of(options.host);
    shared_.local_only = is_loopback(address);
    listen(tcp::endpoint(address, options.port));
  }

  ~Implementation() {
    stop_accepting();
    for (auto& loop : loops_) loop->stop();
  }

  void start() {
    for (auto& loop : loops_) loop->start();
    acceptor_thread_ = std::thread([this] { run_through(acceptor_io_, [this] { accept(); }); });
  }

  bool drain(std::chrono::milliseconds timeout) {
    shared_.draining = true;
    stop_accepting();
    for (auto& loop : loops_) loop->drain();
    const auto end = std::chrono::steady_clock::now() + timeout;
    if (wait_until_empty(end)) return true;
    for (auto& loop : loops_) loop->cut();
    wait_until_empty(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    return false;
  }

  std::uint16_t port() const { return port_; }
  std::string url() const {
    const auto& host = shared_.options.host;
    const bool v6 = host.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port_);
  }
  Shared& shared() { return shared_; }

 private:
  void listen(const tcp::endpoint& endpoint) {
    const auto check = [&](ErrorCode error) {
      if (!error) return;
      throw Error(ErrorKind::config,
                  "cannot listen on " + endpoint.address().to_string() + " port " +
                      std::to_string(endpoint.port()) + ": " + error.message() +
                      "; stop what uses it, or choose another --port (0: any free one)");
    };
    ErrorCode error;
    check((acceptor_.open(endpoint.protocol(), error), error));
    check((acceptor_.set_option(asio::socket_base::reuse_address(true), error), error));
    check((acceptor_.bind(endpoint, error), error));
    check((acceptor_.listen(1024, error), error));
    port_ = acceptor_.local_endpoint().port();
  }

  // One accept is out at a time, until stop_accepting() has closed the acceptor: a connection that
  // was taken just before still calls back with success.
  void accept() {
    if (!acceptor_.is_open()) return;
    auto& loop = *loops_[next_++ % loops_.size()];
    acceptor_.async_accept(loop.io(), [this, &loop](ErrorCode error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      try_to_welcome(loop, std::move(socket));
      accept();
    });
  }

  void try_to_welcome(Loop& loop, tcp::socket socket) noexcept {
    try {
      welcome(loop, std::move(socket));
    } catch (...) {
      log().error("a new connection was closed: out of memory");
    }
  }

  // Out of descriptors, most likely: trying again at once would only burn the processor.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](ErrorCode error) {
      if (!error) accept();
    });
  }

  void welcome(Loop& loop, tcp::socket socket) {
    if (shared_.connections.load() >= shared_.options.max_connections) {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n";
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kFull.data(), kFull.size()), ignored);
      return;
    }
    auto connection = std::make_shared<Connection>(std::move(socket), loop);
    asio::post(loop.io(), [connection, &loop] {
      loop.add(connection);
      connection->start();
    });
  }

  void stop_accepting() {
    asio::post(acceptor_io_, [this] {
      ErrorCode ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    if (acceptor_thread_.joinable()) acceptor_thread_.join();
  }

  bool wait_until_empty(std::chrono::steady_clock::time_point end) {
    while (shared_.connections.load() > 0) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  Shared shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  // A thread of its own, so that a busy loop delays nobody's accept.
  asio::io_context acceptor_io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread acceptor_thread_;
  std::size_t next_ = 0;
  std::uint16_t port_ = 0;
};

Server::Server(const Options& options, Handler& handler)
    : implementation_(std::make_unique<Implementation>(options, handler)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return implementation_->port(); }
std::string Server::url() const { return implementation_->url(); }
void Server::start() { implementation_->start(); }
bool Server::draining() const { return implementation_->shared().draining; }
std::size_t Server::connections() const { return implementation_->shared().connections; }
bool Server::drain(std::chrono::milliseconds timeout) { return implementation_->drain(timeout); }

}  // namespace candor::http
