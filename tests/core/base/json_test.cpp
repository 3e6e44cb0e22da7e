// SPDX-License-Identifier: Apache-2.0
#include "core/base/json.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::error_of;
using candor::test::TempDir;

namespace {

std::string fault_of(const std::string& text, const JsonLimits& limits = {}) {
  const auto error = error_of([&] { parse_json(text, "f.json", ErrorKind::data, limits); });
  if (!error) return "";
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

JsonLimits with_comments() {
  JsonLimits limits;
  limits.comments = true;
  return limits;
}

}  // namespace

TEST_CASE("JSON is read with its keys in order and its integers whole", "[base]") {
  const auto json =
      parse_json(R"({"b": [1, -2, 2.5, null, true], "a": {"x": "ä"}})", "f", ErrorKind::data);
  CHECK(json.dump() == R"({"b":[1,-2,2.5,null,true],"a":{"x":"ä"}})");
  CHECK(parse_json("18446744073709551615", "f", ErrorKind::data).get<std::uint64_t>() ==
        18446744073709551615ull);
  CHECK(parse_json("-9223372036854775808", "f", ErrorKind::data).is_number_integer());
}

TEST_CASE("a key that stands twice is refused and named by its pointer", "[base]") {
  CHECK_THAT(fault_of(R"({"a": 1, "a": 2})"), CANDOR_CONTAINS("the key /a stands twice"));
  CHECK_THAT(fault_of(R"({"a": [1, {"b/c": 1, "b/c": 1}]})"),
             CANDOR_CONTAINS("the key /a/1/b~1c stands twice"));
  CHECK(fault_of(R"([{"a": 1}, {"a": 2}])").empty());
}

// With a look through all keys for each one this would take minutes.
TEST_CASE("an object may have very many keys, and they keep their order", "[base]") {
  std::string text = "{";
  for (int i = 200'000; i > 0; --i)
    text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  const auto json = parse_json(text + "\"last\":0}", "f", ErrorKind::data);
  CHECK(json.size() == 200'001);
  CHECK(json.begin().key() == "k200000");
  CHECK((--json.end()).key() == "last");
  CHECK(fault_of(text + "\"k7\":0}").find("the key /k7 stands twice") != std::string::npos);
}

TEST_CASE("text that is no JSON is refused with its line and column", "[base]") {
  for (const std::string text :
       {"", "{", "{\"a\": }", "[1,]", "01", "nul", "\"a", "{} {}", "1 2"}) {
    INFO(text);
    CHECK_THAT(fault_of(text), CANDOR_CONTAINS("not valid JSON"));
  }
  CHECK_THAT(fault_of("{\n  \"a\": oops\n}"), CANDOR_CONTAINS("f.json:2:8: not valid JSON: "));
}

TEST_CASE("an error does not repeat the text around it", "[base]") {
  for (const std::string text :
       {"{\"card\": \"4711\" x}", "[4711 4711]", "47114711e999", "\"4711"}) {
    INFO(text);
    const auto fault = fault_of(text);
    CHECK_THAT(fault, CANDOR_CONTAINS("not valid JSON"));
    CHECK(fault.find("4711") == std::string::npos);
  }
}

TEST_CASE("the duplicate key's line and column are named", "[base]") {
  CHECK(fault_of("{\"a\": 1,\n \"a\": 2}") ==
        "f.json: not valid JSON: the key /a stands twice (line 2, column 5)");
}

TEST_CASE("nesting is bounded and does not use up the stack", "[base]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(fault_of(nested(64)).empty());
  CHECK_THAT(fault_of(nested(65)), CANDOR_CONTAINS("nested deeper than 64 levels"));
  CHECK_THAT(fault_of(std::string(1'000'000, '[')),
             CANDOR_CONTAINS("nested deeper than 64 levels"));
}

TEST_CASE("size is bounded before anything is read", "[base]") {
  JsonLimits limits;
  limits.max_bytes = 4;
  CHECK(fault_of("1234", limits).empty());
  CHECK_THAT(fault_of("12345", limits), CANDOR_CONTAINS("5 bytes"));
}

TEST_CASE("integers beyond 64 bits are refused, not rounded", "[base]") {
  CHECK_THAT(fault_of(R"({"seed": [18446744073709551616]})"),
             CANDOR_CONTAINS("an integer beyond 64 bits at /seed/0"));
  CHECK_THAT(fault_of("-9223372036854775809"), CANDOR_CONTAINS("an integer beyond 64 bits"));
  CHECK_FALSE(fault_of("1e999").empty());
}

TEST_CASE("comments are read only where they are allowed", "[base]") {
  const std::string text = "// one\n{\"a\": 1 /* two */}";
  CHECK_FALSE(fault_of(text).empty());
  CHECK(fault_of(text, with_comments()).empty());
}

TEST_CASE("a byte order mark is skipped and broken UTF-8 refused", "[base]") {
  CHECK(fault_of("\xEF\xBB\xBF{}").empty());
  CHECK_THAT(fault_of("{\"a\":\n\"\xff\"}"), CANDOR_CONTAINS("not valid UTF-8"));
  CHECK_THAT(fault_of("\"\xed\xa0\x80\""), CANDOR_CONTAINS("not valid UTF-8"));  // a surrogate
  CHECK_FALSE(fault_of(R"("\ud800")").empty());
}

TEST_CASE("a JSON file that is missing is an error of the caller's kind", "[base]") {
  TempDir folder;
  const auto path = folder.write("a.json", "[1]");
  CHECK(parse_json_file(path, ErrorKind::model) == Json::array({1}));
  const auto error =
      error_of([&] { parse_json_file((folder / "b.json").string(), ErrorKind::model); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(error->what() ==
        (folder / "b.json").string() + ": cannot be opened: No such file or directory");
}

TEST_CASE("a document escapes what a terminal would obey or hide, and loses nothing", "[base]") {
  Json json;
  json["caf\xC3\xA9"] =
      "\xC2\x9B"
      "31m \xE2\x80\xAE\xF3\xA0\x80\x81 \x7F \xE2\x80\x8D\n";
  const auto text = json_document(json);
  CHECK(text ==
        "{\n  \"caf\xC3\xA9\": \"\\u009b31m \\u202e\\udb40\\udc01 \\u007f \xE2\x80\x8D\\n\"\n}\n");
  CHECK(parse_json(text, "f", ErrorKind::data) == json);
  CHECK(json_document(Json("\xFF")) == "\"\xEF\xBF\xBD\"\n");
}
