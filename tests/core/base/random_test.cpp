// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "support/catch.h"

using namespace candor;

// Known answers of Philox4x32-10 that its authors publish with Random123 (kat_vectors).
TEST_CASE("Philox gives the published words", "[base]") {
  using Words = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t kOnes = 0xffffffff;
  CHECK(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is a function of seed, name, index and position", "[base]") {
  const RandomStream stream(7, "order");
  CHECK(stream.bits(3) == RandomStream(7, "order").bits(3));
  CHECK(stream.at(2).bits(3) == RandomStream(7, "order").at(2).bits(3));
  const std::set<std::uint64_t> different = {stream.bits(3),
                                             stream.bits(4),
                                             stream.at(0).bits(3),
                                             stream.at(1).bits(3),
                                             stream.at(1).at(0).bits(3),
                                             stream.at(0).at(1).bits(3),
                                             RandomStream(8, "order").bits(3),
                                             RandomStream(7, "other").bits(3)};
  CHECK(different.size() == 8);
}

TEST_CASE("uniform numbers fill [0, 1) evenly", "[base]") {
  const RandomStream stream(1, "uniform");
  constexpr int kCount = 100'000, kBins = 10;
  std::array<int, kBins> bins{};
  for (int i = 0; i < kCount; ++i) {
    const auto value = stream.uniform(static_cast<std::uint64_t>(i));
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    ++bins[static_cast<std::size_t>(value * kBins)];
  }
  double chi_squared = 0.0;
  for (const int count : bins) {
    const double off = count - kCount / kBins;
    chi_squared += off * off / (kCount / kBins);
  }
  CHECK(chi_squared < 27.88);  // 99.9 % quantile with 9 degrees of freedom
}

TEST_CASE("normal numbers have mean 0, variance 1 and the tails of a normal", "[base]") {
  const RandomStream stream(2, "normal");
  constexpr int kCount = 100'000;
  double sum = 0.0, squares = 0.0;
  int beyond_two = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const auto value = stream.normal(i);
    REQUIRE(std::isfinite(value));
    sum += value;
    squares += value * value;
    beyond_two += std::abs(value) > 2.0 ? 1 : 0;
  }
  CHECK(std::abs(sum / kCount) < 0.013);            // 4 standard errors
  CHECK(std::abs(squares / kCount - 1.0) < 0.018);  // 4 standard errors
  CHECK(std::abs(beyond_two / double(kCount) - 0.0455) < 0.0027);
}

TEST_CASE("below never reaches its bound and reaches everything under it", "[base]") {
  const RandomStream stream(3, "below");
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto value = stream.below(i, 7);
    REQUIRE(value < 7);
    seen.insert(value);
    CHECK(stream.below(i, 1) == 0);
  }
  CHECK(seen.size() == 7);
}

TEST_CASE("a permutation holds every index once and differs from stream to stream", "[base]") {
  const RandomStream stream(4, "order");
  const auto order = permutation(1000, stream.at(0));
  const std::set<std::int64_t> members(order.begin(), order.end());
  CHECK(members.size() == 1000);
  CHECK(*members.begin() == 0);
  CHECK(*members.rbegin() == 999);
  CHECK(order == permutation(1000, stream.at(0)));
  CHECK(order != permutation(1000, stream.at(1)));
  CHECK(permutation(0, stream).empty());
  CHECK(permutation(1, stream) == std::vector<std::int64_t>{0});
}

TEST_CASE("every permutation of three is about equally likely", "[base]") {
  const RandomStream stream(5, "order");
  std::map<std::vector<std::int64_t>, int> counts;
  for (std::uint64_t i = 0; i < 6000; ++i) ++counts[permutation(3, stream.at(i))];
  REQUIRE(counts.size() == 6);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - 1000) < 120);
}
