// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <vector>

#include "support/catch.h"

using namespace candor;

namespace {

std::string encoded(std::uint32_t value) {
  std::string text;
  append_code_point(value, text);
  return text;
}

}  // namespace

TEST_CASE("every code point reads back as it was written, in the length that its size asks for",
          "[base]") {
  for (std::uint32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    const auto text = encoded(value);
    const auto point = read_code_point(text + "x");
    REQUIRE(point.value == value);
    REQUIRE(point.length == text.size());
    REQUIRE(text.size() == (value < 0x80 ? 1u : value < 0x800 ? 2u : value < 0x10000 ? 3u : 4u));
  }
}

TEST_CASE("surrogates, values above U+10FFFF and overlong forms are invalid", "[base]") {
  for (const std::string text :
       {"\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80", "\xFF", "\xFE", "\x80", "\xBF"}) {
    INFO(text.size());
    CHECK(read_code_point(text).length == 0);
    CHECK(find_invalid_utf8(text) == 0u);
  }
}

TEST_CASE("a sequence that is cut short is invalid where it starts", "[base]") {
  for (const std::uint32_t value : {0xE4u, 0x20ACu, 0x1F600u}) {
    const auto whole = encoded(value);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const auto cut = whole.substr(0, size);
      CHECK(read_code_point(cut).length == 0);
      CHECK(find_invalid_utf8("abc" + cut) == 3u);
      CHECK(find_invalid_utf8("abc" + cut + "x") == 3u);
    }
    CHECK_FALSE(find_invalid_utf8("abc" + whole));
  }
}

// Eight bytes of ASCII are looked at together.
TEST_CASE("the first invalid byte is found at every place of a long text", "[base]") {
  CHECK_FALSE(find_invalid_utf8(""));
  CHECK_FALSE(find_invalid_utf8(std::string("a\0b", 3)));
  for (std::size_t place = 0; place < 40; ++place) {
    std::string text(40, 'a');
    CHECK_FALSE(find_invalid_utf8(text));
    text[place] = '\xFF';
    CHECK(find_invalid_utf8(text) == place);
    text = std::string(place, 'a') + "ä" + std::string(9, 'b') + "\xC3";
    CHECK(find_invalid_utf8(text) == place + 11);
  }
}
