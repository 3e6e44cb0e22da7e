// SPDX-License-Identifier: Apache-2.0
#include "engine/data/split.h"

#include <algorithm>
#include <set>

#include "support/catch.h"

using namespace candor;

namespace {

SplitConfig fractions(std::optional<double> validation, std::optional<double> test) {
  SplitConfig config;
  config.validation = validation;
  config.test = test;
  return config;
}

}  // namespace

TEST_CASE("every row lands in exactly one part", "[data]") {
  const auto parts = split_rows(1001, {}, fractions(0.15, 0.2));
  std::set<std::int64_t> all;
  for (const auto* part : {&parts.train, &parts.validation, &parts.test}) {
    CHECK(std::is_sorted(part->begin(), part->end()));
    all.insert(part->begin(), part->end());
  }
  CHECK(all.size() == 1001);
  CHECK(parts.train.size() + parts.validation.size() + parts.test.size() == 1001);
  CHECK(parts.test.size() == 200);
  CHECK(parts.validation.size() == 150);
}

TEST_CASE("the test rows do not depend on the validation fraction", "[data]") {
  const auto with = split_rows(500, {}, fractions(0.3, 0.2));
  const auto without = split_rows(500, {}, fractions(std::nullopt, 0.2));
  CHECK(with.test == without.test);
}

TEST_CASE("a stratified split keeps the class shares", "[data]") {
  std::vector<std::int64_t> classes(1000, 0);
  std::fill(classes.begin() + 900, classes.end(), 1);
  const auto parts = split_rows(1000, classes, fractions(0.1, 0.2));
  const auto rare = [&](const std::vector<std::int64_t>& rows) {
    return std::count_if(rows.begin(), rows.end(), [](std::int64_t row) { return row >= 900; });
  };
  CHECK(rare(parts.test) == 20);
  CHECK(rare(parts.validation) == 10);
  CHECK(rare(parts.train) == 70);
}

TEST_CASE("another split seed gives other rows, the same one the same rows", "[data]") {
  auto config = fractions(0.2, std::nullopt);
  const auto first = split_rows(200, {}, config);
  CHECK(split_rows(200, {}, config).validation == first.validation);
  config.seed = 1;
  CHECK(split_rows(200, {}, config).validation != first.validation);
}

TEST_CASE("a text is split into contiguous parts, validation last", "[data]") {
  const auto spans = split_text(1000, fractions(0.1, 0.2));
  CHECK(spans.train_end == 700);
  CHECK(spans.test_end == 900);
  CHECK(spans.validation_end == 1000);
  CHECK(split_text(1000, {}).train_end == 1000);
}
