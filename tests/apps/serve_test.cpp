// SPDX-License-Identifier: Apache-2.0
// The real server with three real models: every protocol, every client's mistake, and a clean stop.
#include <nlohmann/json.hpp>

#include <thread>

#include "apps/served.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::Served;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

std::string base64(const std::string& bytes) {
  static const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      block = block << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[block >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

// Trains the three families once for all tests of this file.
struct Models {
  TempDir folder;
  std::string table = run("table", "train.epochs=10"), text = run("text", "train.steps=60"),
              images = run("images", "train.epochs=3");

  std::string run(const std::string& family, const std::string& shorter) {
    const auto path = (folder / ("run-" + family)).string();
    const auto trained =
        run_candor({"train", write_config(family, folder), shorter, "--run", path});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    return path;
  }
};

Models& models() {
  static Models trained;
  return trained;
}

std::vector<std::string> three() {
  return {"people=" + models().table, "story=" + models().text, "shapes=" + models().images};
}

const char* kInfer = R"({"inputs": [
  {"name": "age", "shape": [2], "datatype": "FP64", "data": [30, 61]},
  {"name": "income", "shape": [2], "datatype": "FP64", "data": [20000, 45000]},
  {"name": "city", "shape": [2], "datatype": "BYTES", "data": ["Cork", "Bergen"]}]})";

}  // namespace

TEST_CASE("three models answer through their protocols from one process", "[serve]") {
  Served server(three());
  INFO(server.err());
  REQUIRE(server.port != 0);
  CHECK(server.get("/v2/health/live").status == 200);
  CHECK(server.get("/v2/health/ready").status == 200);
  for (const auto* name : {"people", "story", "shapes"}) {
    CHECK(server.get(std::string("/v2/models/") + name).status == 200);
    CHECK(server.get(std::string("/v1/models/") + name).status == 200);
  }

  const auto inferred = server.post("/v2/models/people/infer", kInfer);
  INFO(inferred.body);
  REQUIRE(inferred.status == 200);
  CHECK(Json::parse(inferred.body).at("model_name") == "people");

  const auto predicted =
      server.post("/v1/models/people:predict",
                  R"({"instances": [{"age": 30, "income": null, "city": "Cork"}]})");
  INFO(predicted.body);
  REQUIRE(predicted.status == 200);
  const auto answer = Json::parse(predicted.body).at("predictions").at(0);
  CHECK((answer.at("label") == "yes" || answer.at("label") == "no"));

  const auto image = base64(slurp(models().folder / "shapes" / "dark" / "0.png"));
  const auto seen =
      server.post("/v1/models/shapes:predict", R"({"instances": [{"b64": ")" + image + "\"}]}");
  INFO(seen.body);
  REQUIRE(seen.status == 200);
  CHECK(Json::parse(seen.body).at("predictions").at(0).at("probabilities").size() == 2);

  const auto completed = server.post(
      "/v1/completions", R"({"model": "story", "prompt": "the cat", "max_tokens": 5, "seed": 3})");
  INFO(completed.body);
  REQUIRE(completed.status == 200);
  CHECK(Json::parse(completed.body).at("usage").at("completion_tokens") == 5);

  const auto streamed = server.post(
      "/v1/completions",
      R"({"model": "story", "prompt": "the cat", "max_tokens": 5, "seed": 3, "stream": true})");
  CHECK(streamed.status == 200);
  CHECK_THAT(streamed.body, CANDOR_CONTAINS("data: [DONE]"));

  const auto metrics = server.get("/metrics");
  CHECK(metrics.status == 200);
  CHECK_THAT(metrics.body, CANDOR_CONTAINS("candor_"));
  CHECK(server.stop().exit_code == 0);
}

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
  Served server(three());
  REQUIRE(server.port != 0);
  const auto tf = [&](const std::string& body) {
    return server.post("/v1/models/people:predict", body);
  };
  struct Case {
    const char* what;
    int status;
    candor::test::HttpAnswer answer;
  };
  const std::vector<Case> cases = {
      {"wrong JSON", 400, tf("{\"instances\": [")},
      {"unknown column", 400,
       tf(R"({"instances": [{"age": 1, "income": 2, "city": "x", "hat": "secret-4711"}]})")},
      {"missing column", 400, tf(R"({"instances": [{"age": 1, "income": 2}]})")},
      {"wrong type", 400,
       tf(R"({"instances": [{"age": "secret-4711", "income": 2, "city": "x"}]})")},
      {"unknown model", 404, server.post("/v1/models/nobody:predict", R"({"instances": []})")},
      {"broken image", 400,
       server.post("/v1/models/shapes:predict", R"({"instances": [{"b64": "aGVsbG8="}]})")},
      {"not base64", 400,
       server.post("/v1/models/shapes:predict", R"({"instances": [{"b64": "%%%"}]})")},
      {"unknown model of KServe", 404, server.post("/v2/models/nobody/infer", kInfer)},
      {"KServe without inputs", 400, server.post("/v2/models/people/infer", "{}")},
      {"unknown model of OpenAI", 404,
       server.post("/v1/completions", R"({"model": "nobody", "prompt": "x"})")},
      {"too many tokens", 400,
       server.post("/v1/completions",
                   R"({"model": "story", "prompt": "x", "max_tokens": 1000000})")},
      {"no route", 404, server.get("/nothing/here")},
      {"wrong method", 405, server.get("/v1/models/people:predict")},
  };
  for (const auto& test : cases) {
    INFO(test.what << ": " << test.answer.body);
    CHECK(test.answer.status == test.status);
    CHECK(Json::parse(test.answer.body).contains("error"));
    CHECK(test.answer.body.find("secret-4711") == std::string::npos);
  }
  CHECK(tf(R"({"instances": [{"age": 1, "income": 2, "city": "x"}]})").status == 200);
}

TEST_CASE("a body above the limit is refused and the server lives on", "[serve]") {
  Served server({"people=" + models().table});
  REQUIRE(server.port != 0);
  CHECK(server.post("/v1/models/people:predict", std::string((16u << 20) + 1, ' ')).status == 413);
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
