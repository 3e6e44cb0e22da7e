// SPDX-License-Identifier: Apache-2.0
#include "core/table/number.h"

#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "support/catch.h"

using namespace candor;

TEST_CASE("Decimal text is a number", "[table]") {
  const std::vector<std::pair<std::string, double>> cases = {
      {"0", 0},      {"-1.5", -1.5}, {"+2", 2},  {" 3\t", 3},   {".5", .5},       {"5.", 5},
      {"1e3", 1000}, {"1E-3", .001}, {"007", 7}, {"1e-400", 0}, {"-2.5e+2", -250}};
  for (const auto& [text, value] : cases) {
    CAPTURE(text);
    CHECK(parse_number(text).kind == NumberKind::number);
    CHECK(parse_number(text).value == value);
  }
}

TEST_CASE("Infinity and NaN are neither number nor text", "[table]") {
  for (const auto* text : {"inf", "-Inf", "INFINITY", "nan", "+NaN", "1e400", "-1e999"}) {
    CAPTURE(text);
    CHECK(parse_number(text).kind == NumberKind::not_finite);
  }
}

TEST_CASE("Anything else is text", "[table]") {
  for (const auto* text : {"", " ", "+", "-", "+-1", "--1", "1,000", "0x10", "1 2", "1e", "e5", ".",
                           "1_0", "$5", "12a"}) {
    CAPTURE(text);
    CHECK(parse_number(text).kind == NumberKind::text);
  }
}

TEST_CASE("A number's text is short and reads back to the same value", "[table]") {
  CHECK(number_text(3.0) == "3");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(100000) == "100000");
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(0.00012) == "0.00012");
  CHECK(number_text(-2.5) == "-2.5");
  CHECK(number_text(1e300) == "1e+300");
  const RandomStream stream(2, "numbers");
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto value = stream.normal(2 * i) *
                       std::pow(10.0, static_cast<double>(stream.below(4 * i + 3, 40)) - 20);
    CHECK(parse_number(number_text(value)).value == value);
  }
  CHECK(parse_number(number_text(std::numeric_limits<double>::max())).value ==
        std::numeric_limits<double>::max());
}
