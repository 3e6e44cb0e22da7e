// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/row_sample.h"

#include <cmath>

#include "support/catch.h"

using namespace candor;

namespace {

// Every cell of a row is its number.
Table numbered(int rows, int columns) {
  std::string text = "a";
  for (int column = 1; column < columns; ++column) text += ",b" + std::to_string(column);
  text += "\n";
  for (int row = 0; row < rows; ++row) {
    const auto number = std::to_string(row);
    text += number;
    for (int column = 1; column < columns; ++column) text += "," + number;
    text += "\n";
  }
  return parse_table(text, "a.csv", {});
}

}  // namespace

TEST_CASE("few rows are all in the sample, in their order", "[inspect]") {
  const RowSample sample(numbered(1000, 3));
  CHECK(sample.complete());
  REQUIRE(sample.rows() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(sample.cell(2, i) == std::to_string(i));
}

TEST_CASE("of many rows every part is drawn alike, and the same ones each time", "[inspect]") {
  const int rows = 30'000;
  const auto table = numbered(rows, 200);  // 10,000 rows fit
  const RowSample sample(table);
  CHECK_FALSE(sample.complete());
  REQUIRE(sample.rows() == 10'000);
  double sum = 0.0;
  for (std::int64_t i = 0; i < sample.rows(); ++i) {
    REQUIRE(sample.cell(0, i) == sample.cell(199, i));
    if (i > 0)
      REQUIRE(sample.table_rows()[static_cast<std::size_t>(i) - 1] <
              sample.table_rows()[static_cast<std::size_t>(i)]);
    sum += std::stod(std::string(sample.cell(199, i)));
  }
  // The mean of 10,000 uniform draws, within five standard errors.
  CHECK(sum / 10'000 == Approx(rows / 2.0).margin(5.0 * rows / std::sqrt(12.0 * 10'000)));
  CHECK(RowSample(table).table_rows() == sample.table_rows());
}

TEST_CASE("a long cell is cut, but still differs from others with its beginning", "[inspect]") {
  const std::string start(500, 'x');
  const RowSample sample(
      parse_table("a\n" + start + "a\n" + start + "b\n" + start + "a\n", "a.csv", {}));
  CHECK(sample.cell(0, 0).size() == RowSample::kMostBytes);
  CHECK(sample.cell(0, 0) != sample.cell(0, 1));
  CHECK(sample.cell(0, 0) == sample.cell(0, 2));
}
