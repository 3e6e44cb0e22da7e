// SPDX-License-Identifier: Apache-2.0
#include "core/http/message_parser.h"

#include <algorithm>
#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>
#include <utility>

namespace candor::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

// Keeps the body only: method, target and headers are the guard's.
class BodyParser : public beast::http::basic_parser<true> {
 public:
  std::string body;

 private:
  // A declared length is memory only once the bytes are there.
  static constexpr std::uint64_t kReserve = 64u << 10;

  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, string_view, string_view, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) body.reserve(static_cast<std::size_t>(std::min(*length, kReserve)));
  }
  std::size_t on_body_impl(string_view part, error_code&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

class MessageParser::Parser : public BodyParser {};

MessageParser::MessageParser(std::size_t max_head, std::uint64_t max_body)
    : max_head_(max_head), max_body_(max_body) {
  reset();
}

MessageParser::~MessageParser() = default;

void MessageParser::reset() {
  parser_ = std::make_unique<Parser>();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(max_head_));
  parser_->body_limit(max_body_);
}

MessageParser::Step MessageParser::feed(std::string_view bytes) {
  Step step;
  while (!parser_->is_done()) {
    error_code error;
    const auto rest = bytes.substr(step.used);
    const auto used =
        rest.empty() ? 0 : parser_->put(boost::asio::buffer(rest.data(), rest.size()), error);
    step.used += used;
    if (error == beast::http::error::need_more || (!error && used == 0)) {
      // Chunk extensions and trailers wait for their line's end; nobody honest sends a long one.
      step.state = bytes.size() - step.used > max_head_ ? State::bad : State::more;
      return step;
    }
    if (error) {
      step.state = error == beast::http::error::body_limit ? State::too_large : State::bad;
      return step;
    }
  }
  step.state = State::done;
  return step;
}

std::size_t MessageParser::body_size() const { return parser_->body.size(); }

std::string MessageParser::take_body() { return std::move(parser_->body); }

}  // namespace candor::http
