// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_order.h"

#include <algorithm>
#include <map>
#include <vector>

#include "chi_squared.h"
#include "support/catch.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

Rows rows_of(const RowOrder& order, std::int64_t first, std::size_t count) {
  Rows rows(count);
  order.rows(first, rows);
  return rows;
}

}  // namespace

TEST_CASE("an order holds every row once, whatever their number", "[data]") {
  for (std::int64_t count = 1; count < 300; ++count) {
    auto rows = rows_of({count, RandomStream(1, "order")}, 0, static_cast<std::size_t>(count));
    std::sort(rows.begin(), rows.end());
    for (std::int64_t i = 0; i < count; ++i) REQUIRE(rows[static_cast<std::size_t>(i)] == i);
  }
  for (const std::int64_t count : {4095, 4096, 4097, 100'003, 262'144}) {
    auto rows = rows_of({count, RandomStream(1, "order")}, 0, static_cast<std::size_t>(count));
    std::sort(rows.begin(), rows.end());
    CHECK(std::adjacent_find(rows.begin(), rows.end()) == rows.end());
    CHECK(rows.front() == 0);
    CHECK(rows.back() == count - 1);
  }
}

TEST_CASE("any part of an order is that part of the whole", "[data]") {
  const RowOrder order(1000, RandomStream(2, "order"));
  const auto all = rows_of(order, 0, 1000);
  for (const std::int64_t first : {0, 1, 63, 64, 500, 873}) {
    for (const std::size_t count : {0, 1, 64, 65, 127}) {
      const auto begin = all.begin() + first;
      CHECK(rows_of(order, first, count) ==
            Rows(begin, begin + static_cast<std::ptrdiff_t>(count)));
    }
  }
}

TEST_CASE("orders of other streams are other orders", "[data]") {
  const RandomStream stream(3, "order");
  CHECK(rows_of({1000, stream.at(0)}, 0, 1000) == rows_of({1000, stream.at(0)}, 0, 1000));
  CHECK(rows_of({1000, stream.at(0)}, 0, 1000) != rows_of({1000, stream.at(1)}, 0, 1000));
}

TEST_CASE("every order of few rows is equally likely", "[data]") {
  std::size_t orders = 1;
  for (std::int64_t count = 2; count <= 6; ++count) {
    orders *= static_cast<std::size_t>(count);
    std::map<Rows, double> seen;
    const RandomStream stream(4, "order");
    for (std::uint64_t i = 0; i < 100 * orders; ++i) {
      ++seen[rows_of({count, stream.at(i)}, 0, static_cast<std::size_t>(count))];
    }
    REQUIRE(seen.size() == orders);
    std::vector<double> counts;
    for (const auto& entry : seen) counts.push_back(entry.second);
    INFO(count << " rows: " << test::chi_squared(counts));
    CHECK(test::even(counts));
  }
}

TEST_CASE("no row is likelier at a place, and none likelier after another", "[data]") {
  const RandomStream stream(5, "order");
  for (const std::int64_t count : {7, 100, 1009, 5000}) {
    constexpr std::int64_t kBins = 7;
    std::vector<double> row(kBins), step(kBins), far(kBins);
    const auto bin = [&](std::int64_t value, std::int64_t values) {
      return static_cast<std::size_t>(value * kBins / values);
    };
    const auto usable = (count - 1) / kBins * kBins;  // so many distances fill the bins evenly
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const auto rows = rows_of({count, stream.at(i)}, count / 2, 3);
      const auto distance = [&](std::size_t j) { return (rows[j] - rows[0] + count) % count - 1; };
      if (rows[0] < count / kBins * kBins) ++row[bin(rows[0], count / kBins * kBins)];
      if (usable == 0) continue;
      if (distance(1) < usable) ++step[bin(distance(1), usable)];
      if (distance(2) < usable) ++far[bin(distance(2), usable)];
    }
    INFO(count << " rows");
    CHECK(test::even(row));
    if (usable == 0) continue;
    CHECK(test::even(step));
    CHECK(test::even(far));
  }
}

TEST_CASE("within one order neighbours are as far apart as in a random one", "[data]") {
  constexpr std::int64_t kCount = 100'000, kBins = 100;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto rows = rows_of({kCount, RandomStream(seed, "order")}, 0, kCount);
    std::vector<double> steps(kBins);
    double rising = 0.0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const auto step = (rows[i] - rows[i - 1] + kCount) % kCount;
      ++steps[static_cast<std::size_t>(step * kBins / kCount)];
      rising += rows[i] > rows[i - 1] ? 1.0 : 0.0;
    }
    CHECK(test::even(steps));
    // Ascents of a permutation: mean (n - 1) / 2, variance (n + 1) / 12.
    CHECK(std::abs(rising - (kCount - 1) / 2.0) < 4.0 * std::sqrt((kCount + 1) / 12.0));
  }
}

TEST_CASE("the last row of a thousand million is there at once", "[data]") {
  constexpr std::int64_t kCount = 1'000'000'007;
  const RowOrder order(kCount, RandomStream(6, "order"));
  const auto rows = rows_of(order, kCount - 100, 100);
  for (const auto row : rows) {
    CHECK(row >= 0);
    CHECK(row < kCount);
  }
  CHECK(rows_of(order, kCount - 1, 1).front() == rows.back());
}
