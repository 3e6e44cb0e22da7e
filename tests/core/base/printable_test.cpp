// SPDX-License-Identifier: Apache-2.0
#include "core/base/printable.h"

#include <string>

#include "core/artifact/quote.h"
#include "core/base/utf8.h"
#include "support/catch.h"

using namespace candor;

TEST_CASE("what a terminal would obey is shown as a question mark", "[base]") {
  CHECK(printable("plain, Z\u00fcrich, \u65e5\u672c, \U0001F469\u200D\U0001F52C") ==
        "plain, Z\u00fcrich, \u65e5\u672c, \U0001F469\u200D\U0001F52C");
  CHECK(printable("two\nlines\tand a tab") == "two\nlines\tand a tab");
  CHECK(printable("\x1b[31mred\x07") == "?[31mred?");
  CHECK(printable(std::string("nul\0", 4)) == "nul?");
  CHECK(printable("c1 \u009b31m") == "c1 ?31m");         // a control sequence in one byte
  CHECK(printable("abc\u202Efed\u2066") == "abc?fed?");  // written backwards
  CHECK(printable("no\xff utf-8\xc3") == "no? utf-8?");
  CHECK(printable("") == "");
}

TEST_CASE("printable text is UTF-8 without hidden characters, and stays as it is", "[base]") {
  for (std::uint32_t value = 0; value < 0x3000; ++value) {
    std::string text = "a";
    append_code_point(value, text);
    const auto once = printable(text);
    CHECK_FALSE(find_invalid_utf8(once));
    CHECK(printable(once) == once);
    const bool kept = !is_hidden(value) || value == '\n' || value == '\t';
    CHECK(once == (kept ? text : "a?"));
  }
}

TEST_CASE("a quoted name shows the bytes of hidden characters", "[base]") {
  CHECK(quote("name") == "'name'");
  CHECK(quote("a\x1b[2J") == "'a\\x1b[2J'");
  CHECK(quote("a\u202Eb") == "'a\\xe2\\x80\\xaeb'");
  CHECK(quote("a\xffz") == "'a\\xffz'");
  CHECK(quote(std::string(65, 'x')) == "'" + std::string(64, 'x') + "...'");
  CHECK(quote(std::string(63, 'x') + "\u00fc") == "'" + std::string(63, 'x') + "...'");
}
