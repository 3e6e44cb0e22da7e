// SPDX-License-Identifier: Apache-2.0
// One connection: a state machine that reads ahead a little, handles one request at a time and
// writes. Everything runs on its loop's thread but for Exchange, which is called from any.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/http/loop.h"
#include "core/http/message_parser.h"
#include "core/http/server.h"

namespace candor::http {

class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  using ErrorCode = boost::system::error_code;

  Connection(boost::asio::ip::tcp::socket socket, Loop& loop);
  ~Connection() override;

  void start();
  void sweep(Clock::time_point now);  // ends a phase that is past its deadline
  void begin_drain();
  void close();

  void send(Response response) override;
  bool begin_stream(Response head) override;
  bool write_chunk(std::string_view bytes) override;
  void end_stream() override;
  void abandon() override;
  bool gone() const override { return gone_.load(std::memory_order_relaxed); }

 private:
  // idle: waits for a request's first byte. handling: a Responder is out. lingering: answered for
  // good, reads what the client still sends: closing at once might destroy the answer on its way.
  enum class Phase { idle, head, body, handling, writing, streaming, lingering, closed };

  // A completion handler that keeps the connection alive until it has run. An exception (out of
  // memory, most likely) costs this connection, not its loop.
  template <class Action>
  auto bound(Action action);
  template <class Action>
  void guarded(Action action) noexcept;

  void enter(Phase phase, std::chrono::milliseconds limit);
  void enter_reading(Phase phase, std::chrono::milliseconds limit);
  void enter_without_limit(Phase phase);
  bool answering() const {
    return phase_ == Phase::handling || phase_ == Phase::writing || phase_ == Phase::streaming;
  }

  void read();
  void on_read(ErrorCode error, std::size_t count);
  void on_end_of_input();
  void probe();
  void advance();
  bool advance_head();
  bool advance_body();
  bool host_is_welcome();
  bool body_is_welcome();
  void refuse_size();
  void write_continue();
  void hand_over();
  void fail(int status, std::string_view message);
  void free_body();

  void decide_keep_alive();
  void respond(Response response);
  std::string head_text(const Response& response, const char* framing, std::size_t length) const;
  void write_out();
  void on_written(ErrorCode error);
  void next_request();
  void linger();

  void start_stream(Response head);
  void flush();
  void on_flushed(ErrorCode error);

  std::string_view unread() const {
    const auto data = buffer_.data();
    return {static_cast<const char*>(data.data()), data.size()};
  }

  boost::asio::ip::tcp::socket socket_;
  Loop& loop_;
  const Options& options_;
  // Where the read that is out puts its bytes; nothing else touches it.
  std::vector<char> incoming_;
  boost::beast::flat_buffer buffer_;  // what has come and was not used yet
  HeadScanner scanner_;
  MessageParser parser_;
  BodyShare body_share_;
  RequestHead head_;
  std::string target_;  // of the request under way; empty until its head is read
  Phase phase_ = Phase::idle;
  std::optional<Clock::time_point> deadline_;
  bool reading_ = false;
  bool input_ended_ = false;
  bool continuing_ = false;  // "100 Continue" is being written
  bool keep_alive_ = true;   // after the request under way
  bool head_only_ = false;   // it is a HEAD request
  bool http_1_0_ = false;    // it came by that version
  bool chunked_ = false;     // its stream is sent in chunks
  std::string out_head_, out_body_;

  std::atomic<bool> gone_{false};
  std::mutex stream_mutex_;  // the following four
  std::string pending_;
  bool stream_ended_ = false;
  bool flush_posted_ = false;
  bool stream_open_ = false;
};

}  // namespace candor::http
