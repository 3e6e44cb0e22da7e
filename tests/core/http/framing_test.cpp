// SPDX-License-Identifier: Apache-2.0
// Requests that two parsers could read differently, or that no honest client sends.
#include <string>
#include <vector>

#include "core/http/http_server.h"
#include "support/catch.h"
#include "support/raw_client.h"

using candor::test::HttpServer;
using candor::test::RawClient;
using candor::test::request;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: localhost\r\n";

std::string many_headers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "h" + std::to_string(i) + ": v\r\n";
  return text;
}

struct Hostile {
  std::string request;
  int status;
  std::string message;
};

const std::vector<Hostile>& corpus() {
  static const std::string length_twice = "Content-Length stands twice";
  static const std::string length_number = "Content-Length is not one number";
  static const std::string coding = "the only Transfer-Encoding taken is 'chunked'";
  static const std::string broken = "the request's framing is broken";
  static const std::string no_host = "Host is not one host name";
  static const std::string bad_name = "a header's name has a character that is not allowed";
  static const std::string bad_value = "a header's value has a character that is not allowed";
  static const std::string bad_target = "the request's target has a character that is not allowed";
  static const std::string line_end = "a line of the request's head does not end with CR LF";
  static const std::string no_version = "the request line does not end with an HTTP version";
  static const std::string chunked = kPost + "Transfer-Encoding: chunked\r\n";
  static const std::vector<Hostile> all = {
      // Transfer-Encoding
      {kPost + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 400, coding},
      {kPost + "Transfer-Encoding: gzip\r\n\r\nhello", 400, coding},
      {kPost + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, coding},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, coding},
      {kPost + "Transfer-Encoding: identity\r\n\r\n", 400, coding},
      {kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, coding},
      {kPost + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400, coding},
      {kPost + "Transfer-Encoding:\r\n\r\n", 400, coding},
      {chunked + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "Transfer-Encoding stands twice"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "HTTP/1.0 has no Transfer-Encoding"},
      {chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n", 400,
       "Transfer-Encoding and Content-Length stand together"},
      {kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "Transfer-Encoding and Content-Length stand together"},
      // Content-Length
      {kPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, length_twice},
      {kPost + "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello", 400, length_twice},
      {kPost + "Content-Length: 5, 5\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length: +5\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length: -5\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length: 0x5\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length: 5 5\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length:\r\n\r\nhello", 400, length_number},
      {kPost + "Content-Length: 99999999999999999999\r\n\r\nhello", 400, length_number},
      // Host
      {kGet + "\r\n", 400, "Host is missing"},
      {kGet + "Host: localhost\r\nHost: localhost\r\n\r\n", 400, "Host stands twice"},
      {kGet + "Host: localhost\r\nhost: b\r\n\r\n", 400, "Host stands twice"},
      {kGet + "Host: a, b\r\n\r\n", 400, no_host},
      {kGet + "Host: a b\r\n\r\n", 400, no_host},
      {kGet + "Host: user@a\r\n\r\n", 400, no_host},
      {kGet + "Host:\r\n\r\n", 400, no_host},
      // Header lines
      {kGet + "Host: localhost\r\nX: b\r\n c\r\n\r\n", 400, "a header is folded over two lines"},
      {kGet + " Host: localhost\r\n\r\n", 400, "a header is folded over two lines"},
      {kGet + "Host: localhost\r\nX: b\r\n\tc\r\n\r\n", 400, "a header is folded over two lines"},
      {kGet + "Host : a\r\n\r\n", 400, bad_name},
      {kGet + "Host: localhost\r\nX Y: b\r\n\r\n", 400, bad_name},
      {kGet + "Host: localhost\r\n: b\r\n\r\n", 400, bad_name},
      {kGet + "Host: localhost\r\nX\r\n\r\n", 400, "a header has no ':'"},
      {kGet + "Host: localhost\r\nX: b\rc\r\n\r\n", 400, bad_value},
      {kGet + "Host: localhost\r\nX: b\x01\r\n\r\n", 400, bad_value},
      {kGet + "Host: localhost\r\nX: b" + std::string(1, '\0') + "\r\n\r\n", 400, bad_value},
      {kGet + "Host: a\nX: b\r\n\r\n", 400, line_end},
      {"GET / HTTP/1.1\nHost: a\n\n", 400, line_end},
      {kGet + "Host: localhost\r\n" + many_headers(64) + "\r\n", 431,
       "the request has more than 64 headers; send fewer"},
      {kGet + "Host: localhost\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", 431,
       "the request's head is longer than 8192 bytes; send shorter headers"},
      {kGet + "Host: localhost\r\nExpect: 200-ok\r\n\r\n", 417,
       "the only Expect taken is '100-continue'"},
      // Request line
      {"GET /" + std::string(2100, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414,
       "the request's target is longer than 2048 bytes; send a shorter one"},
      {"GET /" + std::string(20000, 'x'), 414,
       "the request line is longer than 8192 bytes; send a shorter target"},
      {"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
       "the request's target must begin with '/'"},
      {"GET http://a/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
       "the request's target must begin with '/'"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
       "the request's target must begin with '/'"},
      {"GET /a#b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, bad_target},
      {"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, bad_target},
      {"GET /\xC3\xA4 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, bad_target},
      {"GET /\r\nHost: localhost\r\n\r\n", 400, "the request line is not METHOD TARGET VERSION"},
      {"G(T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "the request's method is not a word"},
      {"GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400, bad_target},
      {"GET / http/1.1\r\nHost: localhost\r\n\r\n", 400, no_version},
      {"GET / HTTP/1.12\r\nHost: localhost\r\n\r\n", 400, no_version},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "the request's target must begin with '/'"},
      {"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505,
       "only HTTP/1.1 and HTTP/1.0 are spoken here"},
      {"\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400,
       "the request does not begin with a method"},
      {"\x16\x03\x01\x02", 400, "the request does not begin with a method"},
      // Chunks
      {chunked + "\r\n-1\r\n", 400, broken},
      {chunked + "\r\nxyz\r\n", 400, broken},
      {chunked + "\r\nFFFFFFFFFFFFFFFFF\r\n", 400, broken},
      {chunked + "\r\n3\r\nabcd\r\n", 400, broken},
      {chunked + "\r\n3;" + std::string(20000, 'x'), 400, broken},
      {chunked + "\r\n0\r\nContent-Length: 5\r\n\r\n", 400, broken},
      {kPost + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 415,
       "a compressed body is not taken; send it as it is"},
  };
  return all;
}

}  // namespace

TEST_CASE(
    "a request with broken framing is refused, its connection closed, and the server lives on",
    "[http]") {
  HttpServer server;
  REQUIRE(corpus().size() >= 40);
  for (const auto& hostile : corpus()) {
    INFO(hostile.request.substr(0, 200));
    RawClient client(server.port());
    // What follows must never be taken for a request.
    const auto answer =
        client.send(hostile.request + "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .receive();
    CHECK(answer.status == hostile.status);
    CHECK(answer.body == hostile.message);
    CHECK(answer.header("Connection") == "close");
    CHECK(client.closed());
  }
  CHECK(server.handler.requests == 0);
  CHECK(candor::test::request(server.port(), "GET", "/alive").body == "GET /alive ");
}

TEST_CASE("the limit of a head is named as it is set", "[http]") {
  candor::http::Options options;
  options.max_head = 1000;
  HttpServer server(options);
  const auto answer = [&](const std::string& text) {
    return RawClient(server.port()).send(text).receive();
  };
  const auto headers =
      answer(kGet + "Host: localhost\r\nX: " + std::string(1000, 'x') + "\r\n\r\n");
  CHECK(headers.status == 431);
  CHECK(headers.body == "the request's head is longer than 1000 bytes; send shorter headers");
  const auto target =
      answer("GET /" + std::string(1000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(target.status == 414);
  CHECK(target.body == "the request line is longer than 1000 bytes; send a shorter target");
}

TEST_CASE("unusual but right requests are taken", "[http]") {
  HttpServer server;
  const auto body_of = [&](const std::string& text) {
    return RawClient(server.port()).send(text).receive().body;
  };
  CHECK(body_of("GET /a?b=%20 HTTP/1.1\r\nhOST:LocalHost:80\r\n\r\n") == "GET /a?b=%20 ");
  CHECK(body_of("GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX:\r\n\r\n") == "GET / ");
  CHECK(body_of(kGet + "Host: localhost\r\n" + many_headers(63) + "\r\n") == "GET / ");
  CHECK(body_of("GET / HTTP/1.0\r\n\r\n") == "GET / ");
  CHECK(
      body_of(
          kPost +
          "Transfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n") ==
      "POST / hello");
  CHECK(body_of(kPost + "Content-Length: 00005\r\n\r\nhello") == "POST / hello");
  CHECK(body_of("GET /" + std::string(2047, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n").size() ==
        4 + 2048 + 1);
}

TEST_CASE("a head is read the same in whatever pieces it comes", "[http]") {
  const std::string text = kPost + "Content-Length: 5\r\nX: y\r\n\r\nhello";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    candor::http::HeadScanner scanner(8192);
    const auto first = scanner.scan(std::string_view(text).substr(0, cut));
    const auto whole = first.size > 0 ? first : scanner.scan(text);
    CHECK_FALSE(whole.fault);
    CHECK(whole.size == text.size() - 5);
  }
}
