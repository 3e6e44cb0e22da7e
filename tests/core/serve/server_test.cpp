// SPDX-License-Identifier: Apache-2.0
// Batching, full queues, routes, metrics and the graceful stop of the whole server.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/http/half_closed.h"
#include "core/serve/fake_models.h"
#include "support/catch.h"
#include "support/raw_client.h"
#include "support/temp.h"

using namespace std::chrono_literals;
using candor::test::error_of;
using candor::test::FakeServer;
using candor::test::Observed;
using candor::test::RawAnswer;
using candor::test::RawClient;
using candor::test::request;

namespace {

const std::string kTable = "/v1/models/table:predict";

std::string rows(int age, int count = 1) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += std::string(i > 0 ? "," : "") + R"({"age": )" + std::to_string(age) +
            R"(, "city": "Cork"})";
  }
  return "{\"instances\": [" + text + "]}";
}

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// A request on its way, sent at once and received later.
using Sent = std::unique_ptr<RawClient>;
Sent send_rows(FakeServer& server, int age, int count = 1) {
  auto client = std::make_unique<RawClient>(server.port);
  client->send(post(kTable, rows(age, count)));
  return client;
}

bool metric_is_now(FakeServer& server, const std::string& line) {
  return request(server.port, "GET", "/metrics").body.find(line + "\n") != std::string::npos;
}

bool metric_is(FakeServer& server, const std::string& line) {
  for (int i = 0; i < 1000; ++i) {
    if (metric_is_now(server, line)) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

// Occupies the model with one row, so that what follows has to queue.
Sent occupy(FakeServer& server) {
  server.observed.hold(true);
  auto first = send_rows(server, 1);
  REQUIRE(server.observed.wait_for_batches(1));
  return first;
}

}  // namespace

TEST_CASE("rows of concurrent requests are computed together and answered apart", "[serve]") {
  FakeServer server;
  auto first = occupy(server);
  std::vector<Sent> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(send_rows(server, 10 + i, i == 0 ? 5 : 1));
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 14"));
  server.observed.hold(false);
  CHECK(first->receive().status == 200);
  for (int i = 0; i < 10; ++i) {
    const auto answer = waiting[static_cast<std::size_t>(i)]->receive();
    CHECK(answer.status == 200);
    const auto made = candor::Json::parse(answer.body)["predictions"];
    CHECK(made.size() == (i == 0 ? 5u : 1u));
    for (const auto& one : made)
      CHECK(one["probabilities"][1].get<float>() == static_cast<float>(10 + i) / 100.0f);
  }
  CHECK(server.observed.seen() == std::vector<std::int64_t>{1, 14});
}

TEST_CASE("a batch has at most max_batch rows, and a larger request is computed in parts",
          "[serve]") {
  candor::ServerOptions options;
  options.max_batch = 4;
  FakeServer server(options);
  auto first = occupy(server);
  std::vector<Sent> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(send_rows(server, 10, 3));
    REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} " + std::to_string(3 * (i + 1))));
  }
  waiting.push_back(send_rows(server, 10, 10));
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 19"));
  server.observed.hold(false);
  for (const auto& client : waiting) CHECK(client->receive().status == 200);
  CHECK(server.observed.seen() == std::vector<std::int64_t>{1, 3, 3, 3, 4, 4, 2});
}

TEST_CASE("max_delay waits for more rows", "[serve]") {
  candor::ServerOptions options;
  options.max_delay = 10s;
  options.max_batch = 3;
  FakeServer server(options);
  std::vector<Sent> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(send_rows(server, 10));
  for (const auto& client : waiting) CHECK(client->receive().status == 200);
  CHECK(server.observed.seen() == std::vector<std::int64_t>{3});
}

TEST_CASE("a full queue answers 503 and says when to come again", "[serve]") {
  candor::ServerOptions options;
  options.queue_rows = 4;
  FakeServer server(options);
  auto first = occupy(server);
  auto queued = send_rows(server, 10, 3);
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 3"));
  const auto refused = send_rows(server, 10, 2)->receive();
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(refused.body == R"({"error":"the model's queue is full; try again later"})");
  auto fits = send_rows(server, 10, 1);
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 4"));
  server.observed.hold(false);
  CHECK(first->receive().status == 200);
  CHECK(queued->receive().status == 200);
  CHECK(fits->receive().status == 200);
  CHECK(send_rows(server, 10, 9)->receive().status ==
        200);  // larger than the queue, which is empty
  CHECK(
      metric_is(server, "candor_dropped_requests_total{model=\"table\",reason=\"queue_full\"} 1"));
}

TEST_CASE("one bad request of a batch does not fail the others", "[serve]") {
  FakeServer server;
  auto first = occupy(server);
  auto good = send_rows(server, 50);
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 1"));
  auto bad = send_rows(server, 666);
  auto other = send_rows(server, 25);
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 3"));
  server.observed.hold(false);
  CHECK(good->receive().body == R"({"predictions":[{"label":"yes","probabilities":[0.5,0.5]}]})");
  const auto failed = bad->receive();
  CHECK(failed.status == 500);
  CHECK(failed.body == R"({"error":"internal error"})");
  CHECK(other->receive().body == R"({"predictions":[{"label":"no","probabilities":[0.75,0.25]}]})");
}

TEST_CASE("work whose client left, or that waited too long, never reaches the model", "[serve]") {
  candor::ServerOptions options;
  options.queue_timeout = 1s;
  FakeServer server(options);
  auto first = occupy(server);
  auto leaving = send_rows(server, 10);
  auto late = send_rows(server, 11);
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 2"));
  leaving->close();
  std::this_thread::sleep_for(1200ms);
  server.observed.hold(false);
  const auto answer = late->receive();
  CHECK(answer.status == 503);
  CHECK(answer.body == R"({"error":"the request waited too long for the model; try again later"})");
  CHECK(metric_is(server,
                  "candor_dropped_requests_total{model=\"table\",reason=\"disconnected\"} 1"));
  CHECK(metric_is(server, "candor_dropped_requests_total{model=\"table\",reason=\"expired\"} 1"));
  CHECK(server.observed.seen() == std::vector<std::int64_t>{1});
}

TEST_CASE("a client that has ended its input gets its answer", "[serve]") {
  FakeServer server;
  auto first = occupy(server);
  auto asked = std::async(std::launch::async, [&] {
    return candor::test::ask_half_closed(server.port, post(kTable, rows(25)));
  });
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 1"));
  std::this_thread::sleep_for(300ms);
  server.observed.hold(false);
  CHECK_THAT(asked.get(),
             CANDOR_CONTAINS(R"({"predictions":[{"label":"no","probabilities":[0.75,0.25]}]})"));
  CHECK(
      metric_is(server, "candor_requests_total{model=\"table\",route=\"predict\",code=\"200\"} 2"));
}

TEST_CASE("stopping finishes what is under way", "[serve]") {
  FakeServer server;
  auto first = occupy(server);
  auto second = send_rows(server, 25);
  RawClient watching(server.port);
  CHECK(watching.request("GET", "/v2/health/ready").body == R"({"ready":true})");
  REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} 1"));
  server.request_stop();
  while (RawClient(server.port).connected()) std::this_thread::sleep_for(5ms);
  const auto not_ready = watching.request("GET", "/v2/health/ready");
  CHECK(not_ready.status == 503);
  CHECK(not_ready.body == R"({"ready":false})");
  server.observed.hold(false);
  CHECK(first->receive().header("Connection") == "close");
  CHECK(second->receive().body ==
        R"({"predictions":[{"label":"no","probabilities":[0.75,0.25]}]})");
  server.stop();
}

TEST_CASE("stopping cuts a stream that does not end in time", "[serve]") {
  candor::ServerOptions options;
  options.drain_timeout = 1s;
  FakeServer server(options);
  server.observed.endless = true;
  RawClient client(server.port);
  client.send(post("/v1/completions", R"({"model": "story", "prompt": "x", "stream": true})"));
  REQUIRE(client.wait_for("\"text\":\"a\""));
  server.request_stop();
  CHECK_FALSE(client.wait_for("[DONE]"));
  for (int i = 0; i < 2000 && server.observed.cancelled == 0; ++i) std::this_thread::sleep_for(5ms);
  CHECK(server.observed.cancelled == 1);
}

TEST_CASE("routes that do not exist are 404 and wrong methods 405", "[serve]") {
  FakeServer server;
  for (const auto* target : {"/",
                             "/nothing",
                             "/v1",
                             "/v1/model",
                             "/v1/models/",
                             "/v1/models/table:classify",
                             "/v1/models/table/x",
                             "/v2/",
                             "/v2/health",
                             "/v2/models",
                             "/v2/models/table/x",
                             "/v2/models/table/versions",
                             "/metrics/x",
                             "/v1/models/table%00",
                             "/v1/models/%2e%2e/metadata",
                             "/v1/models/table/versions/2",
                             "/v1/models//metadata",
                             "/v2/models//infer",
                             "/v1/models/table/versions/",
                             "/v1/models/:predict"}) {
    INFO(target);
    const auto answer = request(server.port, "GET", target);
    CHECK(answer.status == 404);
    CHECK_THAT(answer.body, CANDOR_CONTAINS("\"error\":"));
  }
  const auto get = request(server.port, "GET", kTable);
  CHECK(get.status == 405);
  CHECK(get.header("Allow") == "POST");
  CHECK(get.body == R"({"error":"this route takes POST only"})");
  const auto put = request(server.port, "PUT", "/v2/health/live", "x");
  CHECK(put.status == 405);
  CHECK(put.header("Allow") == "GET, HEAD");
  CHECK(
      request(server.port, "GET", "/v1/completions").body ==
      R"({"error":{"message":"this route takes POST only","type":"invalid_request_error","param":null,"code":"method_not_allowed"}})");
  RawClient head(server.port);
  head.send("HEAD /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(head.wait_for("HTTP/1.1 200 OK"));
}

TEST_CASE("metrics count requests by model, route and code", "[serve]") {
  FakeServer server;
  for (int i = 0; i < 3; ++i) request(server.port, "POST", kTable, rows(10, 2));
  request(server.port, "POST", kTable, "{");
  request(server.port, "GET", "/nothing");
  request(server.port, "POST", "/v1/completions",
          R"({"model": "story", "prompt": "xyz", "max_tokens": 5})");
  const auto answer = request(server.port, "GET", "/metrics");
  CHECK(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* line :
       {"candor_build_info{version=\"0.1.0\"} 1", "# TYPE candor_requests_total counter",
        "candor_requests_total{model=\"table\",route=\"predict\",code=\"200\"} 3",
        "candor_requests_total{model=\"table\",route=\"predict\",code=\"400\"} 1",
        "candor_requests_total{model=\"\",route=\"other\",code=\"404\"} 1",
        "candor_request_duration_seconds_count{model=\"table\"} 4",
        "candor_request_duration_seconds_bucket{model=\"table\",le=\"+Inf\"} 4",
        "candor_batch_rows_bucket{model=\"table\",le=\"1\"} 0",
        "candor_batch_rows_bucket{model=\"table\",le=\"2\"} 3",
        "candor_batch_rows_sum{model=\"table\"} 6",
        "candor_tokens_total{model=\"story\",kind=\"prompt\"} 3",
        "candor_tokens_total{model=\"story\",kind=\"completion\"} 5"}) {
    CHECK_THAT(answer.body, CANDOR_CONTAINS(std::string(line) + "\n"));
  }
}

TEST_CASE("a Host that is not this machine's is refused in the protocol's shape", "[serve]") {
  FakeServer server;
  const auto ask = [&](const std::string& target) {
    return RawClient(server.port)
        .send("POST " + target + " HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}")
        .receive();
  };
  for (const auto* target : {"/v2/models/table/infer", "/v1/models/table:predict"}) {
    const auto answer = ask(target);
    CHECK(answer.status == 403);
    CHECK_THAT(answer.body, CANDOR_CONTAINS("{\"error\":\"this server is for this machine only"));
  }
  const auto answer = ask("/v1/completions");
  CHECK(answer.status == 403);
  const auto error = candor::Json::parse(answer.body)["error"];
  CHECK(error["type"] == "invalid_request_error");
  CHECK_THAT(error["message"].get<std::string>(), CANDOR_CONTAINS("--host"));
}

TEST_CASE("tokens made for a client that left are counted", "[serve]") {
  FakeServer server;
  server.observed.endless = true;
  RawClient leaving(server.port);
  leaving.send(post("/v1/models/story:predict", R"({"instances": ["xyz"]})"));
  REQUIRE(server.observed.wait_for_batches(1));
  leaving.close();
  CHECK(metric_is(server, "candor_tokens_total{model=\"story\",kind=\"prompt\"} 3"));
  CHECK_FALSE(metric_is_now(server, "candor_tokens_total{model=\"story\",kind=\"completion\"} 0"));
}

TEST_CASE("metrics tell what became of a stream, and time only what was a request", "[serve]") {
  FakeServer server;
  const auto completions = [](const std::string& code) {
    return "candor_requests_total{model=\"story\",route=\"completions\",code=\"" + code + "\"} 1";
  };
  request(server.port, "POST", "/v1/completions",
          R"({"model": "story", "prompt": "burst", "stream": true})");
  CHECK(metric_is(server, completions("500")));

  server.observed.endless = true;
  RawClient leaving(server.port);
  leaving.send(post("/v1/completions", R"({"model": "story", "prompt": "x", "stream": true})"));
  REQUIRE(leaving.wait_for("\"text\":\"c\""));
  leaving.close();
  CHECK(metric_is(server, completions("499")));
  server.observed.endless = false;

  RawClient old(server.port);
  old.send("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n");
  CHECK(old.receive().status == 505);
  CHECK(metric_is(server, "candor_requests_total{model=\"\",route=\"other\",code=\"505\"} 1"));
  FakeServer other;
  RawClient malformed(other.port);
  malformed.send("nonsense\r\n\r\n");
  CHECK(malformed.receive().status == 400);
  const auto text = request(other.port, "GET", "/metrics").body;
  CHECK_THAT(text, CANDOR_CONTAINS("{model=\"\",route=\"other\",code=\"400\"} 1\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("candor_request_duration_seconds_count{model=\"\"} 0\n"));
}

TEST_CASE("work that leaves without an answer is counted and answered once", "[serve]") {
  FakeServer server;
  server.observed.digest_fails = true;
  const auto answer = request(server.port, "POST", kTable, rows(10));
  CHECK(answer.status == 500);
  CHECK(answer.body == R"({"error":"internal error"})");
  CHECK(metric_is(server, "candor_requests_total{model=\"\",route=\"other\",code=\"500\"} 1"));
}

TEST_CASE("a server whose start fails ends in order while clients ask", "[serve]") {
  for (int round = 0; round < 10; ++round) {
    Observed observed;
    std::vector<candor::ServedModel> models(1);
    models[0].name = "table";
    models[0].replicas.push_back(std::make_unique<candor::test::FakeTable>(observed));
    std::vector<std::thread> clients;
    std::atomic<int> answered{0};
    candor::ServerOptions options;
    options.port = 0;
    options.on_ready = [&](std::uint16_t port) {
      for (int c = 0; c < 3; ++c) {
        clients.emplace_back([&answered, port] {
          for (int i = 0; i < 500; ++i) {
            RawClient client(port);
            while (client.connected() && client.request("POST", kTable, rows(10)).status != 0) {
              ++answered;
            }
            if (!client.connected()) return;
          }
        });
      }
      while (answered < 20) std::this_thread::sleep_for(1ms);
      throw candor::Error(candor::ErrorKind::failed, "cannot tell anybody");
    };
    const auto error = error_of([&] { candor::serve(std::move(models), options); });
    for (auto& client : clients) client.join();
    REQUIRE(error);
    CHECK(std::string(error->what()) == "cannot tell anybody");
  }
}

TEST_CASE("many clients at once each get their own answer", "[serve]") {
  candor::ServerOptions options;
  options.http_threads = 2;
  FakeServer server(options);
  std::vector<std::future<int>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::async(std::launch::async, [&server, c] {
      RawClient client(server.port);
      int right = 0;
      for (int i = 0; i < 100; ++i) {
        const int age = c % 4 * 25;
        const auto answer = client.request("POST", kTable, rows(age, 1 + i % 3));
        const std::string expected[] = {"[1,0]", "[0.75,0.25]", "[0.5,0.5]", "[0.25,0.75]"};
        right += answer.status == 200 && answer.body.find(expected[c % 4]) != std::string::npos;
      }
      return right;
    }));
  }
  for (auto& client : clients) CHECK(client.get() == 100);
}

TEST_CASE("the bodies of requests are bounded together, but not while they wait for the model",
          "[serve]") {
  candor::ServerOptions options;
  options.max_body = 20'000;
  options.max_bodies = 30'000;
  FakeServer server(options);
  auto first = occupy(server);
  const auto large = rows(25) + std::string(15'000, ' ');
  std::vector<Sent> waiting;
  for (int i = 0; i < 5; ++i) {  // together more than max_bodies
    waiting.push_back(std::make_unique<RawClient>(server.port));
    waiting.back()->send(post(kTable, large));
    REQUIRE(metric_is(server, "candor_queue_rows{model=\"table\"} " + std::to_string(i + 1)));
  }
  const auto part = [](const std::string& target, int sent) {
    return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n" +
           std::string(static_cast<std::size_t>(sent), ' ');
  };
  RawClient half(server.port);
  half.send(part(kTable, 19'999));
  // Until the server has read that much, it still has room for the other.
  RawAnswer refused;
  for (int i = 0; i < 100 && refused.status != 503; ++i) {
    refused = RawClient(server.port).send(part("/v1/completions", 20'000)).receive();
  }
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(
      refused.body ==
      R"({"error":{"message":"the server holds as many requests as it has memory for; try again later","type":"server_error","param":null,"code":null}})");
  server.observed.hold(false);
  CHECK(first->receive().status == 200);
  for (const auto& client : waiting) CHECK(client->receive().status == 200);
  half.close();
}
