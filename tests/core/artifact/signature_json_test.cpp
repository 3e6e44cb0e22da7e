// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "core/artifact/model_directory.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

Signature table() {
  Signature signature;
  signature.output = OutputKind::classification;
  signature.inputs = {{"age", InputKind::number}, {"sex", InputKind::category}};
  signature.labels = {"<=50K", ">50K"};
  signature.target = "outcome";
  return signature;
}

Signature language() {
  Signature signature;
  signature.output = OutputKind::language_model;
  signature.inputs = {{"text", InputKind::text}};
  signature.context = 64;
  return signature;
}

Signature images() {
  Signature signature;
  signature.inputs = {{"image", InputKind::image}};
  signature.labels = {"0", "1"};
  signature.image_size = 32;
  return signature;
}

Signature regression() {
  Signature signature = table();
  signature.output = OutputKind::regression;
  signature.labels.clear();
  signature.target = "median_house_value";
  return signature;
}

std::string fault_of(const Json& json) {
  const auto error = test::error_of([&] { signature_from_json(json); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  return error->what();
}

}  // namespace

TEST_CASE("a signature comes back as it was written", "[artifact]") {
  for (const auto& signature : {table(), language(), images(), regression()}) {
    const auto json = signature_json(signature);
    const auto back = signature_from_json(json);
    CHECK(signature_json(back) == json);
    CHECK(back.output == signature.output);
    REQUIRE(back.inputs.size() == signature.inputs.size());
    for (std::size_t i = 0; i < back.inputs.size(); ++i) {
      CHECK(back.inputs[i].name == signature.inputs[i].name);
      CHECK(back.inputs[i].kind == signature.inputs[i].kind);
    }
    CHECK(back.labels == signature.labels);
    CHECK(back.target == signature.target);
    CHECK(back.image_size == signature.image_size);
    CHECK(back.context == signature.context);
  }
}

TEST_CASE("a signature is written with names, without what does not apply", "[artifact]") {
  CHECK(signature_json(language()).dump() ==
        R"({"output":"language_model","inputs":[{"name":"text","kind":"text"}],"context":64})");
  CHECK(
      signature_json(table()).dump() ==
      R"({"output":"classification","inputs":[{"name":"age","kind":"number"},{"name":"sex","kind":"category"}],)"
      R"("labels":["<=50K",">50K"],"target":"outcome"})");
}

TEST_CASE("a broken signature is refused with the place and what is allowed", "[artifact]") {
  const auto changed = [](const std::string& pointer, const Json& value) {
    Json json = signature_json(table());
    json[Json::json_pointer(pointer)] = value;
    return fault_of(json);
  };
  CHECK(fault_of(Json::array()) == "signature: found array; an object is expected");
  CHECK(fault_of(Json::object()) == "signature: has no 'output'");
  CHECK(changed("/output", "clasification") ==
        "signature/output: found 'clasification'; allowed: classification, regression, "
        "language_model");
  CHECK(changed("/output", 1) ==
        "signature/output: found number; allowed: classification, regression, language_model");
  CHECK(changed("/inputs", 1) == "signature/inputs: found number; an array is expected");
  CHECK(changed("/inputs", Json::array()) ==
        "signature/inputs: is empty; a model has at least one input");
  CHECK(changed("/inputs/0", 1) == "signature/inputs/0: found number; an object is expected");
  CHECK(changed("/inputs/1/kind", "sound") ==
        "signature/inputs/1/kind: found 'sound'; allowed: number, category, text, image, date");
  CHECK(changed("/inputs/1/name", 1) ==
        "signature/inputs/1/name: found number; a string is expected");
  CHECK(changed("/inputs/1/name", "age") == "signature/inputs/1: the name 'age' comes twice");
  CHECK(changed("/inputs/1/unit", "a") == "signature/inputs/1: has the unknown key 'unit'");
  CHECK(changed("/labels", "a") == "signature/labels: found string; an array is expected");
  CHECK(changed("/labels/1", 7) == "signature/labels/1: found number; a string is expected");
  CHECK(changed("/labels/1", "<=50K") == "signature/labels/1: the label comes twice");
  CHECK(changed("/labels", {"one"}) ==
        "signature/labels: a classification has at least two labels");
  CHECK(changed("/target", 1) == "signature/target: found number; a string is expected");
  CHECK(changed("/context", -1) ==
        "signature/context: a whole number from 0 to 1073741824 is expected");
  CHECK(changed("/image_size", 1.5) ==
        "signature/image_size: a whole number from 0 to 1073741824 is expected");
  CHECK(changed("/version", 1) == "signature: has the unknown key 'version'");
  CHECK(changed("/output", "regression") == "signature/labels: only a classification has labels");
}

TEST_CASE("a signature needs what its kind of model needs", "[artifact]") {
  auto json = signature_json(language());
  json.erase("context");
  CHECK(fault_of(json) == "signature/context: a language model has a context of at least 1");
  json = signature_json(images());
  json.erase("image_size");
  CHECK(fault_of(json) == "signature/image_size: an image input needs a size of at least 1");
}

}  // namespace candor
