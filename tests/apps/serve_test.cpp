// SPDX-License-Identifier: Apache-2.0
// The real server with three real models: every client's mistake, many clients, and a clean stop.
#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <thread>

#include "apps/served.h"
#include "apps/served_models.h"
#include "support/catch.h"

using candor::test::base64;
using candor::test::models;
using candor::test::run_candor;
using candor::test::Served;
using candor::test::slurp;
using candor::test::TempDir;
using candor::test::three_models;
using Json = nlohmann::json;

namespace {

const char* kInfer = R"({"inputs": [
  {"name": "age", "shape": [2], "datatype": "FP64", "data": [30, 61]},
  {"name": "income", "shape": [2], "datatype": "FP64", "data": [20000, 45000]},
  {"name": "city", "shape": [2], "datatype": "BYTES", "data": ["Cork", "Bergen"]}]})";

// A string for KServe and TensorFlow Serving, an object for OpenAI.
void check_error(const std::string& target, const std::string& body) {
  const auto json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  REQUIRE(json.is_object());
  REQUIRE(json.contains("error"));
  const auto& error = json.at("error");
  const bool openai = target == "/v1/completions" || target == "/v1/chat/completions";
  if (!openai) {
    CHECK(error.is_string());
    CHECK(json.size() == 1);
    return;
  }
  REQUIRE(error.is_object());
  CHECK(error.at("message").is_string());
  CHECK(error.at("type") == "invalid_request_error");
  CHECK(error.contains("param"));
  CHECK(error.contains("code"));
  if (body.find("unknown model") != std::string::npos) CHECK(error.at("code") == "model_not_found");
}

// Waits until `line` stands in the metrics.
bool metric_is(const Served& server, const std::string& line) {
  for (int tries = 0; tries < 500; ++tries) {
    if (server.get("/metrics").body.find(line + "\n") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("what is served is what predict writes", "[serve]") {
  Served server({"people=" + models().table});
  REQUIRE(server.port != 0);
  candor::test::RunOptions options;
  options.input = "{\"age\": 44, \"income\": 31000, \"city\": \"Bergen\"}\n";
  const auto written =
      Json::parse(run_candor({"predict", models().table, "--input", "-"}, options).out);
  const auto answer =
      server.post("/v1/models/people:predict",
                  R"({"instances": [{"age": 44, "income": 31000, "city": "Bergen"}]})");
  REQUIRE(answer.status == 200);
  const auto served = Json::parse(answer.body).at("predictions").at(0);
  CHECK(served.at("label") == written.at("label"));
  // In the order of the labels, where predict names each.
  CHECK(served.at("probabilities") ==
        Json{written.at("probabilities").at("no"), written.at("probabilities").at("yes")});
}

TEST_CASE("a client's mistake gets its protocol's error and the server lives on", "[serve]") {
  Served server(three_models());
  REQUIRE(server.port != 0);
  const std::string people = "/v1/models/people:predict", shapes = "/v1/models/shapes:predict";
  const std::string completions = "/v1/completions";
  std::string long_text = "the cat sees the sun. ";
  while (long_text.size() < 2000) long_text += long_text;
  const auto tensor = [](const std::string& name, const std::string& value) {
    return R"({"inputs": [{"name": ")" + name +
           R"(", "shape": [1], "datatype": "BYTES", "data": [")" + value + "\"]}]}";
  };
  struct Case {
    std::string what;
    int status;
    std::string target, body;
  };
  const std::vector<Case> cases = {
      {"TF: JSON that ends too early", 400, people, "{\"instances\": ["},
      {"TF: unknown column", 400, people,
       R"({"instances": [{"age": 1, "income": 2, "city": "x", "hat": "secret-4711"}]})"},
      {"TF: missing column", 400, people, R"({"instances": [{"age": 1, "income": 2}]})"},
      {"TF: wrong type", 400, people,
       R"({"instances": [{"age": "secret-4711", "income": 2, "city": "x"}]})"},
      {"TF: unknown model", 404, "/v1/models/nobody:predict", R"({"instances": []})"},
      {"TF: broken image", 400, shapes, R"({"instances": [{"b64": "aGVsbG8="}]})"},
      {"TF: not base64", 400, shapes, R"({"instances": [{"b64": "%%%"}]})"},
      {"TF: text too long", 400, "/v1/models/story:predict",
       R"({"instances": [")" + long_text + "\"]}"},
      {"TF: too many prompts", 413, "/v1/models/story:predict",
       R"({"instances": ["a","a","a","a","a","a","a","a","a"]})"},
      {"KServe: JSON that ends too early", 400, "/v2/models/people/infer", "{\"inputs\": ["},
      {"KServe: no inputs", 400, "/v2/models/people/infer", "{}"},
      {"KServe: wrong type", 400, "/v2/models/people/infer", tensor("age", "secret-4711")},
      {"KServe: unknown model", 404, "/v2/models/nobody/infer", kInfer},
      {"KServe: broken image", 400, "/v2/models/shapes/infer", tensor("image", "aGVsbG8=")},
      {"KServe: not base64", 400, "/v2/models/shapes/infer", tensor("image", "%%%")},
      {"KServe: text too long", 400, "/v2/models/story/infer", tensor("text", long_text)},
      {"OpenAI: JSON that ends too early", 400, completions, R"({"model": "story", "prompt": )"},
      {"OpenAI: unknown model", 404, completions, R"({"model": "nobody", "prompt": "x"})"},
      {"OpenAI: no language model", 400, completions, R"({"model": "people", "prompt": "x"})"},
      {"OpenAI: wrong type", 400, completions,
       R"({"model": "story", "prompt": "x", "seed": "secret-4711"})"},
      {"OpenAI: more tokens than the context holds", 400, completions,
       R"({"model": "story", "prompt": "x", "max_tokens": 1000000})"},
      {"OpenAI: text too long", 400, completions,
       R"({"model": "story", "prompt": ")" + long_text + "\"}"},
      {"OpenAI: no route", 404, "/v1/chat/completions", R"({"model": "story"})"},
      {"no route", 404, "/nothing/here", ""},
  };
  for (const auto& test : cases) {
    const auto answer = server.post(test.target, test.body);
    INFO(test.what << ": " << answer.body);
    CHECK(answer.status == test.status);
    check_error(test.target, answer.body);
    CHECK(answer.body.find("secret-4711") == std::string::npos);
  }
  const auto wrong_method = server.get(people);
  CHECK(wrong_method.status == 405);
  check_error(people, wrong_method.body);
  CHECK(server.post(people, R"({"instances": [{"age": 1, "income": 2, "city": "x"}]})").status ==
        200);
}

TEST_CASE("a body above the limit is refused and the server lives on", "[serve]") {
  Served server({"people=" + models().table, "--max-body", "100000"});
  REQUIRE(server.port != 0);
  for (const std::string target :
       {"/v1/models/people:predict", "/v2/models/people/infer", "/v1/completions"}) {
    INFO(target);
    const auto answer = server.post(target, std::string(100'001, ' '));
    CHECK(answer.status == 413);
    check_error(target, answer.body);
  }
  CHECK(server.get("/v2/health/ready").status == 200);
}

TEST_CASE("concurrent requests get their own answers", "[serve]") {
  Served server({"people=" + models().table});
  REQUIRE(server.port != 0);
  const auto body = [](int age) {
    return R"({"instances": [{"age": )" + std::to_string(age) +
           R"(, "income": 30000, "city": "Cork"}]})";
  };
  std::vector<std::string> alone;
  for (int age = 20; age < 28; ++age)
    alone.push_back(server.post("/v1/models/people:predict", body(age)).body);
  std::vector<std::string> together(alone.size());
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    clients.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        together[i] = server.post("/v1/models/people:predict", body(20 + static_cast<int>(i))).body;
      }
    });
  }
  for (auto& client : clients) client.join();
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const auto one =
        Json::parse(alone[i]).at("predictions").at(0).at("probabilities").at(0).get<double>();
    const auto other =
        Json::parse(together[i]).at("predictions").at(0).at("probabilities").at(0).get<double>();
    CHECK(other == Approx(one).margin(1e-5));
  }
}

TEST_CASE("requests in flight are answered when SIGTERM comes", "[serve]") {
  // The delay keeps the requests in the queue while the signal comes.
  Served server({"people=" + models().table, "--max-delay-ms", "3000"});
  REQUIRE(server.port != 0);
  std::vector<std::future<candor::test::HttpAnswer>> asked;
  for (int i = 0; i < 3; ++i) {
    asked.push_back(std::async(std::launch::async, [&] {
      return server.post("/v1/models/people:predict",
                         R"({"instances": [{"age": 30, "income": 30000, "city": "Cork"}]})");
    }));
  }
  const bool queued = metric_is(server, "candor_queue_rows{model=\"people\"} 3");
  const auto stopped = server.stop();
  CHECK(queued);
  CHECK(stopped.exit_code == 0);
  CHECK_FALSE(stopped.timed_out);
  for (auto& answer : asked) {
    const auto got = answer.get();
    CHECK(got.status == 200);
    CHECK_THAT(got.headers, CANDOR_CONTAINS("connection: close"));
    CHECK_THAT(got.body, CANDOR_CONTAINS("\"probabilities\""));
  }
  CHECK(server.get("/v2/health/live").status == 0);
}

TEST_CASE("serve tells once where it listens, and what its threads are", "[serve]") {
  Served server({"people=" + models().table});
  REQUIRE(server.port != 0);
  const auto said = server.stop().err;
  const auto first = said.find("listening on");
  REQUIRE(first != std::string::npos);
  CHECK(said.find("listening on", first + 1) == std::string::npos);
  CHECK_THAT(said, CANDOR_CONTAINS("listening on http://127.0.0.1:"));
  const auto help = run_candor({"serve", "--help"}).out;
  CHECK_THAT(help, CANDOR_CONTAINS("threads inside each replica [1]"));
  CHECK(help.find("all cores") == std::string::npos);
}

TEST_CASE("numbers out of their range end serve before it starts", "[serve]") {
  const std::vector<std::vector<std::string>> cases = {
      {"--max-delay-ms", "-1", "10000"},   {"--max-delay-ms", "nan", "10000"},
      {"--max-delay-ms", "1e30", "10000"}, {"--max-body", "9223372036854775807", "1073741824"},
      {"--max-body", "0", "1073741824"},   {"--threads", "0", "1024"},
      {"--port", "65536", "65535"},        {"--replicas", "0", "64"}};
  for (const auto& test : cases) {
    INFO(test[0] << " " << test[1]);
    const auto refused = run_candor({"serve", "nowhere", test[0] + "=" + test[1]});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.rfind("error: " + test[0] + ": ", 0) == 0);
    CHECK_THAT(refused.err, CANDOR_CONTAINS("found '" + test[1] + "'"));
    CHECK_THAT(refused.err, CANDOR_CONTAINS(", " + test[2] + "]"));
  }
}

TEST_CASE("serve refuses what it cannot serve", "[serve]") {
  TempDir folder;
  const auto nothing = run_candor({"serve", (folder / "nowhere").string(), "--port", "0"});
  CHECK(nothing.exit_code == 4);
  CHECK(nothing.err.rfind("error: ", 0) == 0);
  const auto name = run_candor({"serve", "bad name=" + models().table, "--port", "0"});
  CHECK(name.exit_code == 2);
  const auto twice =
      run_candor({"serve", "a=" + models().table, "a=" + models().text, "--port", "0"});
  CHECK(twice.exit_code == 2);
  Served server({"people=" + models().table});
  REQUIRE(server.port != 0);
  const auto taken = run_candor({"serve", models().table, "--port", std::to_string(server.port)});
  CHECK(taken.exit_code == 2);
  CHECK_THAT(taken.err, CANDOR_CONTAINS(std::to_string(server.port)));
}
