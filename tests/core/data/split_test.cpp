// SPDX-License-Identifier: Apache-2.0
#include "core/data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <candor/error.h>

#include "core/base/random.h"
#include "draws.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::draws;

namespace {

SplitConfig fractions(std::optional<double> validation, std::optional<double> test) {
  SplitConfig config;
  config.validation = validation;
  config.test = test;
  return config;
}

using Rows = std::vector<std::int64_t>;

// Part of each row: 0 train, 1 validation, 2 test, 3 calibration; every row in exactly one.
std::vector<int> parts_of(const SplitRows& split, std::int64_t rows) {
  std::vector<int> parts(static_cast<std::size_t>(rows), -1);
  int number = 0;
  for (const auto* part : {&split.train, &split.validation, &split.test, &split.calibration}) {
    REQUIRE(std::is_sorted(part->begin(), part->end()));
    for (const auto row : *part) {
      REQUIRE(parts[static_cast<std::size_t>(row)] == -1);
      parts[static_cast<std::size_t>(row)] = number;
    }
    ++number;
  }
  REQUIRE(std::count(parts.begin(), parts.end(), -1) == 0);
  return parts;
}

// Whether rows with the same key are in the same part.
bool together(const std::vector<int>& parts, const Rows& keys) {
  std::map<std::int64_t, int> part_of_key;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const auto [found, added] = part_of_key.emplace(keys[row], parts[row]);
    if (!added && found->second != parts[row]) return false;
  }
  return true;
}

// For each row the first one with the same value.
Rows firsts_of(const Rows& values) {
  std::map<std::int64_t, std::int64_t> first;
  Rows firsts;
  for (std::size_t row = 0; row < values.size(); ++row) {
    firsts.push_back(first.emplace(values[row], static_cast<std::int64_t>(row)).first->second);
  }
  return firsts;
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

TEST_CASE("equal rows stay in one part, and the parts are as large as without them", "[data]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SplitKeys keys;
    keys.rows = 600;
    const auto content = draws(600, 500, seed);
    keys.duplicates = firsts_of(content);
    for (const auto value : content) keys.strata.push_back(value % 3);  // equal rows, equal classes
    auto config = fractions(0.15, 0.2);
    config.seed = seed;
    const auto split = split_rows(keys, config);
    CHECK(together(parts_of(split, 600), content));
    CHECK(split.test.size() == 120);
    CHECK(split.validation.size() == 90);
    for (std::int64_t stratum = 0; stratum < 3; ++stratum) {
      const auto share = [&](const Rows& rows) {
        return std::count_if(rows.begin(), rows.end(), [&](std::int64_t row) {
          return keys.strata[static_cast<std::size_t>(row)] == stratum;
        });
      };
      const auto all = std::count(keys.strata.begin(), keys.strata.end(), stratum);
      CHECK(std::abs(static_cast<double>(share(split.test)) - 0.2 * static_cast<double>(all)) <= 1);
      CHECK(std::abs(static_cast<double>(share(split.validation)) -
                     0.15 * static_cast<double>(all)) <= 2);
    }
  }
}

TEST_CASE("without equal rows the split is the one of earlier versions", "[data]") {
  // Figures that were published with these rows must stay theirs.
  SplitKeys keys;
  keys.rows = 20;
  keys.strata = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto split = split_rows(keys, fractions(0.15, 0.25));
  CHECK(split.test == Rows{0, 2, 3, 8, 15});
  CHECK(split.validation == Rows{1, 10, 12});
  auto alone = keys;
  for (std::int64_t row = 0; row < 20; ++row) alone.duplicates.push_back(row);
  CHECK(split_rows(alone, fractions(0.15, 0.25)).test == split.test);
  CHECK(split_rows(alone, fractions(0.15, 0.25)).validation == split.validation);
}

TEST_CASE("a class whose rows are all equal stays in training", "[data]") {
  SplitKeys keys;
  keys.rows = 30;
  for (std::int64_t row = 0; row < 30; ++row) {
    keys.strata.push_back(row < 6 ? 1 : 0);
    keys.duplicates.push_back(row < 6 ? 0 : row);
  }
  for (const double fraction : {0.1, 0.5, 0.9}) {
    const auto split = split_rows(keys, fractions(std::nullopt, fraction));
    CHECK(std::count_if(split.train.begin(), split.train.end(), [](auto row) { return row < 6; }) ==
          6);
  }
}

TEST_CASE("no group is in two parts, and the parts come close to their shares", "[data]") {
  for (const bool stratified : {false, true}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SplitKeys keys;
      keys.rows = 2000;
      keys.groups = draws(2000, 150, seed);
      if (stratified) {
        // Groups lean to one class, as patients or authors do.
        const RandomStream stream(seed, "classes");
        for (std::size_t row = 0; row < 2000; ++row) {
          const bool leaning = stream.uniform(row) < 0.8;
          keys.strata.push_back(leaning ? keys.groups[row] % 3
                                        : static_cast<std::int64_t>(stream.below(row, 3)));
        }
      }
      auto config = fractions(0.15, 0.2);
      config.seed = seed;
      const auto split = split_rows(keys, config);
      CHECK(together(parts_of(split, 2000), keys.groups));
      CHECK(std::abs(static_cast<double>(split.test.size()) - 400.0) <= 20.0);
      CHECK(std::abs(static_cast<double>(split.validation.size()) - 300.0) <= 20.0);
      for (std::int64_t stratum = 0; stratified && stratum < 3; ++stratum) {
        const auto count = [&](const Rows& rows) {
          return static_cast<double>(std::count_if(rows.begin(), rows.end(), [&](auto row) {
            return keys.strata[static_cast<std::size_t>(row)] == stratum;
          }));
        };
        const auto all =
            static_cast<double>(std::count(keys.strata.begin(), keys.strata.end(), stratum));
        CHECK(std::abs(count(split.test) - 0.2 * all) <= 20.0);
      }
      auto other = config;
      other.seed = seed + 100;
      CHECK(split_rows(keys, other).test != split.test);
      CHECK(split_rows(keys, fractions(0.15, 0.2)).test ==
            split_rows(keys, fractions(std::nullopt, 0.2)).test);
    }
  }
}

TEST_CASE("every part gets a group, also where groups are larger than its share", "[data]") {
  SplitKeys keys;
  keys.rows = 300;
  for (std::int64_t row = 0; row < 300; ++row) keys.groups.push_back(row / 100);
  const auto split = split_rows(keys, fractions(0.1, 0.1));
  CHECK(together(parts_of(split, 300), keys.groups));
  CHECK(split.train.size() == 100);
  CHECK(split.validation.size() == 100);
  CHECK(split.test.size() == 100);
  for (std::int64_t row = 0; row < 300; ++row) keys.groups[static_cast<std::size_t>(row)] = row % 2;
  CHECK(split_rows(keys, fractions(std::nullopt, 0.9)).train.size() == 150);
  const auto error = test::error_of([&] { split_rows(keys, fractions(0.1, 0.1)); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "data.split.group: there are 2 groups for 3 parts, each of which needs one at least; "
        "choose a column with more of them, or ask for fewer parts");
}

TEST_CASE("by time the oldest rows train and the newest are the test", "[data]") {
  for (const std::int64_t different : {3, 40, 1000}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SplitKeys keys;
      keys.rows = 500;
      for (const auto value : draws(500, static_cast<std::uint64_t>(different), seed)) {
        keys.times.push_back(-1.5 * static_cast<double>(value));
      }
      const auto split = split_rows(keys, fractions(0.2, 0.1));
      parts_of(split, 500);
      const auto edges = [&](const Rows& rows) {
        double oldest = 1e9, newest = -1e9;
        for (const auto row : rows) {
          oldest = std::min(oldest, keys.times[static_cast<std::size_t>(row)]);
          newest = std::max(newest, keys.times[static_cast<std::size_t>(row)]);
        }
        return std::pair{oldest, newest};
      };
      REQUIRE_FALSE(split.train.empty());
      REQUIRE_FALSE(split.validation.empty());
      REQUIRE_FALSE(split.test.empty());
      CHECK(edges(split.train).second < edges(split.validation).first);  // ties stay together
      CHECK(edges(split.validation).second < edges(split.test).first);
      if (different < 1000) continue;
      CHECK(std::abs(static_cast<double>(split.test.size()) - 50.0) <= 3.0);
      CHECK(std::abs(static_cast<double>(split.validation.size()) - 100.0) <= 6.0);
    }
  }
  SplitKeys keys;
  keys.rows = 4;
  keys.times = {1, 2, 2, 1};
  CHECK(split_rows(keys, fractions(std::nullopt, 0.01)).test == Rows{1, 2});
  const auto error = test::error_of([&] { split_rows(keys, fractions(0.1, 0.1)); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "data.split.time: there are 2 different times for 3 parts, each of which needs one at "
        "least; choose a column with more of them, or ask for fewer parts");
}

TEST_CASE("a split is called after what it respects", "[data]") {
  SplitKeys keys;
  CHECK(std::string(split_kind(keys)) == "random");
  keys.groups = {0};
  CHECK(std::string(split_kind(keys)) == "group");
  keys.strata = {0};
  CHECK(std::string(split_kind(keys)) == "stratified_group");
  keys.groups.clear();
  CHECK(std::string(split_kind(keys)) == "stratified");
  keys.times = {0};
  CHECK(std::string(split_kind(keys)) == "time");
}

TEST_CASE("calibration rows come out of the training rows alone", "[data]") {
  const auto before = split_rows(1000, draws(1000, 3, 1), fractions(0.2, 0.1));
  auto config = fractions(0.2, 0.1);
  config.calibration = 0.15;
  const auto strata = draws(1000, 3, 1);
  const auto after = split_rows(1000, strata, config);
  CHECK(after.test == before.test);
  CHECK(after.validation == before.validation);
  CHECK(after.calibration.size() == 150);
  CHECK(after.train.size() == 550);
  parts_of(after, 1000);
  CHECK(digest_of(after) != digest_of(before));
  // Each class has its share.
  for (std::int64_t label = 0; label < 3; ++label) {
    const auto count = [&](const Rows& rows) {
      return std::count_if(rows.begin(), rows.end(), [&](std::int64_t row) {
        return strata[static_cast<std::size_t>(row)] == label;
      });
    };
    const auto all = std::count(strata.begin(), strata.end(), label);
    CHECK(std::abs(static_cast<double>(count(after.calibration)) -
                   0.15 * static_cast<double>(all)) <= 1.0);
  }
}

TEST_CASE("groups stay whole with calibration rows, too", "[data]") {
  SplitKeys keys;
  keys.rows = 2000;
  keys.groups = draws(2000, 90, 4);
  auto config = fractions(0.2, 0.2);
  config.calibration = 0.2;
  const auto split = split_rows(keys, config);
  const auto parts = parts_of(split, 2000);
  CHECK(together(parts, keys.groups));
  CHECK(std::abs(static_cast<double>(split.calibration.size()) - 400.0) < 40.0);
  SplitKeys few;
  few.rows = 30;
  few.groups = draws(30, 3, 1);
  const auto error = test::error_of([&] { split_rows(few, config); });
  REQUIRE(error);
  CHECK_THAT(error->what(), CANDOR_CONTAINS("there are 3 groups for 4 parts"));
}

TEST_CASE("by time the calibration rows lie between training and validation", "[data]") {
  SplitKeys keys;
  keys.rows = 100;
  for (int i = 0; i < 100; ++i) keys.times.push_back(i * 7 % 100);
  const auto before = split_rows(keys, fractions(0.1, 0.2));
  auto config = fractions(0.1, 0.2);
  config.calibration = 0.3;
  const auto split = split_rows(keys, config);
  CHECK(split.test == before.test);
  CHECK(split.validation == before.validation);
  const auto range = [&](const Rows& rows) {
    double low = 1e9, high = -1e9;
    for (const auto row : rows) {
      low = std::min(low, keys.times[static_cast<std::size_t>(row)]);
      high = std::max(high, keys.times[static_cast<std::size_t>(row)]);
    }
    return std::pair(low, high);
  };
  CHECK(range(split.train) == std::pair(0.0, 39.0));
  CHECK(range(split.calibration) == std::pair(40.0, 69.0));
  CHECK(range(split.validation) == std::pair(70.0, 79.0));
}
