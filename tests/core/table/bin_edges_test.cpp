// SPDX-License-Identifier: Apache-2.0
#include "core/table/bin_edges.h"

#include <algorithm>
#include <numeric>

#include "support/catch.h"

using namespace candor;

namespace {

std::vector<double> edges_of(const std::vector<double>& values, std::int64_t bins) {
  return bin_edges(values, std::vector<double>(values.size(), 1.0), bins);
}

std::vector<double> counted(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

TEST_CASE("values that are all different are cut at their quantiles", "[table]") {
  CHECK(edges_of(counted(101), 4) == std::vector<double>{0, 25, 50, 75, 100});
}

TEST_CASE("few values have an edge each, whatever their shares", "[table]") {
  std::vector<double> values(1000, 7.0);
  values.insert(values.end(), {9.0, 1.0, 9.0, 3.0});
  CHECK(edges_of(values, 3) == std::vector<double>{1, 3, 7, 9});
  CHECK(edges_of(values, 500) == std::vector<double>{1, 3, 7, 9});
}

TEST_CASE("a value that most rows have takes one edge, not those of the others", "[table]") {
  auto values = counted(101);
  values.insert(values.end(), 2000, 0.0);
  const auto edges = edges_of(values, 11);
  // 0 fills a bin; the ten that are left cut 1 to 100 at their quantiles.
  REQUIRE(edges.size() == 12);
  CHECK(edges[0] == 0.0);
  CHECK(edges[1] == 1.0);
  CHECK(edges[2] == Approx(10.9));
  CHECK(edges.back() == 100.0);
}

TEST_CASE("there are never more bins than asked for, and the ends are the data's", "[table]") {
  for (const std::int64_t bins : {1, 2, 3, 7, 40, 300}) {
    std::vector<double> values;
    for (int i = 0; i < 500; ++i) values.push_back((i * i) % 97 * (i % 3 == 0 ? 1.0 : 0.01 * i));
    const auto edges = edges_of(values, bins);
    CAPTURE(bins);
    CHECK(edges.size() <= static_cast<std::size_t>(bins) + 1);
    CHECK(std::is_sorted(edges.begin(), edges.end()));
    CHECK(edges.front() == *std::min_element(values.begin(), values.end()));
    CHECK(edges.back() == *std::max_element(values.begin(), values.end()));
  }
}

TEST_CASE("weights count as so many rows, and rows of weight 0 are not there", "[table]") {
  const auto plain = edges_of({1, 2, 2, 2, 3, 4, 5, 6, 7, 8}, 4);
  const auto weighted = bin_edges({1, 2, 3, 4, 5, 6, 7, 8, 99}, {1, 3, 1, 1, 1, 1, 1, 1, 0}, 4);
  CHECK(plain == weighted);
}

TEST_CASE("a column of one value, or of none, has a bin all the same", "[table]") {
  CHECK(edges_of({5, 5, 5}, 8) == std::vector<double>{5, 6});
  CHECK(edges_of({}, 8) == std::vector<double>{0, 1});
}

TEST_CASE("values that float32 has as one are one", "[table]") {
  CHECK(edges_of({1e9, 1e9 + 1, 2e9}, 8) == std::vector<double>{1e9, 2e9});
}
