// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/slices.h"

#include "core/base/random.h"
#include "core/metrics/group_rows.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

// Four columns of four values; a row is right with a chance of 0.9, and of `in_slice` where a = a1
// and b = b2.
Scored rows_with_bad_slice(std::size_t rows, double in_slice, std::uint64_t seed) {
  const RandomStream stream(seed, "slices");
  Scored scored;
  scored.labels = {"no", "yes"};
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    std::string values;
    for (std::uint64_t c = 0; c < 4; ++c) {
      const std::string name(1, static_cast<char>('a' + c));
      const auto value = name + std::to_string(row.below(c, 4));
      scored.groups[name].push_back(value);
      values += value;
    }
    const bool inside = values.starts_with("a1b2");
    const bool right = row.uniform(10) < (inside ? in_slice : 0.9);
    const auto target = static_cast<std::int64_t>(row.below(11, 2));
    const auto p = (target == 1) == right ? 0.75f : 0.25f;
    scored.target.push_back(target);
    scored.probabilities.insert(scored.probabilities.end(), {1.0f - p, p});
  }
  return scored;
}

}  // namespace

TEST_CASE("a planted slice is found, and stands first", "[metrics]") {
  const auto report = make_report(rows_with_bad_slice(8000, 0.5, 1), EvaluateConfig{});
  REQUIRE(report.slices);
  CHECK(report.slices->metric == "accuracy");
  CHECK(report.slices->tested == 4 * 4 + 6 * 16);
  REQUIRE_FALSE(report.slices->worst.empty());
  const auto& worst = report.slices->worst.front();
  CHECK(worst.columns == std::vector<std::string>{"a", "b"});
  CHECK(worst.values == std::vector<std::string>{"a1", "b2"});
  CHECK(worst.value == Approx(0.5).margin(0.06));
  CHECK(worst.rest == Approx(0.9).margin(0.02));
  CHECK(*worst.high < 0.0);
  CHECK(worst.p_holm < 1e-6);
}

TEST_CASE("noise is not taken for a slice", "[metrics]") {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto report = make_report(rows_with_bad_slice(2000, 0.9, 100 + seed), EvaluateConfig{});
    found += report.slices->worst.empty() ? 0 : 1;
  }
  CHECK(found <= 6);  // P(more than 6 of 40 at 5 %) < 0.004
}

TEST_CASE("slices of few rows are not looked at", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  add_rows(scored, "many", 1, true, 500);
  add_rows(scored, "few", 1, false, 29);
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(report.slices->tested == 0);  // the rest of "many" is too small as well
  EvaluateConfig config;
  config.min_count = 20;
  const auto wide = make_report(scored, config);
  CHECK(wide.slices->worst.at(0).values == std::vector<std::string>{"few"});
  config.slices = false;
  CHECK_FALSE(make_report(scored, config).slices);
}

TEST_CASE("slices of a regression have larger errors", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  const RandomStream stream(2, "errors");
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const bool bad = i % 5 == 0;
    scored.groups["site"].push_back(bad ? "n" : i % 2 == 0 ? "s" : "w");
    scored.target_value.push_back(0.0);
    scored.value.push_back(stream.normal(i) * (bad ? 3.0 : 1.0));
  }
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(report.slices->metric == "mae");
  REQUIRE(report.slices->worst.size() == 1);
  CHECK(report.slices->worst[0].values == std::vector<std::string>{"n"});
  CHECK(*report.slices->worst[0].low > 0.0);
}
