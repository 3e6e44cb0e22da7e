// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "core/serve/fake_models.h"
#include "support/catch.h"
#include "support/raw_client.h"

using candor::test::FakeServer;
using candor::test::request;

namespace {

const std::string kTable = "/v1/models/table:predict";
const std::string kImages = "/v1/models/images:predict";

}  // namespace

TEST_CASE("TF Serving: rows come back as labels and probabilities", "[serve]") {
  FakeServer server;
  const auto predict = [&](const std::string& target, const std::string& body) {
    const auto answer = request(server.port, "POST", target, body);
    INFO(answer.body);
    CHECK(answer.status == 200);
    CHECK(answer.header("X-Candor-Model-Digest") == std::string(64, 'd'));
    CHECK(answer.header("Content-Type") == "application/json");
    return answer.body;
  };
  const std::string half = R"({"predictions":[{"label":"yes","probabilities":[0.5,0.5]}]})";
  CHECK(predict(kTable, R"({"instances": [{"age": 50, "city": "Cork"}]})") == half);
  CHECK(
      predict(
          "/v1/models/table/versions/1:predict",
          R"({"signature_name": "serving_default", "instances": [{"city": "\u0043ork", "age": [50.0]}]})") ==
      half);
  CHECK(predict(kTable, R"({"instances": [{"age": 50, "city": true}]})") == half);
  CHECK(predict("/v1/models/table%3Apredict", R"({"instances": [{"city": null, "age": null}]})") ==
        half);
  CHECK(
      predict(kTable, R"({"instances": [{"age": 25, "city": 7}, {"age": "75", "city": ""}]})") ==
      R"({"predictions":[{"label":"no","probabilities":[0.75,0.25]},{"label":"yes","probabilities":[0.25,0.75]}]})");
  CHECK(predict(kTable, R"({"inputs": {"city": ["Cork", null], "age": [[25], [75]]}})") ==
        R"({"outputs":{"label":["no","yes"],"probabilities":[[0.75,0.25],[0.25,0.75]]}})");
  CHECK(predict("/v1/models/house:predict",
                R"({"instances": [{"age": 1.5, "city": "Cork"}, {"age": 2, "city": "Bergen"}]})") ==
        R"({"predictions":[2001.5,3002]})");
  CHECK(predict("/v1/models/house:predict", R"({"inputs": {"age": [1.5], "city": ["Cork"]}})") ==
        R"({"outputs":[2001.5]})");
  CHECK(predict("/v1/models/house:predict", R"({"instances": [{"age": null, "city": "Cork"}]})") ==
        R"({"predictions":[null]})");
  CHECK(predict("/v1/models/story:predict", R"({"instances": ["tell", {"text": "me"}]})") ==
        R"({"predictions":["abcdefghijklmnopqrstuvwxyzab","abcdefghijklmnopqrstuvwxyzabcd"]})");
  CHECK(predict("/v1/models/story:predict", R"({"inputs": ["12345678901234567890123456789"]})") ==
        R"({"outputs":["abc"]})");
}

TEST_CASE("TF Serving: images come as base64", "[serve]") {
  FakeServer server;
  const std::string expected = R"({"predictions":[{"label":"bytes","probabilities":[0.5,0.5]}]})";
  CHECK(request(server.port, "POST", kImages, R"({"instances": [{"b64": "MmFiYw=="}]})").body ==
        expected);
  CHECK(request(server.port, "POST", kImages, R"({"instances": [{"image": {"b64": "MmFiYw"}}]})")
            .body == expected);
  CHECK(request(server.port, "POST", kImages, R"({"inputs": [{"b64": "MmFiYw=="}]})").status ==
        200);
}

TEST_CASE("TF Serving: a mistake is named without the client's values", "[serve]") {
  FakeServer server;
  struct Case {
    std::string target, body;
    int status;
    std::string error;
  };
  const std::vector<Case> cases = {
      {kTable, "", 400, "request body, byte 1: the JSON text ends too early"},
      {kTable, "{\"instances\": [", 400, "request body, byte 16: the JSON text ends too early"},
      {kTable, "[]", 400, "request body, byte 1: expected an object, found an array"},
      {kTable, "{}", 400, "the body has no \"instances\" (rows) and no \"inputs\" (columns)"},
      {kTable, R"({"instances": []})", 400, "the body has no rows"},
      {kTable, R"({"instances": [], "instances": []})", 400,
       "the body has \"instances\" or \"inputs\" twice"},
      {kTable, R"({"secret-4711": []})", 400,
       "the body has a key that is not known; allowed are instances, inputs and signature_name"},
      {kTable, R"({"signature_name": "secret-4711", "instances": []})", 400,
       "\"signature_name\" must be \"serving_default\", the only one there is"},
      {kTable, R"({"instances": [{"age": 1, "city": "x"}]} x)", 400,
       "request body, byte 42: something follows the JSON text"},
      {kTable, R"({"instances": [{"age": 1, "city": "x"}, {"age": 1}]})", 400,
       "instances[1]: column 'city' is missing; send null where a value is not known"},
      {kTable, R"({"instances": [{"age": 1, "ctiy": "secret-4711"}]})", 400,
       "instances[0]: unknown column; the model's inputs are age, city; did you mean 'city'?"},
      {kTable, R"({"instances": [{"secret-4711": 1}]})", 400,
       "instances[0]: unknown column; the model's inputs are age, city"},
      {kTable, R"({"instances": [{"age": 1, "age": 2, "city": "x"}]})", 400,
       "instances[0]: column 'age' stands twice"},
      {kTable, R"({"instances": [{"age": true, "city": "x"}]})", 400,
       "instances[0]: input 'age': expected a number or null, found a boolean"},
      {kTable, R"({"instances": [{"age": [1, 2], "city": "x"}]})", 400,
       "instances[0]: input 'age': expected a number or null, found an array of several values"},
      {kTable, R"({"instances": [{"age": 1, "city": {"b64": "YQ=="}}]})", 400,
       "instances[0]: input 'city': expected a string, a number, true, false or null, found an "
       "object"},
      {kTable, R"({"instances": [{"age": "secret-4711", "city": "x"}]})", 400,
       "instances[0]: input 'age': expected a number, found text"},
      {kTable, R"({"instances": [{"age": 1e999, "city": "x"}]})", 400,
       "instances[0]: request body, byte 24: a number is too large"},
      {kTable, R"({"instances": [42]})", 400,
       "instances[0]: expected an object of the model's columns, found a number"},
      {kTable, R"({"inputs": {"age": [1, 2], "city": ["x"]}})", 400,
       "column 'city' has 1 values, but 'age' has 2"},
      {kTable, R"({"inputs": {"age": [1]}})", 400,
       "column 'city' is missing; send null where a value is not known"},
      {kTable, R"({"inputs": {"age": 1, "city": ["x"]}})", 400,
       "column 'age' must be an array of values"},
      {kTable, "{\"instances\": " + std::string(100000, '['), 400,
       "instances[0]: expected an object of the model's columns, found an array"},
      {kImages, R"({"instances": [{"b64": "%%%"}]})", 400,
       "instances[0]: input 'image': the text is not base64"},
      {kImages, R"({"instances": [{"b64": "aGVsbG8="}]})", 400,
       "instances[0]: input 'image': expected a JPEG or PNG image"},
      {kImages, R"({"instances": ["secret-4711"]})", 400,
       "instances[0]: input 'image': expected an image as {\"b64\": \"...\"}, found a string"},
      {kImages, R"({"instances": [null]})", 400,
       "instances[0]: input 'image': expected an image as {\"b64\": \"...\"}, found null"},
      {"/v1/models/story:predict", R"({"instances": [null]})", 400,
       "instances[0]: input 'text': expected a string, found null"},
      {"/v1/models/story:predict", R"({"instances": ["once", 7]})", 400,
       "instances[1]: input 'text': expected a string, found a number"},
      {"/v1/models/story:predict", R"({"instances": ["12345678901234567890123456789012"]})", 400,
       "the prompt has 32 tokens, which leaves no room in the model's context of 32; send a "
       "shorter one"},
      {"/v1/models/nobody:predict", "{}", 404,
       "unknown model; this server has table, house, images, story"},
      {"/v1/models/table/versions/2:predict", "{}", 404, "model 'table' has version 1 only"},
      {"/v1/models/..%2Ftable:predict", "{}", 404,
       "no such route; there are /v1/models, /v1/completions, /v2 and /metrics"},
      {kTable, R"({"instances": [{"age": 666, "city": "x"}]})", 500, "internal error"},
      {kTable, R"({"instances": [{"age": 667, "city": "x"}]})", 503,
       "out of memory; send fewer rows, or try again later"},
  };
  const auto quoted = [](std::string text) {
    for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2))
      text.insert(at, "\\");
    return "{\"error\":\"" + text + "\"}";
  };
  for (const auto& test : cases) {
    INFO(test.target << " " << test.body.substr(0, 200));
    const auto answer = request(server.port, "POST", test.target, test.body);
    CHECK(answer.status == test.status);
    CHECK(answer.body == quoted(test.error));
    CHECK(answer.header("Retry-After") == (test.status == 503 ? "1" : ""));
  }
  CHECK(
      request(server.port, "POST", kTable, R"({"instances": [{"age": 1, "city": "x"}]})").status ==
      200);
}

TEST_CASE("TF Serving: too many rows and too large a body are 413", "[serve]") {
  candor::ServerOptions options;
  options.max_rows = 3;
  options.max_body = 100000;
  FakeServer server(options);
  const std::string row = R"({"age": 1, "city": "x"})";
  CHECK(
      request(server.port, "POST", kTable, "{\"instances\": [" + row + "," + row + "," + row + "]}")
          .status == 200);
  const auto many = request(server.port, "POST", kTable,
                            "{\"instances\": [" + row + "," + row + "," + row + "," + row + "]}");
  CHECK(many.status == 413);
  CHECK(many.body == R"({"error":"the request has more than 3 rows; send several requests"})");
  const auto prompts = request(server.port, "POST", "/v1/models/story:predict",
                               R"({"instances": ["a", "b", "c", "d"]})");
  CHECK(prompts.status == 413);
  const auto large = request(server.port, "POST", kTable, std::string(100001, ' '));
  CHECK(large.status == 413);
  CHECK(large.body ==
        R"({"error":"the request's body is longer than the 100000 bytes that this server takes; )"
        R"(send smaller requests"})");
}

TEST_CASE("TF Serving: one request takes a language model for a few prompts only", "[serve]") {
  FakeServer server;
  const std::string seven = R"("a","a","a","a","a","a","a")";
  const auto ask = [&](const std::string& rows) {
    return request(server.port, "POST", "/v1/models/story:predict", "{" + rows + "}");
  };
  CHECK(ask("\"instances\": [" + seven + ",\"a\"]").status == 200);
  CHECK(ask("\"inputs\": [" + seven + ",\"a\"]").status == 200);
  const auto many = ask("\"instances\": [" + seven + ",\"a\",\"a\"]");
  CHECK(many.status == 413);
  CHECK(many.body == R"({"error":"the request has more than 8 rows; send several requests"})");
  CHECK(ask("\"inputs\": [" + seven + ",\"a\",\"a\"]").status == 413);
}

TEST_CASE("TF Serving: status and metadata of a model", "[serve]") {
  FakeServer server;
  const auto status = request(server.port, "GET", "/v1/models/table");
  CHECK(status.status == 200);
  CHECK_THAT(status.body, CANDOR_CONTAINS(R"({"id":"table","object":"model","created":)"));
  CHECK_THAT(
      status.body,
      CANDOR_CONTAINS(R"("owned_by":"candor","model_version_status":[{"version":"1",)"
                      R"("state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]})"));
  CHECK(request(server.port, "GET", "/v1/models/table/versions/1").body == status.body);
  const auto metadata = request(server.port, "GET", "/v1/models/table/metadata").body;
  CHECK_THAT(metadata, CANDOR_CONTAINS(
                           R"({"model_spec":{"name":"table","signature_name":"","version":"1"})"));
  CHECK_THAT(metadata,
             CANDOR_CONTAINS(
                 R"("age":{"dtype":"DT_DOUBLE","tensor_shape":{"dim":[{"size":"-1","name":""}])"));
  CHECK_THAT(
      metadata,
      CANDOR_CONTAINS(
          R"("probabilities":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""},{"size":"2")"));
}
