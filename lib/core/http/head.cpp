// SPDX-License-Identifier: Apache-2.0
#include "core/http/head.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/ascii.h"

namespace candor::http {
namespace {

// RFC 9110, section 5.6.2.
constexpr bool is_token(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return others.find(c) != std::string_view::npos;
}

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = 1; c < 128; ++c) table[static_cast<std::size_t>(c)] = is_token(static_cast<char>(c));
  return table;
}
constexpr auto kToken = token_table();

bool all_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return kToken[c]; });
}

// Visible characters, blanks and bytes above 0x7f; no controls.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

// host[:port]; one of them, so no comma and no blank.
bool is_host(std::string_view text) {
  constexpr std::string_view others = "-._~:[]%";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool same_word(std::string_view text, std::string_view lower_word) {
  return text.size() == lower_word.size() &&
         std::equal(text.begin(), text.end(), lower_word.begin(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether the comma-separated `list` has `lower_word`.
bool lists(std::string_view list, std::string_view lower_word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (same_word(trim(list.substr(0, comma)), lower_word)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

std::string_view RequestHead::header(std::string_view lower_name) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (same_word(view(headers_[i].name), lower_name)) return view(headers_[i].value);
  }
  return {};
}

// Reads one head into a RequestHead; every step gives the fault it finds.
class HeadReader {
 public:
  explicit HeadReader(std::string_view text) { head_.text_ = text; }

  std::variant<RequestHead, HeadFault> read() {
    if (head_.text_.size() > 0xffff) return HeadFault{431, "the request's headers are too long"};
    if (auto fault = request_line(next_line())) return *fault;
    for (auto line = next_line(); !line.empty(); line = next_line()) {
      if (auto fault = header_line(line)) return *fault;
    }
    if (at_ != head_.text_.size()) return HeadFault{400, "the request's head ends too early"};
    if (auto fault = framing()) return *fault;
    return std::move(head_);
  }

 private:
  using Fault = std::optional<HeadFault>;
  static Fault bad(const char* message) { return HeadFault{400, message}; }

  std::string_view next_line() {
    const std::string_view text = head_.text_;
    const auto end = std::min(text.find("\r\n", at_), text.size());
    const auto line = text.substr(at_, end - at_);
    at_ = std::min(end + 2, text.size());
    return line;
  }

  RequestHead::Span span(std::string_view part) const {
    return {static_cast<std::uint16_t>(part.data() - head_.text_.data()),
            static_cast<std::uint16_t>(part.size())};
  }

  Fault request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
      return bad("the request line is not METHOD TARGET VERSION");
    }
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    if (!all_token(method) || method.size() > 32) return bad("the request's method is not a word");
    head_.method_ = span(method);
    head_.target_ = span(target);
    if (auto fault = check_target(target)) return fault;
    return version(line.substr(last + 1));
  }

  static Fault check_target(std::string_view target) {
    if (target.size() > kMaxTargetBytes) {
      return HeadFault{414, "the request's target is longer than " +
                                std::to_string(kMaxTargetBytes) + " bytes; send a shorter one"};
    }
    // A server behind no proxy gets the origin form only; others would name a second host.
    if (target.empty() || target.front() != '/') {
      return bad("the request's target must begin with '/'");
    }
    const bool clean = std::all_of(target.begin(), target.end(), [](unsigned char c) {
      return c > 0x20 && c < 0x7f && c != '#' && c != '\\';
    });
    return clean ? Fault{} : bad("the request's target has a character that is not allowed");
  }

  Fault version(std::string_view text) {
    if (text == "HTTP/1.1") return {};
    if (text == "HTTP/1.0") {
      head_.http_1_0_ = true;
      head_.keep_alive_ = false;
      return {};
    }
    if (text.size() == 8 && text.substr(0, 5) == "HTTP/" && text[6] == '.') {
      return HeadFault{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    }
    return bad("the request line does not end with an HTTP version");
  }

  Fault header_line(std::string_view line) {
    if (head_.count_ == kMaxHeaders) {
      return HeadFault{
          431, "the request has more than " + std::to_string(kMaxHeaders) + " headers; send fewer"};
    }
    if (line.front() == ' ' || line.front() == '\t')
      return bad("a header is folded over two lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header has no ':'");
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (!all_token(name)) return bad("a header's name has a character that is not allowed");
    if (!is_field_value(value)) return bad("a header's value has a character that is not allowed");
    head_.headers_[head_.count_++] = {span(name), span(value)};
    return special(name, value);
  }

  Fault special(std::string_view name, std::string_view value) {
    if (same_word(name, "content-length")) return content_length(value);
    if (same_word(name, "transfer-encoding")) return transfer_encoding(value);
    if (same_word(name, "host")) return host(value);
    if (same_word(name, "connection")) return connection(value);
    if (same_word(name, "expect")) return expect(value);
    return {};
  }

  Fault content_length(std::string_view value) {
    if (head_.content_length_) return bad("Content-Length stands twice");
    const bool digits =
        !value.empty() && value.size() <= 18 &&
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return bad("Content-Length is not one number");
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    head_.content_length_ = length;
    return {};
  }

  Fault transfer_encoding(std::string_view value) {
    if (head_.chunked_) return bad("Transfer-Encoding stands twice");
    if (!same_word(value, "chunked")) return bad("the only Transfer-Encoding taken is 'chunked'");
    head_.chunked_ = true;
    return {};
  }

  Fault host(std::string_view value) {
    if (std::exchange(has_host_, true)) return bad("Host stands twice");
    return is_host(value) ? Fault{} : bad("Host is not one host name");
  }

  Fault connection(std::string_view value) {
    if (lists(value, "close")) head_.keep_alive_ = false;
    if (head_.http_1_0_ && lists(value, "keep-alive")) head_.keep_alive_ = true;
    return {};
  }

  Fault expect(std::string_view value) {
    if (!same_word(value, "100-continue")) {
      return HeadFault{417, "the only Expect taken is '100-continue'"};
    }
    head_.expects_continue_ = !head_.http_1_0_;
    return {};
  }

  Fault framing() const {
    if (head_.chunked_ && head_.http_1_0_) return bad("HTTP/1.0 has no Transfer-Encoding");
    if (head_.chunked_ && head_.content_length_) {
      return bad("Transfer-Encoding and Content-Length stand together");
    }
    if (!has_host_ && !head_.http_1_0_) return bad("Host is missing");
    return {};
  }

  RequestHead head_;
  std::size_t at_ = 0;
  bool has_host_ = false;
};

std::variant<RequestHead, HeadFault> read_head(std::string_view text) {
  return HeadReader(text).read();
}

bool names_this_machine(std::string_view host) {
  const auto colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (colon != std::string_view::npos) {
    const auto port = host.substr(colon + 1);
    const bool digits =
        std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (port.empty() || !digits) return false;
  }
  const std::string name(host.substr(0, colon));
  in_addr address{};
  return same_word(name, "localhost") || name == "[::1]" ||
         (name.starts_with("127.") && inet_pton(AF_INET, name.c_str(), &address) == 1);
}

HeadFault HeadScanner::too_long() const {
  const auto limit = " is longer than " + std::to_string(limit_) + " bytes; send ";
  if (lines_ == 0) return {414, "the request line" + limit + "a shorter target"};
  return {431, "the request's head" + limit + "shorter headers"};
}

HeadScanner::Result HeadScanner::scan(std::string_view text) {
  if (!text.empty() && !kToken[static_cast<unsigned char>(text.front())]) {
    return {0, HeadFault{400, "the request does not begin with a method"}};
  }
  while (seen_ < text.size()) {
    const auto* found = std::memchr(text.data() + seen_, '\n', text.size() - seen_);
    if (found == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (end == 0 || text[end - 1] != '\r') {
      return {0, HeadFault{400, "a line of the request's head does not end with CR LF"}};
    }
    const bool empty = end - 1 == line_;
    seen_ = line_ = end + 1;
    if (seen_ > limit_) return {0, too_long()};
    ++lines_;
    if (empty) return {seen_, std::nullopt};
  }
  seen_ = text.size();
  if (seen_ >= limit_) return {0, too_long()};
  return {};
}

}  // namespace candor::http
