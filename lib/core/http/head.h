// SPDX-License-Identifier: Apache-2.0
// The framing guard: the head of an HTTP/1.1 request, read strictly, before any other parser sees
// it. What two parsers could read differently is refused: no request can hide inside another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace candor::http {

inline constexpr std::size_t kMaxHeaders = 64;
inline constexpr std::size_t kMaxTargetBytes = 2048;

// Why a head is refused: the status to answer before the connection closes, and one line of text
// without anything that the client sent.
struct HeadFault {
  int status = 400;
  std::string message;
};

// The head of one request. Keeps its text; the answers are views into it and live as long.
class RequestHead {
 public:
  std::string_view method() const { return view(method_); }
  // Path and query as sent: begins with '/', printable ASCII, at most kMaxTargetBytes.
  std::string_view target() const { return view(target_); }
  // Value of the first header of this lower-case name, without outer blanks; empty where absent.
  std::string_view header(std::string_view lower_name) const;

  bool http_1_0() const { return http_1_0_; }
  bool keep_alive() const { return keep_alive_; }
  bool chunked() const { return chunked_; }
  bool expects_continue() const { return expects_continue_; }
  // Absent when there is no such header.
  const std::optional<std::uint64_t>& content_length() const { return content_length_; }

 private:
  friend class HeadReader;
  struct Span {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };
  struct Header {
    Span name, value;
  };
  std::string_view view(Span span) const { return {text_.data() + span.at, span.size}; }

  std::string text_;
  Span method_, target_;
  std::array<Header, kMaxHeaders> headers_;
  std::size_t count_ = 0;
  bool http_1_0_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool expects_continue_ = false;
  std::optional<std::uint64_t> content_length_;
};

// Reads a whole head, from the request line to the empty line, at most 65,535 bytes.
std::variant<RequestHead, HeadFault> read_head(std::string_view text);

// Whether a Host value is localhost, 127.x.x.x or [::1], with or without a port.
bool names_this_machine(std::string_view host);

// Looks for the end of a head in bytes that arrive piece by piece, looking at each byte once.
class HeadScanner {
 public:
  explicit HeadScanner(std::size_t limit) : limit_(limit) {}
  struct Result {
    std::size_t size = 0;  // bytes of the head; 0: not complete yet
    std::optional<HeadFault> fault;
  };
  // `text` is everything since the head's first byte.
  Result scan(std::string_view text);
  void reset() { seen_ = line_ = lines_ = 0; }

 private:
  HeadFault too_long() const;
  std::size_t limit_;
  std::size_t seen_ = 0;   // bytes already looked at
  std::size_t line_ = 0;   // where the current line begins
  std::size_t lines_ = 0;  // complete lines
};

}  // namespace candor::http
