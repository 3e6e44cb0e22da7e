// SPDX-License-Identifier: Apache-2.0
#include "core/http/loop.h"

#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <vector>

#include "core/base/log.h"
#include "core/http/connection.h"

namespace candor::http {
namespace {

constexpr std::chrono::milliseconds kSweep{50};
constexpr std::chrono::milliseconds kAfterException{10};  // memory may be there again by then

}  // namespace

void run_through(boost::asio::io_context& io, const std::function<void()>& arm) {
  while (!io.stopped()) {
    try {
      arm();
      io.run();
    } catch (...) {
      log().error("a thread of the HTTP server failed for a moment and goes on");
      std::this_thread::sleep_for(kAfterException);
    }
  }
}

Loop::Loop(Shared& shared)
    : shared_(shared), work_(boost::asio::make_work_guard(io_)), timer_(io_) {
  renew_date();
}

Loop::~Loop() { stop(); }

void Loop::start() {
  thread_ = std::thread([this] { run_through(io_, [this] { sweep(); }); });
}

void Loop::stop() {
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
  connections_.clear();
}

void Loop::add(const std::shared_ptr<Connection>& connection) { connections_.insert(connection); }

void Loop::remove(const std::shared_ptr<Connection>& connection) { connections_.erase(connection); }

// A connection may remove itself on the way.
template <class Action>
void Loop::for_each_connection(Action action) {
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) action(*connection);
}

void Loop::drain() {
  boost::asio::post(io_, [this] {
    for_each_connection([](Connection& connection) { connection.begin_drain(); });
  });
}

void Loop::cut() {
  boost::asio::post(
      io_, [this] { for_each_connection([](Connection& connection) { connection.close(); }); });
}

// Deadlines are plain fields that one timer looks at: a timer per connection would be armed and
// cancelled several times a request.
void Loop::sweep() {
  renew_date();
  const auto now = std::chrono::steady_clock::now();
  for_each_connection([now](Connection& connection) { connection.sweep(now); });
  timer_.expires_after(kSweep);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) sweep();
  });
}

void Loop::renew_date() {
  const auto now = std::time(nullptr);
  if (now == date_second_) return;
  date_second_ = now;
  std::tm parts{};
  gmtime_r(&now, &parts);
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 64> text{};
  // Not strftime: its names follow the locale.
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  date_ = text.data();
}

}  // namespace candor::http
