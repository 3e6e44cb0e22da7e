// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <vector>

#include "core/serve/fake_models.h"
#include "support/catch.h"
#include "support/raw_client.h"

using candor::test::FakeServer;
using candor::test::request;

namespace {

const std::string kInfer = "/v2/models/table/infer";
const std::string kAge = R"({"name": "age", "shape": [2], "datatype": "FP64", "data": [25, 75]})";
const std::string kCity =
    R"({"name": "city", "shape": [2], "datatype": "BYTES", "data": ["Cork", "Bergen"]})";

std::string infer(const std::string& inputs, const std::string& more = "") {
  return "{" + more + "\"inputs\": [" + inputs + "]}";
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
  return bytes;
}

std::string text_bytes(const std::string& text) {
  return bytes_of<std::uint32_t>({static_cast<std::uint32_t>(text.size())}) + text;
}

const std::string kAnswer =
    R"({"model_name":"table","model_version":"1","outputs":[{"name":"label","datatype":"BYTES","shape":[2],)"
    R"("data":["no","yes"]},{"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[0.75,0.25,0.25,0.75]}]})";

}  // namespace

TEST_CASE("KServe: health and metadata", "[serve]") {
  FakeServer server;
  const auto get = [&](const std::string& target) {
    const auto answer = request(server.port, "GET", target);
    CHECK(answer.status == 200);
    return answer.body;
  };
  CHECK(get("/v2") == R"({"name":"candor","version":"0.1.0","extensions":["binary_tensor_data"]})");
  CHECK(get("/v2/health/live") == R"({"live":true})");
  CHECK(get("/v2/health/ready") == R"({"ready":true})");
  CHECK(get("/v2/models/table/ready") == R"({"name":"table","ready":true})");
  CHECK(get("/v2/models/table/versions/1/ready") == R"({"name":"table","ready":true})");
  CHECK(
      get("/v2/models/table") ==
      R"({"name":"table","versions":["1"],"platform":"candor","inputs":[{"name":"age","datatype":"FP64","shape":[-1]},)"
      R"({"name":"city","datatype":"BYTES","shape":[-1]}],"outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},)"
      R"({"name":"probabilities","datatype":"FP32","shape":[-1,2],"parameters":{"labels":["no","yes"]}}]})");
  CHECK_THAT(get("/v2/models/house"),
             CANDOR_CONTAINS(R"("outputs":[{"name":"value","datatype":"FP64","shape":[-1]}])"));
  CHECK_THAT(get("/v2/models/story"),
             CANDOR_CONTAINS(R"("inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}])"));
}

TEST_CASE("KServe: columns are tensors of N or N by 1, nested or flat, keys in any order",
          "[serve]") {
  FakeServer server;
  const auto ask = [&](const std::string& inputs, const std::string& more = "") {
    const auto answer = request(server.port, "POST", kInfer, infer(inputs, more));
    INFO(answer.body);
    CHECK(answer.status == 200);
    CHECK(answer.header("X-Candor-Model-Digest") == std::string(64, 'd'));
    return answer.body;
  };
  CHECK(ask(kAge + "," + kCity) == kAnswer);
  CHECK(ask(kCity + "," + kAge) == kAnswer);
  CHECK(ask(R"({"data": [[25], [75]], "datatype": "INT32", "shape": [2, 1], "name": "age"},)" +
            kCity) == kAnswer);
  CHECK(ask(R"({"name": "age", "shape": [2, 1], "datatype": "BYTES", "data": ["25", "75"]},)" +
            kCity) == kAnswer);
  CHECK(ask(kAge + R"(,{"name": "city", "shape": [2], "datatype": "INT64", "data": [7, null]})") ==
        kAnswer);
  CHECK_THAT(ask(kAge + "," + kCity, R"("id": "r-1", "parameters": {"priority": 1},)"),
             CANDOR_CONTAINS(R"("id":"r-1")"));
  CHECK(
      ask(kAge + "," + kCity, R"("outputs": [{"name": "label"}],)") ==
      R"({"model_name":"table","model_version":"1","outputs":[{"name":"label","datatype":"BYTES","shape":[2],"data":["no","yes"]}]})");
  const auto value =
      request(server.port, "POST", "/v2/models/house/versions/1/infer", infer(kAge + "," + kCity));
  CHECK(
      value.body ==
      R"({"model_name":"house","model_version":"1","outputs":[{"name":"value","datatype":"FP64","shape":[2],"data":[2025,3075]}]})");
}

TEST_CASE("KServe: tensors come and go as bytes", "[serve]") {
  FakeServer server;
  const auto ask = [&](const std::string& datatype, const std::string& ages,
                       const std::string& more) {
    const auto cities = text_bytes("Cork") + text_bytes("");
    const auto json = infer(
        R"({"name": "age", "shape": [2], "datatype": ")" + datatype +
            R"(", "parameters": {"binary_data_size": )" + std::to_string(ages.size()) +
            R"(}}, {"name": "city", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": )" +
            std::to_string(cities.size()) + "}}",
        more);
    return request(server.port, "POST", kInfer, json + ages + cities,
                   "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n");
  };
  CHECK(ask("FP32", bytes_of<float>({25, 75}), "").body == kAnswer);
  CHECK(ask("FP64", bytes_of<double>({25, 75}), "").body == kAnswer);
  CHECK(ask("INT64", bytes_of<std::int64_t>({25, 75}), "").body == kAnswer);
  CHECK(ask("UINT8", bytes_of<std::uint8_t>({25, 75}), "").body == kAnswer);
  CHECK(ask("INT16", bytes_of<std::int16_t>({25, 75}), "").body == kAnswer);
  CHECK(ask("FP16", bytes_of<std::uint16_t>({0x4E40, 0x54B0}), "").body == kAnswer);

  const auto all =
      ask("FP32", bytes_of<float>({25, 75}), R"("parameters": {"binary_data_output": true},)");
  CHECK(all.header("Content-Type") == "application/octet-stream");
  const auto length = std::stoul(all.header("Inference-Header-Content-Length"));
  CHECK(
      all.body.substr(0, length) ==
      R"({"model_name":"table","model_version":"1","outputs":[{"name":"label","datatype":"BYTES","shape":[2],)"
      R"("parameters":{"binary_data_size":13}},{"name":"probabilities","datatype":"FP32","shape":[2,2],)"
      R"("parameters":{"binary_data_size":16}}]})");
  CHECK(all.body.substr(length) ==
        text_bytes("no") + text_bytes("yes") + bytes_of<float>({0.75f, 0.25f, 0.25f, 0.75f}));

  const auto one = ask(
      "FP32", bytes_of<float>({25, 75}),
      R"("outputs": [{"name": "label"}, {"name": "probabilities", "parameters": {"binary_data": true}}],)");
  CHECK(one.body.substr(std::stoul(one.header("Inference-Header-Content-Length"))) ==
        bytes_of<float>({0.75f, 0.25f, 0.25f, 0.75f}));
}

TEST_CASE("KServe: images come as base64, as bytes or as pixels", "[serve]") {
  FakeServer server;
  const auto ask = [&](const std::string& body, const std::string& headers = "") {
    return request(server.port, "POST", "/v2/models/images/infer", body, headers).body;
  };
  const std::string bytes =
      R"("data":["bytes"]},{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":[0.5,0.5]})";
  CHECK_THAT(
      ask(infer(R"({"name": "image", "shape": [1], "datatype": "BYTES", "data": ["MmFiYw=="]})")),
      CANDOR_CONTAINS(bytes));
  const auto json = infer(
      R"({"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 8}})");
  CHECK_THAT(ask(json + text_bytes("2abc"),
                 "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n"),
             CANDOR_CONTAINS(bytes));
  CHECK_THAT(
      ask(infer(R"({"name": "image", "shape": [2, 1, 2, 3], "datatype": "UINT8",)"
                R"( "data": [[[[50, 2, 3], [4, 5, 6]]], [[[25, 2, 3], [4, 5, 255]]]]})")),
      CANDOR_CONTAINS(
          R"("data":["pixels","pixels"]},{"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[0.5,0.5,0.25,0.75]})"));
  const auto pixels = infer(
      R"({"name": "image", "shape": [1, 1, 1, 3], "datatype": "UINT8", "parameters": {"binary_data_size": 3}})");
  CHECK_THAT(ask(pixels + "2ab",
                 "Inference-Header-Content-Length: " + std::to_string(pixels.size()) + "\r\n"),
             CANDOR_CONTAINS(R"("data":["pixels"])"));
}

TEST_CASE("KServe: a language model answers with text", "[serve]") {
  FakeServer server;
  CHECK(
      request(
          server.port, "POST", "/v2/models/story/infer",
          infer(
              R"({"name": "text", "shape": [2], "datatype": "BYTES", "data": ["x", "y"]})",
              R"("parameters": {"max_tokens": 4, "temperature": 0.5, "top_k": 3, "top_p": 0.5, "seed": 1, "stop": "d"},)"))
          .body ==
      R"({"model_name":"story","model_version":"1","outputs":[{"name":"text","datatype":"BYTES","shape":[2],"data":["abc","abc"]}]})");
}

TEST_CASE("KServe: options of a language model are checked as OpenAI's are", "[serve]") {
  FakeServer server;
  const auto ask = [&](const std::string& parameters, const std::string& prompt = "x") {
    return request(
        server.port, "POST", "/v2/models/story/infer",
        infer(R"({"name": "text", "shape": [1], "datatype": "BYTES", "data": [")" + prompt + "\"]}",
              "\"parameters\": {" + parameters + "},"));
  };
  struct Case {
    std::string parameters, error;
  };
  const std::vector<Case> cases = {
      {R"("max_tokens": 0)", "'max_tokens' must be at least 1"},
      {R"("max_tokens": "4711")", "'max_tokens' must be an integer"},
      {R"("temperature": 2.5)", "'temperature' must be a number from 0 to 2"},
      {R"("top_p": 0)", "'top_p' must be above 0"},
      {R"("top_k": 0)", "'top_k' must be at least 1"},
      {R"("seed": 18446744073709551615)", "'seed' must be an integer"},
      {R"("stop": [""])", "'stop' must be a string that is not empty, or an array of such"},
      {R"("binary_data_output": 1)", "'binary_data_output' must be true or false"},
      {R"("max_tokens": 32)",
       "the prompt has 1 tokens; with max_tokens that is more than the model's context of 32; "
       "max_tokens may be at most 31"},
  };
  for (const auto& test : cases) {
    INFO(test.parameters);
    const auto answer = ask(test.parameters);
    CHECK(answer.status == 400);
    CHECK(answer.body == "{\"error\":\"" + test.error + "\"}");
  }
  CHECK_THAT(ask(R"("stop": ["d", "e"], "max_tokens": null, "priority": 3)").body,
             CANDOR_CONTAINS(R"("data":["abc"])"));
  const auto long_prompt = ask("", "a prompt of more than 32 characters");
  CHECK(long_prompt.status == 400);
  CHECK_THAT(long_prompt.body, CANDOR_CONTAINS("the prompt has 35 tokens, which leaves no room"));
}

TEST_CASE("KServe: one request takes a language model for a few prompts only", "[serve]") {
  FakeServer server;
  const auto ask = [&](int prompts) {
    std::string data = "\"x\"";
    for (int i = 1; i < prompts; ++i) data += ",\"x\"";
    return request(server.port, "POST", "/v2/models/story/infer",
                   infer(R"({"name": "text", "datatype": "BYTES", "shape": [)" +
                         std::to_string(prompts) + "], \"data\": [" + data + "]}"));
  };
  CHECK(ask(8).status == 200);
  const auto many = ask(9);
  CHECK(many.status == 413);
  CHECK(many.body == R"({"error":"the request has more than 8 rows; send several requests"})");
}

TEST_CASE("KServe: a mistake is named without the client's values", "[serve]") {
  FakeServer server;
  const auto age = [](const std::string& rest) {
    return infer(R"({"name": "age", )" + rest + "}," + kCity);
  };
  struct Case {
    std::string body;
    std::string error;
  };
  const std::string numbers =
      "INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, FP16, FP32, FP64, BYTES";
  const std::vector<Case> cases = {
      {"{}", "the request has no \"inputs\""},
      {"{\"inputs\": [", "request body, byte 13: the JSON text ends too early"},
      {R"({"inputs": [{"name": "age", "data": [1, tru], "shape": [2], "datatype": "FP64"}]})",
       "request body, byte 41: not valid JSON: a value is expected"},
      {R"({"inputs": [{"name": "age", "data": [1, "x"], "shape": [2], "datatype": "FP64"}]})",
       "input 'age': expected values of FP64, found a string"},
      {R"({"inputs": [{"name": "age", "data": 1, "shape": [2], "datatype": "FP64"}]})",
       "request body, byte 37: expected an array, found a number"},
      {infer(kAge + "," + kCity, R"("outputs": [{"name": "label", "name": "label"}],)"),
       "an output has a key twice"},
      {infer(kAge + "," + kCity,
             R"("outputs": [{"name": "label", "parameters": {}, "parameters": {}}],)"),
       "an output has a key twice"},
      {age(R"("shape": [2], "datatype": "FP32", "data": [1, 2], "parameters": {"x": 1, "x": 2})"),
       "\"parameters\" of an input have a key twice"},
      {age(R"("shape": [2], "datatype": "FP32", "parameters": )"
           R"({"binary_data_size": 8, "binary_data_size": 8})"),
       "\"parameters\" of an input have a key twice"},
      {R"({"inputs": [], "inputs": []})", "the request has a key twice"},
      {R"({"secret-4711": 1})",
       "the request has a key that is not known; allowed are id, parameters, inputs and outputs"},
      {infer(kAge), "input 'city' is missing"},
      {infer(kAge + "," + kAge + "," + kCity), "input 'age' stands twice"},
      {infer(R"({"name": "agee", "shape": [1], "datatype": "FP32", "data": [1]})"),
       "unknown column; the model's inputs are age, city; did you mean 'age'?"},
      {infer(R"({"shape": [1], "datatype": "FP32", "data": [1]})"), "an input has no \"name\""},
      {age(R"("shape": [2], "data": [1, 2])"), "input 'age' has no \"datatype\""},
      {age(R"("datatype": "FP32", "data": [1, 2])"), "input 'age' has no \"shape\""},
      {age(R"("shape": [2], "datatype": "FP32")"),
       "input 'age' must have \"data\" or \"binary_data_size\", and not both"},
      {age(R"("shape": [2], "datatype": "FLOAT", "data": [1, 2])"),
       "a \"datatype\" is not known; known are BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, "
       "UINT32, UINT64, FP16, FP32, FP64, BYTES"},
      {age(R"("shape": [3], "datatype": "FP32", "data": [1, 2, 3])"),
       "input 'city' has 2 rows, but 'age' has 3"},
      {age(R"("shape": [2], "datatype": "FP32", "data": [1, 2, 3])"),
       "input 'age': \"data\" has more values than the shape holds"},
      {age(R"("shape": [2], "datatype": "FP32", "data": [1])"),
       "input 'age': \"data\" has fewer values than the shape holds"},
      {age(R"("shape": [1, 2], "datatype": "FP32", "data": [1, 2])"),
       "input 'age': the shape must be [N] or [N, 1]"},
      {age(R"("shape": [], "datatype": "FP32", "data": [])"),
       "input 'age': the shape must begin with a number of rows, at least 1"},
      {age(R"("shape": [-1], "datatype": "FP32", "data": [])"),
       "a dimension of \"shape\" must be an integer of at least 0"},
      {age(R"("shape": [2], "datatype": "FP32", "data": [[[1]], 2])"),
       "input 'age': \"data\" is nested deeper than the shape"},
      {age(R"("shape": [2], "datatype": "FP32", "data": [1, "secret-4711"])"),
       "input 'age': expected values of FP32, found a string"},
      {age(R"("shape": [2], "datatype": "INT8", "data": [1, 200])"),
       "input 'age': a value is no INT8"},
      {age(R"("shape": [2], "datatype": "INT32", "data": [1, 2.5])"),
       "input 'age': a value is no INT32"},
      {age(R"("shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8})"),
       "input 'age': less binary data follows than it declares"},
      {infer(kAge +
             R"(,{"name": "city", "shape": [2], "datatype": "BOOL", "data": [true, false]})"),
       "input 'city': datatype BOOL is not allowed; allowed are " + numbers},
      {age(R"("shape": [2], "datatype": "BOOL", "data": [true, false])"),
       "input 'age': datatype BOOL is not allowed; allowed are " + numbers},
      {age(R"("shape": [2], "datatype": "BOOL", "parameters": {"binary_data_size": 2})"),
       "input 'age': datatype BOOL is not allowed; allowed are " + numbers},
      {infer(kAge + "," + kCity, R"("outputs": [{"name": "secret-4711"}],)"),
       "an output is not known; the model has label, probabilities"},
      {infer(kAge + "," + kCity, R"("parameters": {"a": 1, "a": 2},)"),
       "\"parameters\": not valid JSON: the key /a stands twice (line 1, column 13)"},
  };
  const auto quoted = [](std::string text) {
    for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2))
      text.insert(at, "\\");
    return "{\"error\":\"" + text + "\"}";
  };
  for (const auto& test : cases) {
    INFO(test.body);
    const auto answer = request(server.port, "POST", kInfer, test.body);
    CHECK(answer.status == 400);
    CHECK(answer.body == quoted(test.error));
  }
  CHECK(request(server.port, "POST", "/v2/models/nobody/infer", "{}").body ==
        R"({"error":"unknown model; this server has table, house, images, story"})");
  const auto image = request(
      server.port, "POST", "/v2/models/images/infer",
      infer(R"({"name": "image", "shape": [1], "datatype": "BYTES", "data": ["aGVsbG8="]})"));
  CHECK(image.status == 400);
  CHECK(image.body == R"({"error":"rows[0]: input 'image': expected a JPEG or PNG image"})");
  const auto binary = [&](const std::string& head, const std::string& tail,
                          const std::string& length) {
    return request(server.port, "POST", kInfer, head + tail,
                   "Inference-Header-Content-Length: " + length + "\r\n")
        .body;
  };
  const auto whole = infer(kAge + "," + kCity);
  CHECK(binary(whole, "x", std::to_string(whole.size())) ==
        R"({"error":"more binary data follows than the inputs declare"})");
  CHECK(binary(whole, "", "100000") ==
        R"({"error":"Inference-Header-Content-Length is larger than the body"})");
  CHECK(binary(whole, "", "12x") ==
        R"({"error":"Inference-Header-Content-Length must be a number"})");
  const auto city = infer(
      kAge +
      R"(,{"name": "city", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": 8}})");
  CHECK(binary(city, text_bytes("Cork"), std::to_string(city.size())) ==
        R"({"error":"input 'city': its binary data ends inside a value"})");
  CHECK(binary(city, bytes_of<std::uint32_t>({0xFFFFFFFF, 0}), std::to_string(city.size())) ==
        R"({"error":"input 'city': its binary data ends inside a value"})");
}
