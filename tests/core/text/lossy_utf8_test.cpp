// SPDX-License-Identifier: Apache-2.0
#include "core/text/lossy_utf8.h"

#include "support/catch.h"

using namespace candor;

TEST_CASE("an unfinished last character is held back, a finished one is not", "[text]") {
  CHECK(complete_utf8_length("abc") == 3);
  CHECK(complete_utf8_length("") == 0);
  CHECK(complete_utf8_length("a\xE2\x82") == 1);
  CHECK(complete_utf8_length("a\xE2\x82\xAC") == 4);
  CHECK(complete_utf8_length("\xF0\x9F\x98") == 0);
}

TEST_CASE("bytes that can never become a character are not held back", "[text]") {
  CHECK(complete_utf8_length("a\xFF") == 2);
  CHECK(complete_utf8_length("\x80\x80\x80\x80") == 4);
}

TEST_CASE("invalid bytes become the replacement character, one each", "[text]") {
  CHECK(replace_invalid_utf8("a\xFF"
                             "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(replace_invalid_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(replace_invalid_utf8("na\xC3\xAFve") == "na\xC3\xAFve");
}
