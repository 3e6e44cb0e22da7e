// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "core/http/half_closed.h"
#include "core/http/http_server.h"
#include "support/catch.h"
#include "support/raw_client.h"
#include "support/temp.h"

using namespace std::chrono_literals;
using candor::test::error_of;
using candor::test::HttpServer;
using candor::test::RawClient;
using candor::test::request;

namespace {

using Clock = std::chrono::steady_clock;

template <class Condition>
bool soon(Condition condition) {
  const auto end = Clock::now() + 10s;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

const std::string kLater = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("a connection is kept for the next request unless the client says close", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  const auto first = client.request("GET", "/1");
  CHECK(first.header("Connection") == "keep-alive");
  CHECK(first.header("Date").size() == 29);
  CHECK(client.request("POST", "/2", "x").body == "POST /2 x");
  const auto last = client.request("GET", "/3", "", "Connection: close\r\n");
  CHECK(last.header("Connection") == "close");
  CHECK(client.closed());
}

TEST_CASE("pipelined requests are answered in order", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += "POST /" + std::to_string(i) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n" + (i % 2 ? "a" : "b");
  }
  client.send(kLater + all);
  server.handler.take().send({200, "text/plain", "late", {}});
  CHECK(client.receive().body == "late");
  for (int i = 0; i < 100; ++i) {
    CHECK(client.receive().body == "POST /" + std::to_string(i) + (i % 2 ? " a" : " b"));
  }
}

TEST_CASE("HEAD gets the length but not the body", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(
      "HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\nGET /y HTTP/1.1\r\nHost: "
      "localhost\r\nConnection: close\r\n\r\n");
  REQUIRE(client.wait_for("GET /y "));
  RawClient again(server.port());
  again.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  REQUIRE(again.wait_for("\r\n\r\n"));
  CHECK(again.wait_for("Content-Length: 8\r\n"));
}

TEST_CASE("what follows a HEAD on its connection has a body again", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\nnonsense\r\n\r\n");
  REQUIRE(client.wait_for("HTTP/1.1 400 "));
  CHECK(client.wait_for("the request line is not METHOD TARGET VERSION"));
}

TEST_CASE("a client that expects 100-continue is told to go on", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(
      "POST /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  REQUIRE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  CHECK(client.receive().status == 100);
  CHECK(client.send("ok").receive().body == "POST /x ok");
}

TEST_CASE("a body above the limit is refused before it is read", "[http]") {
  candor::http::Options options;
  options.max_body = 1000;
  HttpServer server(options);
  CHECK(request(server.port(), "POST", "/", std::string(1000, 'x')).status == 200);
  const std::string huge(4 << 20, 'x');
  const auto declared = request(server.port(), "POST", "/", huge);
  CHECK(declared.status == 413);
  CHECK(declared.body ==
        "the request's body is longer than the 1000 bytes that this server takes; send smaller "
        "requests");
  RawClient chunked(server.port());
  chunked.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
               huge);
  CHECK(chunked.receive().status == 413);
  RawClient expecting(server.port());
  expecting.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  CHECK(expecting.receive().status == 413);
}

TEST_CASE("the bodies of all requests together are bounded", "[http]") {
  candor::http::Options options;
  options.max_body = 1000;
  options.max_bodies = 1500;
  HttpServer server(options);
  const auto post = [](const std::string& target, const std::string& sent) {
    return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" + sent;
  };
  const std::string most(999, 'x');
  RawClient slow(server.port()), second(server.port());
  slow.send(post("/slow", most));
  // The first body counts once it has come, however long its request stays unfinished.
  CHECK(soon([&] {
    RawClient client(server.port());
    return client.send(post("/", std::string(1000, 'y'))).receive().status == 503;
  }));
  const auto refused = second.send(post("/refused", std::string(600, 'y'))).receive();
  CHECK(refused.status == 503);
  CHECK(refused.body == "the server holds as many requests as it has memory for; try again later");
  CHECK(refused.header("X-Failed-Target") == "/refused");
  CHECK(slow.send("x").receive().body == "POST /slow " + most + "x");
  // Answered or refused, a body is no longer held.
  CHECK(request(server.port(), "POST", "/", std::string(1000, 'z')).status == 200);
  // The handler of /later has let go of the request, so that only its answer is awaited.
  RawClient waiting(server.port());
  waiting.send(post("/later", most + "x"));
  auto responder = server.handler.take();
  CHECK(request(server.port(), "POST", "/", std::string(1000, 'z')).status == 200);
  responder.send({200, "text/plain", "", {}});
  CHECK(waiting.receive().status == 200);
}

TEST_CASE("each phase of a request has its own time", "[http]") {
  candor::http::Options options;
  options.header_timeout = 200ms;
  options.body_timeout = 300ms;
  options.idle_timeout = 400ms;
  HttpServer server(options);

  RawClient slow_head(server.port());
  const auto start = Clock::now();
  std::thread dripping([&] {
    for (int i = 0; i < 12; ++i) {  // a byte now and then does not extend the time
      slow_head.send("G");
      std::this_thread::sleep_for(50ms);
    }
  });
  const auto head = slow_head.receive();
  CHECK(Clock::now() - start < 2s);
  dripping.join();
  CHECK(head.status == 408);
  CHECK(head.body == "the request's headers took too long to come");

  const auto body = RawClient(server.port())
                        .send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
                        .receive();
  CHECK(body.status == 408);
  CHECK(body.body == "the request's body took too long to come");

  RawClient idle(server.port());
  CHECK(idle.request("GET", "/").status == 200);
  CHECK(idle.closed());
  RawClient silent(server.port());
  CHECK(silent.closed());
}

TEST_CASE("a handler that throws or forgets to answer gives 500, in the handler's own words",
          "[http]") {
  HttpServer server;
  RawClient client(server.port());
  for (const auto* target : {"/throw", "/throw-int", "/drop"}) {
    INFO(target);
    const auto answer = client.request("GET", target);
    CHECK(answer.status == 500);
    CHECK(answer.body == "internal error");
    CHECK(answer.header("X-Failed-Target") == target);
    CHECK(answer.header("Connection") == "keep-alive");
  }
  CHECK(server.handler.failures == 3);
  CHECK(client.request("GET", "/ok").status == 200);
}

TEST_CASE("an answer that cannot be made costs its connection, not the server", "[http]") {
  HttpServer server;
  server.handler.out_of_memory = true;
  RawClient malformed(server.port()), dropped(server.port());
  malformed.send("nonsense\r\n\r\n");
  CHECK(malformed.closed());
  dropped.send("GET /drop HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(dropped.closed());
  server.handler.out_of_memory = false;
  CHECK(request(server.port(), "GET", "/").status == 200);
  CHECK(soon([&] { return server.server.connections() == 0; }));
}

TEST_CASE("a response may come later from another thread", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(kLater);
  auto responder = server.handler.take();
  CHECK_FALSE(responder.client_gone());
  std::thread([&] { responder.send({200, "text/plain", "done", {}}); }).join();
  CHECK(client.receive().body == "done");
}

TEST_CASE("a client that goes away is noticed while its answer is made", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(kLater);
  auto responder = server.handler.take();
  client.close();
  CHECK(soon([&] { return responder.client_gone(); }));
  responder.send({200, "text/plain", "nobody", {}});
  CHECK(soon([&] { return server.server.connections() == 0; }));
}

TEST_CASE("a client that has ended its input still gets its answers", "[http]") {
  HttpServer server;
  auto asked = std::async(std::launch::async, [&] {
    return candor::test::ask_half_closed(
        server.port(),
        kLater + "GET /second HTTP/1.1\r\nHost: localhost\r\n\r\nGET /half HTTP/1.1\r\n");
  });
  auto responder = server.handler.take();
  std::this_thread::sleep_for(300ms);
  CHECK_FALSE(responder.client_gone());
  responder.send({200, "text/plain", "late", {}});
  const auto answer = asked.get();
  CHECK_THAT(answer, CANDOR_CONTAINS("\r\n\r\nlate"));
  CHECK_THAT(answer, CANDOR_CONTAINS("\r\n\r\nGET /second "));
  CHECK(server.handler.requests == 2);

  const auto streamed = candor::test::ask_half_closed(
      server.port(), "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(streamed, CANDOR_CONTAINS("one two\r\n0\r\n\r\n"));
  const auto old = candor::test::ask_half_closed(server.port(), "GET /old HTTP/1.0\r\n\r\n");
  CHECK_THAT(old, CANDOR_CONTAINS("GET /old "));
}

TEST_CASE("a stream is sent in chunks and leaves the connection usable", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.request("GET", "/stream");
    CHECK(answer.header("Transfer-Encoding") == "chunked");
    CHECK(answer.body == "one two");
  }
  RawClient old(server.port());
  old.send("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(old.wait_for("\r\n\r\none two"));
}

TEST_CASE("a stream reaches the client piece by piece", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(kLater);
  auto responder = server.handler.take();
  REQUIRE(responder.begin_stream({200, "text/event-stream", "", {}}));
  REQUIRE(responder.write_chunk("first"));
  CHECK(client.wait_for("5\r\nfirst\r\n"));
  REQUIRE(responder.write_chunk("second"));
  CHECK(client.wait_for("6\r\nsecond\r\n"));
  responder.end();
  CHECK(client.wait_for("0\r\n\r\n"));
}

TEST_CASE("a stream ends early when its client leaves or does not read", "[http]") {
  HttpServer server;
  RawClient leaving(server.port());
  leaving.send(kLater);
  auto responder = server.handler.take();
  REQUIRE(responder.begin_stream({200, "text/event-stream", "", {}}));
  leaving.close();
  CHECK(soon([&] { return !responder.write_chunk("x"); }));

  RawClient lazy(server.port());
  lazy.send(kLater);
  auto stalled = server.handler.take();
  REQUIRE(stalled.begin_stream({200, "text/event-stream", "", {}}));
  const std::string piece(8192, 'x');
  CHECK(soon([&] { return !stalled.write_chunk(piece); }));
}

TEST_CASE("a stream that is dropped unfinished is cut, so that the client sees it", "[http]") {
  HttpServer server;
  RawClient client(server.port());
  client.send(kLater);
  {
    auto responder = server.handler.take();
    REQUIRE(responder.begin_stream({200, "text/event-stream", "", {}}));
    REQUIRE(responder.write_chunk("half"));
    REQUIRE(client.wait_for("half\r\n"));
  }
  CHECK_FALSE(client.wait_for("0\r\n\r\n"));
}

TEST_CASE("connections beyond the limit are turned away", "[http]") {
  candor::http::Options options;
  options.max_connections = 2;
  HttpServer server(options);
  RawClient first(server.port()), second(server.port());
  CHECK(first.request("GET", "/").status == 200);
  CHECK(second.request("GET", "/").status == 200);
  const auto third = RawClient(server.port()).receive();
  CHECK(third.status == 503);
  CHECK(third.header("Retry-After") == "1");
  first.close();
  CHECK(soon([&] { return request(server.port(), "GET", "/").status == 200; }));
}

TEST_CASE("draining answers what is under way and takes nothing new", "[http]") {
  HttpServer server;
  RawClient busy(server.port()), idle(server.port());
  CHECK(idle.request("GET", "/").status == 200);
  busy.send(kLater);
  auto responder = server.handler.take();
  auto drained = std::async(std::launch::async, [&] { return server.server.drain(10s); });
  REQUIRE(soon([&] { return server.server.draining(); }));
  CHECK(soon([&] { return !RawClient(server.port()).connected(); }));
  responder.send({200, "text/plain", "finished", {}});
  const auto answer = busy.receive();
  CHECK(answer.body == "finished");
  CHECK(answer.header("Connection") == "close");
  busy.close();
  CHECK(idle.closed());
  idle.close();
  CHECK(drained.get());
}

TEST_CASE("draining tells a client that sent half a request, soon", "[http]") {
  HttpServer server;
  RawClient body(server.port()), head(server.port()), late(server.port());
  CHECK(late.request("GET", "/").status == 200);
  body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  head.send("GET / HTTP/1.1\r\nHost:");
  std::this_thread::sleep_for(200ms);  // until the server has read them
  const auto start = Clock::now();
  auto drained = std::async(std::launch::async, [&] { return server.server.drain(20s); });
  REQUIRE(soon([&] { return server.server.draining(); }));
  late.send("GET / HTTP/1.1\r\nHost:");  // begun on a connection that was idle until then
  for (auto* client : {&body, &head, &late}) {
    CHECK(client->receive().status == 408);
    client->close();
  }
  CHECK(drained.get());
  CHECK(Clock::now() - start < 8s);
}

TEST_CASE("draining ends while clients still connect", "[http]") {
  for (int round = 0; round < 20; ++round) {
    HttpServer server;
    std::atomic<bool> flooding{true};
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&] {
        for (int n = 0; n < 5000 && flooding; ++n) RawClient(server.port()).connected();
      });
    }
    std::this_thread::sleep_for(5ms);
    auto drained = std::async(std::launch::async, [&] { return server.server.drain(5s); });
    const bool ended = drained.wait_for(20s) == std::future_status::ready;
    flooding = false;
    for (auto& client : clients) client.join();
    REQUIRE(ended);  // else the test hangs here, in drained's destructor
  }
}

TEST_CASE("draining cuts what does not finish in time", "[http]") {
  HttpServer server;
  RawClient busy(server.port());
  busy.send(kLater);
  auto responder = server.handler.take();
  std::thread later([&responder] {
    while (!responder.client_gone()) std::this_thread::sleep_for(5ms);
    responder = {};
  });
  const auto start = Clock::now();
  CHECK_FALSE(server.server.drain(200ms));
  CHECK(Clock::now() - start < 5s);
  later.join();
  CHECK(busy.closed());
}

TEST_CASE("four hundred half-sent requests do not delay an honest one", "[http]") {
  HttpServer server;
  std::vector<std::unique_ptr<RawClient>> lingering;
  for (int i = 0; i < 400; ++i) {
    lingering.push_back(std::make_unique<RawClient>(server.port()));
    lingering.back()->send("GET / HTTP/1.1\r\nHost:");
  }
  const auto start = Clock::now();
  CHECK(request(server.port(), "GET", "/").status == 200);
  CHECK(Clock::now() - start < 5s);
}

TEST_CASE("the server's address is a URL, with brackets around IPv6", "[http]") {
  HttpServer server;
  CHECK(server.server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
  candor::http::Options options;
  options.host = "::1";
  candor::test::EchoHandler handler;
  const auto without_ipv6 = error_of([&] {
    candor::http::Server other(options, handler);
    CHECK(other.url() == "http://[::1]:" + std::to_string(other.port()));
  });
  if (without_ipv6) WARN("this machine has no IPv6");
}

TEST_CASE("a server on a loopback address takes only the names of this machine", "[http]") {
  HttpServer server;
  const auto status = [](const HttpServer& asked, const std::string& host) {
    return RawClient(asked.port())
        .send("POST / HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
              "\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")
        .receive()
        .status;
  };
  for (const auto* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1",
                           "127.255.0.9:65535", "[::1]", "[::1]:8080"}) {
    INFO(host);
    CHECK(status(server, host) == 200);
  }
  const int taken = server.handler.requests;
  for (const auto* host :
       {"evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.evil", "127.0.0.256", "127.1", "128.0.0.1", "0.0.0.0", "localhost:", "localhost:x",
        "localhost:8080:8080", "[::1]evil", "[::1", "[::2]", "::1", "10.0.0.1"}) {
    INFO(host);
    CHECK(status(server, host) == 403);
  }
  CHECK(server.handler.requests == taken);
  const auto refused =
      RawClient(server.port()).send("GET /x HTTP/1.0\r\nHost: evil.example\r\n\r\n").receive();
  CHECK(refused.status == 403);
  CHECK(refused.header("Connection") == "close");
  CHECK(refused.header("X-Failed-Target") == "/x");
  CHECK(refused.head.find("403 Forbidden") != std::string::npos);
  CHECK(refused.body ==
        "this server is for this machine only, so Host must be localhost, 127.x.x.x or [::1]; to "
        "serve other names, bind another address with --host, behind a proxy that checks");
  CHECK(RawClient(server.port()).send("GET /x HTTP/1.0\r\n\r\n").receive().status == 200);

  candor::http::Options options;
  options.host = "0.0.0.0";
  HttpServer open(options);
  CHECK(status(open, "evil.example") == 200);
}

TEST_CASE("a host or port that cannot be had is an error of the configuration", "[http]") {
  candor::test::EchoHandler handler;
  candor::http::Options options;
  options.host = "example.org";
  auto error = error_of([&] { candor::http::Server server(options, handler); });
  REQUIRE(error);
  CHECK(error->kind() == candor::ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "--host 'example.org' is not an IP address; give one, such as 127.0.0.1 (this machine "
        "only) or "
        "0.0.0.0 (every network)");
  HttpServer taken;
  options.host = "127.0.0.1";
  options.port = taken.port();
  error = error_of([&] { candor::http::Server server(options, handler); });
  REQUIRE(error);
  CHECK(error->kind() == candor::ErrorKind::config);
  CHECK(std::string(error->what()) == "cannot listen on 127.0.0.1 port " +
                                          std::to_string(taken.port()) +
                                          ": Address already in use; stop what uses it, or choose "
                                          "another --port (0: any free one)");
}
