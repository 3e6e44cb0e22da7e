// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_sampler.h"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.h"

using namespace candor;

namespace {

std::vector<double> counts_of(const std::vector<double>& weights, std::size_t draws) {
  std::vector<std::int64_t> rows(draws);
  RowSampler(weights).rows(RandomStream(1, "draws"), 0, rows);
  std::vector<double> counts(weights.size());
  for (const auto row : rows) ++counts[static_cast<std::size_t>(row)];
  return counts;
}

}  // namespace

TEST_CASE("rows are drawn in proportion to their weights, of any scale", "[data]") {
  constexpr std::size_t kDraws = 60'000;
  const std::vector<double> relative = {1, 0, 3, 2, 0.5, 0, 5.5};
  for (const double scale : {1.0, 1e-300, 1e307}) {
    auto weights = relative;
    for (auto& weight : weights) weight *= scale;
    const auto counts = counts_of(weights, kDraws);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double share = relative[i] / 12.0;
      INFO("row " << i << " at scale " << scale);
      CHECK(std::abs(counts[i] - share * kDraws) <=
            4.0 * std::sqrt(kDraws * share * (1.0 - share)));
    }
  }
}

TEST_CASE("a row without weight is never drawn, however the others round", "[data]") {
  std::vector<double> weights(1000, 0.0);
  for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0.1 * static_cast<double>(i + 1);
  weights[0] = std::numeric_limits<double>::denorm_min();
  const auto counts = counts_of(weights, 100'000);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0.0) REQUIRE(counts[i] == 0.0);
  }
  CHECK(counts_of({0.0, 0.0, 7.0}, 100)[2] == 100.0);
  CHECK(counts_of({3.0}, 100)[0] == 100.0);
}

TEST_CASE("a draw depends on its stream and position only", "[data]") {
  const std::vector<double> weights = {1, 2, 3, 4};
  const RowSampler sampler(weights);
  CHECK(sampler.size() == 4);
  const RandomStream stream(2, "draws");
  std::vector<std::int64_t> all(100), part(10), other(100);
  sampler.rows(stream.at(0), 0, all);
  sampler.rows(stream.at(0), 50, part);
  sampler.rows(stream.at(1), 0, other);
  CHECK(part == std::vector<std::int64_t>(all.begin() + 50, all.begin() + 60));
  CHECK(all != other);
}

TEST_CASE("balanced weights draw every stratum equally often, and its rows too", "[data]") {
  const std::vector<std::int64_t> strata = {0, 0, 0, 0, 0, 0, 2, 2, 3};  // none is in 1
  const auto weights = balanced_weights(strata);
  CHECK(weights[0] == Approx(1.0 / 6.0));
  CHECK(weights[6] == 0.5);
  CHECK(weights[8] == 1.0);
  constexpr std::size_t kDraws = 60'000;
  const auto counts = counts_of(weights, kDraws);
  const double third = kDraws / 3.0, most = 4.0 * std::sqrt(kDraws * 2.0 / 9.0);
  CHECK(std::abs(counts[8] - third) < most);
  CHECK(std::abs(counts[6] + counts[7] - third) < most);
  CHECK(std::abs(counts[6] - third / 2.0) < most);
  CHECK(std::abs(counts[0] - third / 6.0) < most);
}
