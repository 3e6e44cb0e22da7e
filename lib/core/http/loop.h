// SPDX-License-Identifier: Apache-2.0
// One event loop: a thread, its connections, and the clock that ends what takes too long.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "core/http/server.h"

namespace candor::http {

class Connection;

// What all loops of a server share.
struct Shared {
  Options options;
  Handler& handler;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> connections{0};
};

class Loop {
 public:
  explicit Loop(Shared& shared);
  ~Loop();

  void start();
  void stop();
  void drain();  // from any thread
  void cut();    // closes every connection; from any thread

  boost::asio::io_context& io() { return io_; }
  Shared& shared() { return shared_; }
  // The value of a Date header, renewed by the sweep.
  const std::string& date() const { return date_; }

  // On this loop's thread.
  void add(const std::shared_ptr<Connection>& connection);
  void remove(const std::shared_ptr<Connection>& connection);

 private:
  void sweep();
  void renew_date();
  template <class Action>
  void for_each_connection(Action action);

  Shared& shared_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::string date_;
  std::time_t date_second_ = 0;
  std::thread thread_;
};

}  // namespace candor::http
