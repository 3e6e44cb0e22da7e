// SPDX-License-Identifier: Apache-2.0
#include "core/serve/json_reader.h"

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/serve/base64.h"
#include "core/serve/json_write.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::JsonReader;
using candor::test::error_of;

namespace {

bool accepts(const std::string& text) {
  return !error_of([&] {
    JsonReader reader(text);
    reader.skip();
    reader.finish();
  });
}

// What the strict tree parser thinks, apart from what it refuses beyond RFC 8259.
bool tree_accepts(const std::string& text) { return nlohmann::json::accept(text); }

double number(const std::string& text) { return JsonReader(text).number(); }
std::string string(const std::string& text) { return std::string(JsonReader(text).string()); }

}  // namespace

TEST_CASE("numbers and strings read as JSON says", "[serve]") {
  CHECK(number("-0.5e1") == -5.0);
  CHECK(number("0.1") == 0.1);
  CHECK(number("1e-400") == 0.0);
  CHECK(number("18446744073709551616") == 18446744073709551616.0);
  CHECK(string(R"("a\n\u00e4\ud83d\ude00\/")") == "a\n\xC3\xA4\xF0\x9F\x98\x80/");
  CHECK(string("\"\"") == "");
}

TEST_CASE("a part that is read later keeps its place in the body", "[serve]") {
  JsonReader reader(R"({"a": [1, "x"]})");
  std::string_view key;
  reader.enter_object();
  REQUIRE(reader.next_key(key));
  auto part = reader.part(reader.skip());
  part.enter_array();
  REQUIRE(part.next_element());
  part.number();
  REQUIRE(part.next_element());
  const auto error = error_of([&] { part.number(); });
  REQUIRE(error);
  CHECK(std::string(error->what()) == "request body, byte 11: expected a number, found a string");
}

TEST_CASE("what is not JSON is refused", "[serve]") {
  for (const auto* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "[,1]",
                           "{\"a\":1,}",
                           "{\"a\"}",
                           "{a:1}",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "+1",
                           "nul",
                           "truee",
                           "NaN",
                           "Infinity",
                           "\"",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\t\"",
                           "\"\xff\"",
                           "\"\xC0\x80\"",
                           "1 2",
                           "[1 2]",
                           "{\"a\" 1}",
                           "]",
                           "1e999",
                           "\xEF\xBB\xBF{}"}) {
    INFO(text);
    CHECK_FALSE(accepts(text));
  }
  CHECK_FALSE(accepts(std::string(65, '[') + std::string(65, ']')));
  CHECK(accepts(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(accepts(std::string(1'000'000, '[')));
}

TEST_CASE("reader and tree parser agree on texts with random faults", "[serve]") {
  const std::string seed =
      R"({"a": [1, -2.5e3, "x\u00e9\n", true, null], "b": {"c": {}, "d": []}, "e": "\ud83d\ude00"})";
  const std::string letters = "{}[]\",:\\0123456789.-+eEtrufalsn \x01\xC3\xA9";
  const candor::RandomStream random(7, "json");
  std::uint64_t position = 0;
  for (int round = 0; round < 20000; ++round) {
    auto text = seed;
    const auto faults = 1 + random.below(position++, 3);
    for (std::uint64_t i = 0; i < faults; ++i) {
      const auto at = random.below(position++, text.size());
      const char letter = letters[random.below(position++, letters.size())];
      switch (random.below(position++, 3)) {
        case 0: text[at] = letter; break;
        case 1: text.insert(at, 1, letter); break;
        default: text.erase(at, 1); break;
      }
    }
    if (accepts(text) == tree_accepts(text)) continue;
    FAIL_CHECK(text);
  }
}

TEST_CASE("a place in the body is named, its content is not", "[serve]") {
  const auto error = error_of([] {
    JsonReader reader(R"({"a": "secret-4711"})");
    std::string_view key;
    reader.enter_object();
    reader.next_key(key);
    reader.number();
  });
  REQUIRE(error);
  CHECK(error->kind() == candor::ErrorKind::request);
  CHECK(std::string(error->what()) == "request body, byte 7: expected a number, found a string");
}

TEST_CASE("what is written reads back", "[serve]") {
  const std::string text = "quote \" back \\ line \n tab \t bell \a \xC3\xA4 \xF0\x9F\x98\x80";
  CHECK(nlohmann::json::parse(candor::json_string(text)).get<std::string>() == text);
  CHECK(candor::json_string("a\xff") == "\"a\xEF\xBF\xBD\"");
  for (const double value : {0.1, 1e300, -0.0, 123456789.0, 5e-324}) {
    std::string out;
    candor::append_json_number(out, value);
    CHECK(number(out) == value);
  }
}

TEST_CASE("base64 reads back, with both alphabets and without padding", "[serve]") {
  CHECK(candor::decode_base64("") == "");
  CHECK(candor::decode_base64("aGVsbG8=") == "hello");
  CHECK(candor::decode_base64("aGVsbG8") == "hello");
  CHECK(candor::decode_base64("-_-_") == candor::decode_base64("+/+/"));
  for (const auto* bad : {"a", "aGVsbG8==", "a=Vs", "aGV sbG8", "aGVs\n", "%%%%", "====", "=a=="}) {
    INFO(bad);
    CHECK_FALSE(candor::decode_base64(bad));
  }
}
