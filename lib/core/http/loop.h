// SPDX-License-Identifier: Apache-2.0
// One event loop: a thread, its connections, and the clock that ends what takes too long.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "core/http/server.h"

namespace candor::http {

class Connection;

// What all loops of a server share.
struct Shared {
  Shared(const Options& given, Handler& answers)
      : options(given),
        handler(answers),
        bodies(std::make_shared<BodyBudget>(std::max(given.max_body, given.max_bodies))) {}

  const Options options;
  Handler& handler;
  bool local_only = false;  // bound to a loopback address; set before the loops start
  const std::shared_ptr<BodyBudget> bodies;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> connections{0};
};

// Runs `io` until it is stopped or has nothing left to do, whatever its handlers throw (out of
// memory, most likely). `arm` starts what keeps it going, and is called again after an exception,
// which may have cost just that.
void run_through(boost::asio::io_context& io, const std::function<void()>& arm);

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
