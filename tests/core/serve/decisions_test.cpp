// SPDX-License-Identifier: Apache-2.0
// Prediction sets, abstention and intervals in the answers of each protocol.
#include <string>

#include "core/serve/fake_models.h"
#include "support/catch.h"
#include "support/raw_client.h"

using candor::test::FakeServer;
using candor::test::request;

namespace {

struct Decisions : FakeServer {
  Decisions() : FakeServer({}, true) {}

  std::string answer(const std::string& target, const std::string& body) const {
    const auto made = request(port, "POST", target, body);
    INFO(made.body);
    CHECK(made.status == 200);
    return made.body;
  }
};

const std::string kRows =
    R"({"instances": [{"age": 75, "city": "Cork"}, {"age": 50, "city": "Bergen"}]})";
const std::string kColumns = R"({"inputs": {"age": [75, 50], "city": ["Cork", "Bergen"]}})";
const std::string kTensors =
    R"({"inputs": [{"name": "age", "shape": [2], "datatype": "FP64", "data": [75, 50]},)"
    R"({"name": "city", "shape": [2], "datatype": "BYTES", "data": ["Cork", "Bergen"]}])";

}  // namespace

TEST_CASE("TF Serving: sets and abstention stand beside the label", "[serve]") {
  const Decisions server;
  CHECK(
      server.answer("/v1/models/sure:predict", kRows) ==
      R"({"predictions":[{"label":"yes","probabilities":[0.25,0.75],"prediction_set":["yes"],)"
      R"("abstained":false},{"label":"yes","probabilities":[0.5,0.5],"prediction_set":["no","yes"],)"
      R"("abstained":true}]})");
  CHECK(server.answer("/v1/models/sure:predict", kColumns) ==
        R"({"outputs":{"label":["yes","yes"],"probabilities":[[0.25,0.75],[0.5,0.5]],)"
        R"("prediction_set":[["yes"],["no","yes"]],"abstained":[false,true]}})");
}

TEST_CASE("TF Serving: a value with an interval is an object, null where there is no bound",
          "[serve]") {
  const Decisions server;
  CHECK(
      server.answer("/v1/models/span:predict", kRows) ==
      R"({"predictions":[{"value":2075,"low":2065,"high":2085},{"value":3050,"low":null,"high":null}]})");
  CHECK(server.answer("/v1/models/span:predict", kColumns) ==
        R"({"outputs":{"value":[2075,3050],"low":[2065,null],"high":[2085,null]}})");
  CHECK(server.answer("/v1/models/house:predict", kRows) == R"({"predictions":[2075,3050]})");
}

TEST_CASE("KServe: a set is one BOOL per label", "[serve]") {
  const Decisions server;
  CHECK(
      server.answer("/v2/models/sure/infer", kTensors + "}") ==
      R"({"model_name":"sure","model_version":"1","outputs":[)"
      R"({"name":"label","datatype":"BYTES","shape":[2],"data":["yes","yes"]},)"
      R"({"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[0.25,0.75,0.5,0.5]},)"
      R"({"name":"prediction_set","datatype":"BOOL","shape":[2,2],"data":[false,true,true,true]},)"
      R"({"name":"abstained","datatype":"BOOL","shape":[2],"data":[false,true]}]})");
  CHECK_THAT(server.answer("/v2/models/sure/infer",
                           kTensors + R"(, "outputs": [{"name": "prediction_set",)"
                                      R"("parameters": {"binary_data": true}}]})"),
             CANDOR_CONTAINS(std::string("\0\1\1\1", 4)));
}

TEST_CASE("KServe: bounds are outputs of their own", "[serve]") {
  const Decisions server;
  CHECK(server.answer("/v2/models/span/infer",
                      kTensors + R"(, "outputs": [{"name": "high"}, {"name": "low"}]})") ==
        R"({"model_name":"span","model_version":"1","outputs":[)"
        R"({"name":"high","datatype":"FP64","shape":[2],"data":[2085,null]},)"
        R"({"name":"low","datatype":"FP64","shape":[2],"data":[2065,null]}]})");
}

TEST_CASE("an output that a model does not have is refused", "[serve]") {
  const Decisions server;
  const auto made = request(server.port, "POST", "/v2/models/table/infer",
                            kTensors + R"(, "outputs": [{"name": "abstained"}]})");
  CHECK(made.status == 400);
  CHECK(made.body == R"({"error":"an output is not known; the model has label, probabilities"})");
}

TEST_CASE("metadata names the parts of an answer", "[serve]") {
  const Decisions server;
  const auto get = [&](const std::string& target) {
    return request(server.port, "GET", target).body;
  };
  CHECK_THAT(
      get("/v2/models/sure"),
      CANDOR_CONTAINS(
          R"({"name":"prediction_set","datatype":"BOOL","shape":[-1,2],"parameters":)"
          R"({"labels":["no","yes"]}},{"name":"abstained","datatype":"BOOL","shape":[-1]}]})"));
  CHECK_THAT(get("/v2/models/span"),
             CANDOR_CONTAINS(R"({"name":"low","datatype":"FP64","shape":[-1]},)"
                             R"({"name":"high","datatype":"FP64","shape":[-1]}]})"));
  CHECK_THAT(get("/v1/models/sure/metadata"),
             CANDOR_CONTAINS(R"("prediction_set":{"dtype":"DT_STRING","tensor_shape":{"dim":)"
                             R"([{"size":"-1","name":""},{"size":"-1","name":""}])"));
  CHECK_THAT(get("/v1/models/span/metadata"), CANDOR_CONTAINS(R"("high":{"dtype":"DT_DOUBLE")"));
}
