// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/row_sample.h"

#include "support/catch.h"

using namespace candor;

namespace {

RowSample sample_of(int rows, std::size_t columns) {
  RowSample sample(columns);
  for (int i = 0; i < rows; ++i) {
    const auto number = std::to_string(i);
    sample.add(std::vector<std::string_view>(columns, number));
  }
  return sample;
}

}  // namespace

TEST_CASE("few rows are all in the sample, in their order", "[inspect]") {
  const auto sample = sample_of(1000, 3);
  CHECK(sample.complete());
  REQUIRE(sample.rows() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(sample.cell(2, i) == std::to_string(i));
}

TEST_CASE("of many rows every part is drawn alike, and the same ones each time", "[inspect]") {
  const int rows = 100'000;
  const auto sample = sample_of(rows, 200);  // 10,000 rows fit
  CHECK_FALSE(sample.complete());
  REQUIRE(sample.rows() == 10'000);
  double sum = 0.0;
  for (std::int64_t i = 0; i < sample.rows(); ++i) {
    sum += std::stod(std::string(sample.cell(199, i)));
  }
  // The mean of 10,000 uniform draws, within five standard errors.
  CHECK(sum / 10'000 == Approx(rows / 2.0).margin(5.0 * rows / std::sqrt(12.0 * 10'000)));
  const auto again = sample_of(rows, 200);
  for (std::int64_t i = 0; i < sample.rows(); ++i) CHECK(sample.cell(0, i) == again.cell(0, i));
}

TEST_CASE("a long cell is cut, but still differs from others with its beginning", "[inspect]") {
  RowSample sample(1);
  const std::string start(500, 'x');
  for (const auto& cell : {start + "a", start + "b", start + "a"}) {
    sample.add(std::vector<std::string_view>{cell});
  }
  CHECK(sample.cell(0, 0).size() == RowSample::kMostBytes);
  CHECK(sample.cell(0, 0) != sample.cell(0, 1));
  CHECK(sample.cell(0, 0) == sample.cell(0, 2));
}
