// SPDX-License-Identifier: Apache-2.0
// Real models of all three families through every protocol that takes them: the same answer,
// whichever way it is asked for.
#include <png.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "apps/served.h"
#include "apps/served_models.h"
#include "support/catch.h"

using candor::test::base64;
using candor::test::HttpAnswer;
using candor::test::models;
using candor::test::Served;
using candor::test::slurp;
using candor::test::three_models;
using Json = nlohmann::json;

namespace {

Json tensor(const std::string& name, const std::string& datatype, const Json& shape,
            const Json& data) {
  return {{"name", name}, {"datatype", datatype}, {"shape", shape}, {"data", data}};
}

// A request whose tensors follow its JSON as bytes, in this order.
class BinaryRequest {
 public:
  BinaryRequest& add(const std::string& name, const std::string& datatype, const Json& shape,
                     const std::string& bytes) {
    json_["inputs"].push_back({{"name", name},
                               {"datatype", datatype},
                               {"shape", shape},
                               {"parameters", {{"binary_data_size", bytes.size()}}}});
    bytes_ += bytes;
    return *this;
  }

  // With outputs as bytes too.
  HttpAnswer post(const Served& server, const std::string& target) {
    json_["parameters"] = {{"binary_data_output", true}};
    const auto head = json_.dump();
    return server.post(target, head + bytes_,
                       "Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n");
  }

 private:
  Json json_;
  std::string bytes_;
};

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// An element of BYTES: its length before it.
std::string counted(const std::string& text) {
  return bytes_of<std::uint32_t>({static_cast<std::uint32_t>(text.size())}) + text;
}

// Label and probabilities of the first row.
struct Answer {
  std::string label;
  std::vector<float> probabilities;
};

void check_same(const Answer& one, const Answer& other) {
  CHECK(one.label == other.label);
  REQUIRE(one.probabilities.size() == other.probabilities.size());
  for (std::size_t i = 0; i < one.probabilities.size(); ++i)
    CHECK(one.probabilities[i] == Approx(other.probabilities[i]).margin(1e-6));
}

Answer kserve(const HttpAnswer& answer) {
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const auto outputs = Json::parse(answer.body).at("outputs");
  REQUIRE(outputs.at(0).at("name") == "label");
  REQUIRE(outputs.at(1).at("name") == "probabilities");
  const auto classes = outputs.at(1).at("shape").at(1).get<std::size_t>();
  const auto all = outputs.at(1).at("data").get<std::vector<float>>();
  return {outputs.at(0).at("data").at(0), {all.begin(), all.begin() + static_cast<int>(classes)}};
}

// The binary answer to one row.
Answer kserve_binary(const HttpAnswer& answer) {
  REQUIRE(answer.status == 200);
  const std::string header = "inference-header-content-length: ";
  const auto at = answer.headers.find(header);
  REQUIRE(at != std::string::npos);
  const auto length = std::stoul(answer.headers.substr(at + header.size()));
  REQUIRE(length < answer.body.size());
  const auto outputs = Json::parse(answer.body.substr(0, length)).at("outputs");
  std::vector<std::string> parts;
  auto from = length;
  for (const auto& output : outputs) {
    const auto size = output.at("parameters").at("binary_data_size").get<std::size_t>();
    parts.push_back(answer.body.substr(from, size));
    from += size;
  }
  CHECK(from == answer.body.size());
  REQUIRE(parts.size() == 2);
  Answer read{parts[0].substr(4), std::vector<float>(parts[1].size() / sizeof(float))};
  std::memcpy(read.probabilities.data(), parts[1].data(), parts[1].size());
  CHECK(counted(read.label) == parts[0]);
  return read;
}

Answer tfserving(const HttpAnswer& answer) {
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const auto first = Json::parse(answer.body).at("predictions").at(0);
  return {first.at("label"), first.at("probabilities").get<std::vector<float>>()};
}

std::vector<std::uint8_t> read_pixels(const std::string& path, int side) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr) != 0);
  REQUIRE(rgb.size() == static_cast<std::size_t>(side * side * 3));
  return rgb;
}

Json completion(const Served& server, const Json& request) {
  const auto answer = server.post("/v1/completions", request.dump());
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return Json::parse(answer.body);
}

// The pieces of a stream put together; `usage` gets its last chunk's.
std::string stream(const Served& server, Json request, Json& usage) {
  request["stream"] = true;
  request["stream_options"] = {{"include_usage", true}};
  const auto answer = server.post("/v1/completions", request.dump());
  REQUIRE(answer.status == 200);
  CHECK_THAT(answer.headers, CANDOR_CONTAINS("content-type: text/event-stream"));
  std::string text;
  std::vector<std::string> events;
  for (std::size_t at = 0, end; (end = answer.body.find("\n\n", at)) != std::string::npos;
       at = end + 2) {
    REQUIRE(answer.body.substr(at, 6) == "data: ");
    events.push_back(answer.body.substr(at + 6, end - at - 6));
  }
  REQUIRE(events.size() >= 3);
  CHECK(events.back() == "[DONE]");
  events.pop_back();
  for (const auto& event : events) {
    const auto chunk = Json::parse(event);
    usage = chunk.at("usage");
    if (!chunk.at("choices").empty()) {
      CHECK(usage.is_null());
      text += chunk.at("choices").at(0).at("text").get<std::string>();
    }
  }
  return text;
}

}  // namespace

TEST_CASE("three models are described and ready in one process", "[serve]") {
  Served server(three_models());
  INFO(server.err());
  REQUIRE(server.port != 0);
  CHECK(server.get("/v2/health/live").status == 200);
  CHECK(server.get("/v2/health/ready").status == 200);
  for (const std::string name : {"people", "story", "shapes"}) {
    INFO(name);
    CHECK(Json::parse(server.get("/v2/models/" + name).body).at("name") == name);
    CHECK(server.get("/v2/models/" + name + "/versions/1/ready").status == 200);
    CHECK(Json::parse(server.get("/v1/models/" + name).body).contains("model_version_status"));
    CHECK(Json::parse(server.get("/v1/models/" + name + "/versions/1/metadata").body)
              .contains("metadata"));
  }
  CHECK(Json::parse(server.get("/v1/models").body).at("data").size() == 3);
  CHECK_THAT(server.get("/metrics").body,
             CANDOR_CONTAINS("candor_requests_total{model=\"people\",route=\"metadata\","));
  CHECK(server.stop().exit_code == 0);
}

TEST_CASE("a table's row gets the same answer by every protocol", "[serve]") {
  Served server(three_models());
  REQUIRE(server.port != 0);
  const auto rows =
      tfserving(server.post("/v1/models/people:predict",
                            R"({"instances": [{"age": 44, "income": 31000, "city": "Bergen"}]})"));
  CHECK((rows.label == "yes" || rows.label == "no"));
  const auto columns =
      server.post("/v1/models/people:predict",
                  R"({"inputs": {"age": [44], "income": [31000], "city": ["Bergen"]}})");
  REQUIRE(columns.status == 200);
  CHECK(Json::parse(columns.body).at("outputs").at("label").at(0) == rows.label);
  const Json inputs = {{"inputs",
                        {tensor("age", "FP64", {1}, {44}), tensor("income", "INT64", {1}, {31000}),
                         tensor("city", "BYTES", {1}, {"Bergen"})}}};
  check_same(kserve(server.post("/v2/models/people/infer", inputs.dump())), rows);
  const auto bytes = BinaryRequest()
                         .add("age", "FP32", {1}, bytes_of<float>({44}))
                         .add("income", "FP64", {1, 1}, bytes_of<double>({31000}))
                         .add("city", "BYTES", {1}, counted("Bergen"))
                         .post(server, "/v2/models/people/versions/1/infer");
  check_same(kserve_binary(bytes), rows);

  const auto missing = server.post("/v1/models/people/versions/1:predict",
                                   R"({"instances": [{"age": 30, "income": null, "city": null}]})");
  CHECK(missing.status == 200);
}

TEST_CASE("a table's text gets the same answer by every protocol", "[serve]") {
  Served server({"messages=" + models().messages});
  REQUIRE(server.port != 0);
  const std::string predict = "/v1/models/messages:predict", infer = "/v2/models/messages/infer";
  const std::string text = "free tickets call now, n\u00e9w";
  const auto expected = tfserving(
      server.post(predict, Json{{"instances", {{{"message", text}, {"words", 4}}}}}.dump()));
  CHECK((expected.label == "ham" || expected.label == "spam"));
  const auto inputs = Json{
      {"inputs", {tensor("message", "BYTES", {1}, {text}), tensor("words", "INT64", {1}, {4})}}};
  check_same(kserve(server.post(infer, inputs.dump())), expected);
  const auto bytes = BinaryRequest()
                         .add("message", "BYTES", {1}, counted(text))
                         .add("words", "FP64", {1}, bytes_of<double>({4}))
                         .post(server, infer);
  check_same(kserve_binary(bytes), expected);
  // More rows than one run of the model takes: the answer to each is what it is alone.
  Json many = {{"instances", Json::array()}};
  for (int i = 0; i < 150; ++i) {
    const auto words = i % 3 == 0 ? text : std::string(static_cast<std::size_t>(i % 40), 'a');
    many["instances"].push_back({{"message", words}, {"words", 4}});
  }
  const auto answer = server.post(predict, many.dump());
  REQUIRE(answer.status == 200);
  const auto predictions = Json::parse(answer.body).at("predictions");
  REQUIRE(predictions.size() == 150);
  for (int i = 0; i < 150; i += 3) {
    CHECK(predictions.at(static_cast<std::size_t>(i)).at("probabilities").at(0).get<double>() ==
          Approx(expected.probabilities[0]).epsilon(1e-5));
  }
  const auto missing = server.post(predict, R"({"instances": [{"message": null, "words": 4}]})");
  CHECK(missing.status == 200);
  const auto wrong = server.post(predict, R"({"instances": [{"message": {"a": 1}, "words": 4}]})");
  CHECK(wrong.status == 400);
  CHECK_THAT(
      wrong.body,
      CANDOR_CONTAINS("input 'message': expected a string, a number, true, false or null, found"));
  const auto metadata = Json::parse(server.get("/v2/models/messages").body);
  CHECK(metadata.at("inputs").at(0).at("datatype") == "BYTES");
}

TEST_CASE("an image gets the same answer encoded, as bytes and as pixels", "[serve]") {
  Served server(three_models());
  REQUIRE(server.port != 0);
  const auto path = (models().folder / "shapes" / "dark" / "0.png").string();
  const auto png = slurp(path);
  const auto pixels = read_pixels(path, 16);
  const auto expected = tfserving(server.post(
      "/v1/models/shapes:predict", R"({"instances": [{"b64": ")" + base64(png) + "\"}]}"));
  CHECK(expected.probabilities.size() == 2);
  const std::string infer = "/v2/models/shapes/infer";
  const auto ask = [&](const Json& input) {
    return kserve(server.post(infer, Json{{"inputs", {input}}}.dump()));
  };
  check_same(ask(tensor("image", "BYTES", {1}, {base64(png)})), expected);
  check_same(ask(tensor("image", "UINT8", {1, 16, 16, 3}, pixels)), expected);
  check_same(
      kserve_binary(BinaryRequest().add("image", "BYTES", {1}, counted(png)).post(server, infer)),
      expected);
  check_same(kserve_binary(BinaryRequest()
                               .add("image", "UINT8", {1, 16, 16, 3}, bytes_of(pixels))
                               .post(server, infer)),
             expected);
}

TEST_CASE("a language model continues a prompt alike by every protocol", "[serve]") {
  Served server(three_models());
  REQUIRE(server.port != 0);
  const Json request = {{"model", "story"}, {"prompt", "the cat"}, {"max_tokens", 12}, {"seed", 3}};
  const auto whole = completion(server, request);
  const auto text = whole.at("choices").at(0).at("text").get<std::string>();
  CHECK_FALSE(text.empty());
  CHECK(whole.at("usage").at("completion_tokens") == 12);
  CHECK(completion(server, request).at("choices") == whole.at("choices"));
  Json usage;
  CHECK(stream(server, request, usage) == text);
  CHECK(usage == whole.at("usage"));

  const Json infer = {{"inputs", {tensor("text", "BYTES", {2}, {"the cat", "the dog"})}},
                      {"parameters", {{"max_tokens", 12}, {"seed", 3}}}};
  const auto inferred = server.post("/v2/models/story/infer", infer.dump());
  INFO(inferred.body);
  REQUIRE(inferred.status == 200);
  const auto texts = Json::parse(inferred.body).at("outputs").at(0).at("data");
  REQUIRE(texts.size() == 2);
  CHECK(texts.at(0) == text);

  // TensorFlow Serving has no options: seed 0, and as much as the context of 32 leaves.
  Json full = request;
  full["seed"] = 0;
  full["max_tokens"] = 32 - whole.at("usage").at("prompt_tokens").get<int>();
  const auto expected = completion(server, full).at("choices").at(0).at("text");
  const auto predicted =
      server.post("/v1/models/story:predict", R"({"instances": ["the cat", {"text": "the cat"}]})");
  INFO(predicted.body);
  REQUIRE(predicted.status == 200);
  CHECK(Json::parse(predicted.body) == Json{{"predictions", {expected, expected}}});
}
