// SPDX-License-Identifier: Apache-2.0
#include "core/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/base/log.h"

namespace candor::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Bytes of later requests, or of a body between two parses.
constexpr std::size_t kReadAhead = 64 << 10;
constexpr std::size_t kFirstRead = 4096;  // all that an idle connection holds
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr milliseconds kLinger{1000};
// While draining: for the first byte of a request, and for the rest of its head or its body.
constexpr milliseconds kDrainGrace{500};
constexpr milliseconds kDrainRead{2000};

}  // namespace

template <class Action>
void Connection::guarded(Action action) noexcept {
  try {
    action();
  } catch (...) {
    log().error("a connection failed and was closed");
    close();
  }
}

template <class Action>
auto Connection::bound(Action action) {
  return [self = shared_from_this(), action = std::move(action)](auto... result) mutable {
    self->guarded([&] { action(result...); });
  };
}

Connection::Connection(asio::ip::tcp::socket socket, Loop& loop)
    : socket_(std::move(socket)),
      loop_(loop),
      options_(loop.shared().options),
      buffer_(kReadAhead),
      scanner_(options_.max_head),
      parser_(options_.max_head, options_.max_body),
      body_share_(loop.shared().bodies) {
  loop_.shared().connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() { loop_.shared().connections.fetch_sub(1, std::memory_order_relaxed); }

void Connection::start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  enter(Phase::idle, options_.header_timeout);
  // Accepted just before.
  if (loop_.shared().draining.load(std::memory_order_relaxed)) begin_drain();
  guarded([this] { read(); });
}

void Connection::enter(Phase phase, milliseconds limit) {
  phase_ = phase;
  deadline_ = Clock::now() + limit;
}

// Head or body: what a client sends.
void Connection::enter_reading(Phase phase, milliseconds limit) {
  const bool draining = loop_.shared().draining.load(std::memory_order_relaxed);
  enter(phase, draining ? std::min(limit, kDrainRead) : limit);
}

void Connection::enter_without_limit(Phase phase) {
  phase_ = phase;
  deadline_.reset();
}

void Connection::sweep(Clock::time_point now) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  if (continuing_) return close();
  guarded([this] {
    if (phase_ == Phase::head) return fail(408, "the request's headers took too long to come");
    if (phase_ == Phase::body) return fail(408, "the request's body took too long to come");
    close();
  });
}

// A request may be on its way on an idle connection: it gets a moment, and then its answer. One
// that has come in part gets some more, and then its 408.
void Connection::begin_drain() {
  const bool reading = phase_ == Phase::head || phase_ == Phase::body;
  if (phase_ != Phase::idle && !reading) return;
  const auto soon = Clock::now() + (reading ? kDrainRead : kDrainGrace);
  deadline_ = deadline_ ? std::min(*deadline_, soon) : soon;
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  enter_without_limit(Phase::closed);
  gone_.store(true, std::memory_order_relaxed);
  ErrorCode ignored;
  socket_.close(ignored);
  loop_.remove(shared_from_this());
}

// One read is always out while there is room, so that a client that goes is noticed at once.
void Connection::read() {
  if (reading_ || input_ended_ || phase_ == Phase::closed) return;
  if (phase_ == Phase::lingering) buffer_.clear();
  const auto room = kReadAhead - std::min(kReadAhead, buffer_.size());
  if (room == 0) return;
  reading_ = true;
  const bool much = phase_ == Phase::body || phase_ == Phase::lingering;
  if (!much && incoming_.capacity() > kFirstRead) std::vector<char>().swap(incoming_);
  incoming_.resize(std::min(room, much ? kReadAhead : kFirstRead));
  socket_.async_read_some(
      asio::buffer(incoming_),
      bound([this](ErrorCode error, std::size_t count) { on_read(error, count); }));
}

void Connection::on_read(ErrorCode error, std::size_t count) {
  reading_ = false;
  if (phase_ == Phase::closed) return;
  asio::buffer_copy(buffer_.prepare(count), asio::buffer(incoming_, count));
  buffer_.commit(count);
  if (error == asio::error::eof) return on_end_of_input();
  if (error) return close();
  advance();
  read();
}

// The client has nothing more to send: either it waits for its answer, or it is gone.
void Connection::on_end_of_input() {
  input_ended_ = true;
  if (!answering()) return close();
  socket_.async_wait(asio::ip::tcp::socket::wait_error, bound([this](ErrorCode error) {
                       if (error != asio::error::operation_aborted) close();
                     }));
  if (phase_ == Phase::handling && !http_1_0_) probe();
}

// Only the system of a client that is gone answers this, with a reset; any other client skips
// "100 Continue" on the way to its answer (RFC 9110, section 15.2). So a model need not work for
// nobody. The socket's buffer is empty here: the write neither waits nor falls apart.
void Connection::probe() {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  socket_.write_some(asio::buffer(kContinue.data(), kContinue.size()), ignored);
}

void Connection::advance() {
  if (phase_ == Phase::idle && buffer_.size() > 0) {
    enter_reading(Phase::head, options_.header_timeout);
  }
  if (phase_ == Phase::head && !advance_head()) return;
  if (phase_ == Phase::body && !continuing_ && advance_body()) hand_over();
}

bool Connection::advance_head() {
  const auto found = scanner_.scan(unread());
  if (found.fault) return fail(found.fault->status, found.fault->message), false;
  if (found.size == 0) return false;
  auto read = read_head(unread().substr(0, found.size));
  if (const auto* fault = std::get_if<HeadFault>(&read)) {
    return fail(fault->status, fault->message), false;
  }
  head_ = std::get<RequestHead>(std::move(read));
  target_ = head_.target();
  head_only_ = head_.method() == "HEAD";
  http_1_0_ = head_.http_1_0();
  keep_alive_ = head_.keep_alive();
  enter_reading(Phase::body, options_.body_timeout);
  if (!host_is_welcome()) return false;
  if (!body_is_welcome()) return false;
  if (head_.expects_continue() && buffer_.size() == found.size) write_continue();
  return true;
}

// A web page whose name its owner lets point to this machine ("DNS rebinding") may send and read
// here what it likes, but its Host is its own name. HTTP/1.0, which no browser sends, needs none.
bool Connection::host_is_welcome() {
  const auto host = head_.header("host");
  if (!loop_.shared().local_only || host.empty() || names_this_machine(host)) return true;
  fail(403,
       "this server is for this machine only, so Host must be localhost, 127.x.x.x or [::1]; to "
       "serve other names, bind another address with --host, behind a proxy that checks");
  return false;
}

bool Connection::body_is_welcome() {
  const auto encoding = head_.header("content-encoding");
  if (!encoding.empty() && encoding != "identity") {
    return fail(415, "a compressed body is not taken; send it as it is"), false;
  }
  if (head_.content_length().value_or(0) <= options_.max_body) return true;
  return refuse_size(), false;
}

void Connection::refuse_size() {
  fail(413, "the request's body is longer than the " + std::to_string(options_.max_body) +
                " bytes that this server takes; send smaller requests");
}

void Connection::write_continue() {
  continuing_ = true;
  asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                    bound([this](ErrorCode error, std::size_t) {
                      continuing_ = false;
                      if (error) return close();
                      advance();
                      read();  // none is out when as much was read ahead as may be
                    }));
}

// True when the body is whole.
bool Connection::advance_body() {
  const auto step = parser_.feed(unread());
  buffer_.consume(step.used);
  if (!body_share_.grow_to(parser_.body_size())) {
    return fail(503, "the server holds as many requests as it has memory for; try again later"),
           false;
  }
  switch (step.state) {
    case MessageParser::State::done: return true;
    case MessageParser::State::more: return false;
    case MessageParser::State::too_large: return refuse_size(), false;
    case MessageParser::State::bad: return fail(400, "the request's framing is broken"), false;
  }
  return false;
}

void Connection::hand_over() {
  enter_without_limit(Phase::handling);
  Request request{std::move(head_), parser_.take_body(),
                  std::exchange(body_share_, BodyShare(loop_.shared().bodies)), Clock::now()};
  Responder responder(shared_from_this());
  try {
    loop_.shared().handler.handle(std::move(request), std::move(responder));
  } catch (...) {
    // The Responder, dropped on the way, has answered.
    log().error("a request failed in its handler");
  }
}

void Connection::fail(int status, std::string_view message) {
  keep_alive_ = false;
  free_body();
  respond(loop_.shared().handler.failure(status, target_, message));
}

void Connection::free_body() {
  parser_.take_body();
  body_share_.release();
}

void Connection::send(Response response) {
  asio::dispatch(loop_.io(), bound([this, answer = std::move(response)]() mutable {
                   if (phase_ == Phase::streaming) return close();
                   if (phase_ == Phase::handling) respond(std::move(answer));
                 }));
}

void Connection::abandon() {
  asio::dispatch(loop_.io(), bound([this] {
                   if (phase_ == Phase::streaming) return close();
                   if (phase_ != Phase::handling) return;
                   respond(loop_.shared().handler.failure(500, target_, "internal error"));
                 }));
}

// Before an answer's head, which tells the client.
void Connection::decide_keep_alive() {
  const bool draining = loop_.shared().draining.load(std::memory_order_relaxed);
  if (draining || (input_ended_ && buffer_.size() == 0)) keep_alive_ = false;
}

void Connection::respond(Response response) {
  const auto length = response.body.size();
  out_body_ = head_only_ ? std::string() : std::move(response.body);
  decide_keep_alive();
  out_head_ = head_text(response, "Content-Length: ", length);
  enter(Phase::writing, options_.write_timeout);
  write_out();
}

std::string Connection::head_text(const Response& response, const char* framing,
                                  std::size_t length) const {
  std::string text;
  text.reserve(384);
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_phrase(response.status)).append("\r\nDate: ").append(loop_.date());
  text.append("\r\nContent-Type: ").append(response.content_type).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text.append("X-Content-Type-Options: nosniff\r\n").append(framing);
  if (framing[0] == 'C') text.append(std::to_string(length)).append("\r\n");
  text.append(keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  return text;
}

void Connection::write_out() {
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(socket_, buffers,
                    bound([this](ErrorCode error, std::size_t) { on_written(error); }));
}

void Connection::on_written(ErrorCode error) {
  if (phase_ == Phase::closed) return;
  if (error) return close();
  if (!keep_alive_) return linger();
  next_request();
}

void Connection::next_request() {
  std::string().swap(out_body_);
  target_.clear();
  head_only_ = false;
  http_1_0_ = false;
  scanner_.reset();
  parser_.reset();
  enter(Phase::idle, options_.idle_timeout);
  if (loop_.shared().draining.load(std::memory_order_relaxed)) begin_drain();
  if (buffer_.size() == 0 && buffer_.capacity() > 2 * kFirstRead) buffer_.shrink_to_fit();
  advance();
  if (input_ended_ && !answering()) return close();  // what is not whole never will be
  read();
}

void Connection::linger() {
  if (input_ended_) return close();
  ErrorCode error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) return close();
  enter(Phase::lingering, kLinger);
  gone_.store(true, std::memory_order_relaxed);
  read();
}

bool Connection::begin_stream(Response head) {
  if (gone()) return false;
  {
    const std::lock_guard lock(stream_mutex_);
    stream_open_ = true;
    stream_ended_ = false;
    flush_posted_ = true;  // until the head is written
    pending_.clear();
  }
  asio::dispatch(loop_.io(), bound([this, answer = std::move(head)]() mutable {
                   if (phase_ == Phase::handling) start_stream(std::move(answer));
                 }));
  return true;
}

void Connection::start_stream(Response head) {
  decide_keep_alive();
  chunked_ = !http_1_0_;
  if (!chunked_) keep_alive_ = false;
  out_head_ = head_text(head, chunked_ ? "Transfer-Encoding: chunked\r\n" : "", 0);
  out_body_.clear();
  enter(Phase::streaming, options_.write_timeout);
  asio::async_write(socket_, asio::buffer(out_head_),
                    bound([this](ErrorCode error, std::size_t) { on_flushed(error); }));
}

bool Connection::write_chunk(std::string_view bytes) {
  if (gone() || bytes.empty()) return !gone();
  bool post = false;
  bool slow = false;
  {
    const std::lock_guard lock(stream_mutex_);
    if (!stream_open_) return false;
    slow = pending_.size() + bytes.size() > options_.max_pending_stream;
    if (!slow) {
      pending_.append(bytes);
      post = !std::exchange(flush_posted_, true);
    }
  }
  if (slow) {
    gone_.store(true, std::memory_order_relaxed);
    asio::post(loop_.io(), bound([this] { close(); }));
    return false;
  }
  if (post) asio::post(loop_.io(), bound([this] { flush(); }));
  return true;
}

void Connection::end_stream() {
  {
    const std::lock_guard lock(stream_mutex_);
    stream_ended_ = true;
    if (std::exchange(flush_posted_, true)) return;
  }
  asio::post(loop_.io(), bound([this] { flush(); }));
}

// Writes what is pending as one chunk, and after the last one the end. flush_posted_ is true from
// the first piece until nothing is pending, so that one flush at a time is under way.
void Connection::flush() {
  if (phase_ != Phase::streaming) return;
  bool ended = false;
  {
    const std::lock_guard lock(stream_mutex_);
    out_body_.clear();
    std::swap(out_body_, pending_);
    ended = stream_ended_;
    if (out_body_.empty() && !ended) {
      flush_posted_ = false;
      return enter_without_limit(Phase::streaming);
    }
    if (ended) stream_open_ = false;
  }
  out_head_.clear();
  if (chunked_ && !out_body_.empty()) {
    std::array<char, 20> size{};
    const auto count = std::snprintf(size.data(), size.size(), "%zx\r\n", out_body_.size());
    out_head_.assign(size.data(), static_cast<std::size_t>(count));
    out_body_ += "\r\n";
  }
  if (chunked_ && ended) out_body_ += "0\r\n\r\n";
  if (ended) {
    enter(Phase::writing, options_.write_timeout);
    return write_out();
  }
  enter(Phase::streaming, options_.write_timeout);
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(socket_, buffers,
                    bound([this](ErrorCode error, std::size_t) { on_flushed(error); }));
}

void Connection::on_flushed(ErrorCode error) {
  if (phase_ == Phase::closed) return;
  if (error) return close();
  flush();
}

}  // namespace candor::http
