// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "core/base/json.h"
#include "core/serve/fake_models.h"
#include "support/catch.h"
#include "support/raw_client.h"

using candor::Json;
using candor::test::FakeServer;
using candor::test::RawClient;
using candor::test::request;

namespace {

const std::string kRoute = "/v1/completions";

std::string body(const std::string& more = "") {
  return R"({"model": "story", "prompt": "tell")" + more + "}";
}

}  // namespace

TEST_CASE("OpenAI: a completion has choices and usage", "[serve]") {
  FakeServer server;
  const auto answer =
      request(server.port, "POST", kRoute,
              body(R"(, "max_tokens": 5, "temperature": 0, "top_p": 0.9, "seed": 3)"));
  CHECK(answer.status == 200);
  CHECK(answer.header("X-Candor-Model-Digest") == std::string(64, 'd'));
  const auto json = Json::parse(answer.body);
  CHECK(json["object"] == "text_completion");
  CHECK(json["model"] == "story");
  CHECK(json["id"].get<std::string>().rfind("cmpl-", 0) == 0);
  CHECK(json["choices"].dump() ==
        R"([{"text":"abcde","index":0,"logprobs":null,"finish_reason":"length"}])");
  CHECK(json["usage"].dump() == R"({"prompt_tokens":4,"completion_tokens":5,"total_tokens":9})");
  const auto text = [&](const std::string& more) {
    return Json::parse(request(server.port, "POST", kRoute, body(more)).body)["choices"][0];
  };
  CHECK(text("")["text"] == "abcdefghijklmnop");
  CHECK(
      text(
          R"(, "stop": ["c"], "n": 1, "echo": false, "suffix": null, "logit_bias": {}, "user": "u")")
          ["text"] == "ab");
  CHECK(text(R"(, "stop": "c")")["finish_reason"] == "stop");
  const auto listed = request(server.port, "POST", kRoute,
                              R"({"model": "story", "prompt": ["tell"], "max_tokens": 2})");
  CHECK(Json::parse(listed.body)["usage"]["prompt_tokens"] == 4);
}

TEST_CASE("OpenAI: a stream is server-sent events that end with DONE", "[serve]") {
  FakeServer server;
  const auto answer = request(
      server.port, "POST", kRoute,
      body(R"(, "max_tokens": 2, "stream": true, "stream_options": {"include_usage": true})"));
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type") == "text/event-stream");
  CHECK(answer.header("X-Candor-Model-Digest") == std::string(64, 'd'));
  std::vector<std::string> events;
  for (std::size_t at = 0; at < answer.body.size();) {
    const auto end = answer.body.find("\n\n", at);
    REQUIRE(end != std::string::npos);
    REQUIRE(answer.body.substr(at, 6) == "data: ");
    events.push_back(answer.body.substr(at + 6, end - at - 6));
    at = end + 2;
  }
  REQUIRE(events.size() == 5);
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(Json::parse(events[i]).contains("usage"));
    CHECK(Json::parse(events[i])["usage"].is_null());
  }
  const auto choice = [&](std::size_t i) { return Json::parse(events[i])["choices"].dump(); };
  CHECK(choice(0) == R"([{"text":"a","index":0,"logprobs":null,"finish_reason":null}])");
  CHECK(choice(1) == R"([{"text":"b","index":0,"logprobs":null,"finish_reason":null}])");
  CHECK(choice(2) == R"([{"text":"","index":0,"logprobs":null,"finish_reason":"length"}])");
  CHECK(choice(3) == "[]");
  CHECK(Json::parse(events[3])["usage"]["total_tokens"] == 6);
  CHECK(events[4] == "[DONE]");
  const auto plain = request(server.port, "POST", kRoute, body(R"(, "stream": true)"));
  CHECK(plain.body.find("\"usage\"") == std::string::npos);
}

TEST_CASE("OpenAI: a client that leaves its stream ends the generation", "[serve]") {
  FakeServer server;
  server.observed.endless = true;
  RawClient client(server.port);
  const auto text = body(R"(, "stream": true)");
  client.send("POST " + kRoute + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(text.size()) + "\r\n\r\n" + text);
  REQUIRE(client.wait_for("\"text\":\"c\""));
  client.close();
  for (int i = 0; i < 1000 && server.observed.cancelled == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(server.observed.cancelled == 1);
}

TEST_CASE("OpenAI: an error before the stream has its status, one inside is an event", "[serve]") {
  FakeServer server;
  const auto refused = request(server.port, "POST", kRoute,
                               R"({"model": "story", "prompt": "refused", "stream": true})");
  CHECK(refused.status == 400);
  CHECK(
      refused.body ==
      R"({"error":{"message":"the prompt is refused","type":"invalid_request_error","param":null,"code":"invalid_request"}})");
  const auto broken = request(server.port, "POST", kRoute,
                              R"({"model": "story", "prompt": "burst", "stream": true})");
  CHECK(broken.status == 200);
  CHECK_THAT(
      broken.body,
      CANDOR_CONTAINS(R"(data: {"error":{"message":"internal error","type":"server_error")"));
  CHECK(broken.body.find("secret-4711") == std::string::npos);
  CHECK(broken.body.find("[DONE]") == std::string::npos);
}

TEST_CASE("OpenAI: what is not supported is refused", "[serve]") {
  FakeServer server;
  struct Case {
    std::string body;
    int status;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"[]", 400, "the request body must be a JSON object"},
      {R"({"prompt": "x"})", 400, "'model' is missing"},
      {R"({"model": "story"})", 400, "'prompt' is missing"},
      {R"({"model": "nobody", "prompt": "x"})", 404,
       "unknown model; this server has table, house, images, story"},
      {R"({"model": "table", "prompt": "x"})", 400,
       "model 'table' is not a language model; use /v1/models/table:predict"},
      {R"({"model": "story", "prompt": 4711})", 400,
       "'prompt' must be a string, or an array of one string"},
      {R"({"model": "story", "prompt": ["secret-4711", "x"]})", 400,
       "'prompt' must be a string, or an array of one string"},
      {R"({"model": "story", "prompt": [4711]})", 400,
       "'prompt' must be a string, or an array of one string"},
      {R"({"model": "story", "prompt": "a prompt of more than 32 characters"})", 400,
       "the prompt has 35 tokens, which leaves no room in the model's context of 32; send a "
       "shorter one"},
      {body(R"(, "max_tokens": 0)"), 400, "'max_tokens' must be at least 1"},
      {body(R"(, "max_tokens": 1.5)"), 400, "'max_tokens' must be an integer"},
      {body(R"(, "max_tokens": 29)"), 400,
       "the prompt has 4 tokens; with max_tokens that is more than the model's context of 32; "
       "max_tokens may be at most 28"},
      {body(R"(, "temperature": 2.5)"), 400, "'temperature' must be a number from 0 to 2"},
      {body(R"(, "temperature": "hot")"), 400, "'temperature' must be a number from 0 to 2"},
      {body(R"(, "top_p": 0)"), 400, "'top_p' must be above 0"},
      {body(R"(, "stop": [""])"), 400,
       "'stop' must be a string that is not empty, or an array of such"},
      {body(R"(, "stop": ["a", "b", "c", "d", "e"])"), 400, "'stop' may have at most 4 strings"},
      {body(R"(, "stream": 1)"), 400, "'stream' must be true or false"},
      {body(R"(, "stream_options": {"include_usage": true})"), 400,
       "'stream_options' needs 'stream': true"},
      {body(R"(, "n": 2)"), 400, "'n' is not supported with this value; leave it out"},
      {body(R"(, "logprobs": 5)"), 400,
       "'logprobs' is not supported with this value; leave it out"},
      {body(R"(, "maxtokens": 5)"), 400, "a field is not known; did you mean 'max_tokens'?"},
      {body(R"(, "max_tokens": 1, "max_tokens": 2)"), 400,
       "request body: not valid JSON: the key /max_tokens stands twice (line 1, column 67)"},
  };
  for (const auto& test : cases) {
    INFO(test.body);
    const auto answer = request(server.port, "POST", kRoute, test.body);
    CHECK(answer.status == test.status);
    const auto error = Json::parse(answer.body)["error"];
    CHECK(error["message"] == test.message);
    CHECK(error["type"] == "invalid_request_error");
    CHECK(error["code"] == (test.status == 404 ? "model_not_found" : "invalid_request"));
    CHECK(error.contains("param"));
  }
}

TEST_CASE("OpenAI: the list of models", "[serve]") {
  FakeServer server;
  const auto list = Json::parse(request(server.port, "GET", "/v1/models").body);
  CHECK(list["object"] == "list");
  REQUIRE(list["data"].size() == 4);
  CHECK(list["data"][3]["id"] == "story");
  CHECK(list["data"][3]["object"] == "model");
  CHECK(list["data"][3]["owned_by"] == "candor");
}

TEST_CASE("OpenAI: what fails before or behind the protocol has its shape too", "[serve]") {
  candor::ServerOptions options;
  options.max_body = 1000;
  FakeServer server(options);
  const auto error = [&](const std::string& method, const std::string& target,
                         const std::string& text, int status) {
    INFO(target);
    const auto answer = request(server.port, method, target, text);
    CHECK(answer.status == status);
    const auto found = Json::parse(answer.body)["error"];
    REQUIRE(found.is_object());
    CHECK(found["type"] == (status < 500 ? "invalid_request_error" : "server_error"));
    return found["message"].get<std::string>();
  };
  const std::string no_route =
      "no such route; there are /v1/models, /v1/completions, /v2 and /metrics";
  CHECK(error("POST", "/v1/chat/completions", body(), 404) == no_route);
  CHECK(error("GET", "/v1/engines?x=1", "", 404) == no_route);
  CHECK(error("POST", "/v1/models", "{}", 405) == "this route takes GET, HEAD only");
  const std::string too_long =
      "the request's body is longer than the 1000 bytes that this server takes; send smaller "
      "requests";
  CHECK(error("POST", kRoute, std::string(1001, ' '), 413) == too_long);
  CHECK(error("POST", "/v1/chat/completions", std::string(1001, ' '), 413) == too_long);
  for (const auto* broken : {R"({"model": "story", "prompt": )", "{\"model\": secret-4711}", ""}) {
    const auto message = error("POST", kRoute, broken, 400);
    CHECK_THAT(message, CANDOR_CONTAINS("request body"));
    CHECK_THAT(message, CANDOR_CONTAINS("not valid JSON"));
    CHECK(message.find("4711") == std::string::npos);
  }
  server.observed.digest_fails = true;
  CHECK(error("POST", kRoute, body(), 500) == "internal error");
}
