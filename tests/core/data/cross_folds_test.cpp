// SPDX-License-Identifier: Apache-2.0
// Folds of some rows of a file, and the parts of one fold.
#include <algorithm>
#include <map>
#include <set>

#include <candor/error.h>

#include "core/data/folds.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

CrossValidationConfig folds_of(std::int64_t folds, std::int64_t repeats = 1) {
  CrossValidationConfig config;
  config.folds = folds;
  config.repeats = repeats;
  return config;
}

SplitConfig validating(double share) {
  SplitConfig split;
  split.validation = share;
  return split;
}

// Every third row is a test row, and never seen.
Rows without_test(std::int64_t count) {
  Rows rows;
  for (std::int64_t row = 0; row < count; ++row) {
    if (row % 3 != 0) rows.push_back(row);
  }
  return rows;
}

SplitKeys stratified(std::int64_t rows) {
  SplitKeys keys;
  keys.rows = rows;
  for (std::int64_t row = 0; row < rows; ++row) keys.strata.push_back(row % 7 == 0 ? 1 : 0);
  return keys;
}

bool intersect(const Rows& a, const Rows& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](auto row) { return std::binary_search(b.begin(), b.end(), row); });
}

}  // namespace

TEST_CASE("the keys of some rows are those rows' keys, with equal rows found among them",
          "[data]") {
  SplitKeys keys;
  keys.rows = 6;
  keys.strata = {0, 1, 2, 0, 1, 2};
  keys.groups = {5, 5, 4, 4, 3, 3};
  keys.times = {1, 2, 3, 4, 5, 6};
  keys.duplicates = {0, 1, 0, 3, 0, 1};
  const auto some = keys_of(keys, Rows{2, 4, 5});
  CHECK(some.rows == 3);
  CHECK(some.strata == Rows{2, 1, 2});
  CHECK(some.groups == Rows{4, 3, 3});
  CHECK(some.times == std::vector<double>{3, 5, 6});
  CHECK(some.duplicates == Rows{0, 0, 2});
}

TEST_CASE("a fold's parts are of the dealt rows alone and share none", "[data]") {
  const auto keys = stratified(210);
  const auto rows = without_test(210);
  const auto folds = deal_folds(keys, rows, folds_of(5), 3);
  std::multiset<std::int64_t> held_out;
  for (std::int64_t fold = 0; fold < 5; ++fold) {
    const auto parts = fold_rows(keys, folds, {fold, 0}, validating(0.25));
    CHECK(parts.test == folds.held_out(0, fold));
    held_out.insert(parts.test.begin(), parts.test.end());
    CHECK_FALSE(intersect(parts.train, parts.test));
    CHECK_FALSE(intersect(parts.validation, parts.test));
    CHECK_FALSE(intersect(parts.train, parts.validation));
    CHECK(parts.train.size() + parts.validation.size() + parts.test.size() == rows.size());
    CHECK(parts.validation.size() == 28);  // a quarter of 112
    Rows all = parts.train;
    all.insert(all.end(), parts.validation.begin(), parts.validation.end());
    all.insert(all.end(), parts.test.begin(), parts.test.end());
    std::sort(all.begin(), all.end());
    CHECK(all == rows);
  }
  CHECK(Rows(held_out.begin(), held_out.end()) == rows);
}

TEST_CASE("a fold's calibration rows are of its training rows", "[data]") {
  const auto keys = stratified(210);
  const auto folds = deal_folds(keys, without_test(210), folds_of(5), 3);
  auto split = validating(0.25);
  const auto before = fold_rows(keys, folds, {2, 0}, split);
  split.calibration = 0.25;
  const auto parts = fold_rows(keys, folds, {2, 0}, split);
  CHECK(parts.calibration.size() == 28);
  CHECK(parts.validation == before.validation);
  CHECK_FALSE(intersect(parts.calibration, parts.test));
  CHECK_FALSE(intersect(parts.calibration, parts.validation));
  CHECK_FALSE(intersect(parts.calibration, parts.train));
}

TEST_CASE("without a fraction for validation, a fold trains on all its other rows", "[data]") {
  const auto keys = stratified(60);
  const auto folds = deal_folds(keys, without_test(60), folds_of(4), 0);
  const auto parts = fold_rows(keys, folds, {1, 0}, SplitConfig{});
  CHECK(parts.validation.empty());
  CHECK(parts.train.size() == 30);
}

TEST_CASE("repeats deal other folds, each of them whole; the first is that of the seed alone",
          "[data]") {
  const auto keys = stratified(90);
  const auto rows = without_test(90);
  const auto three = deal_folds(keys, rows, folds_of(3, 3), 8);
  CHECK(three.repeats() == 3);
  CHECK(three.fold_of[0] == deal_folds(keys, rows, folds_of(3), 8).fold_of[0]);
  CHECK(three.fold_of[0] != three.fold_of[1]);
  CHECK(three.fold_of[1] != three.fold_of[2]);
  for (const auto& dealt : three.fold_of) {
    for (std::int64_t fold = 0; fold < 3; ++fold) {
      CHECK(std::count(dealt.begin(), dealt.end(), fold) == 20);
    }
  }
  CHECK(three.digest() != deal_folds(keys, rows, folds_of(3), 8).digest());
  CHECK(three.digest() == deal_folds(keys, rows, folds_of(3, 3), 8).digest());
  CHECK(three.digest() != deal_folds(keys, rows, folds_of(3, 3), 9).digest());
}

TEST_CASE("groups and equal rows stay on one side of a fold, in its validation rows too",
          "[data]") {
  for (const bool grouped : {true, false}) {
    SplitKeys keys;
    keys.rows = 200;
    auto& shared = grouped ? keys.groups : keys.duplicates;
    for (std::int64_t row = 0; row < keys.rows; ++row) shared.push_back(row % 40);
    const auto rows = without_test(200);
    const auto folds = deal_folds(keys, rows, folds_of(4), 1);
    for (std::int64_t fold = 0; fold < 4; ++fold) {
      const auto parts = fold_rows(keys, folds, {fold, 0}, validating(0.2));
      std::map<std::int64_t, std::set<int>> sides;
      int side = 0;
      for (const auto* part : {&parts.train, &parts.validation, &parts.test}) {
        for (const auto row : *part) sides[row % 40].insert(side);
        ++side;
      }
      for (const auto& [group, where] : sides) CHECK(where.size() == 1);
    }
  }
}

TEST_CASE("by time a fold trains on what came before, and validates on the newest of that",
          "[data]") {
  SplitKeys keys;
  keys.rows = 120;
  for (std::int64_t row = 0; row < keys.rows; ++row) {
    keys.times.push_back(static_cast<double>((row * 37) % 120));
  }
  const auto time = [&](std::int64_t row) { return keys.times[static_cast<std::size_t>(row)]; };
  const auto folds = deal_folds(keys, without_test(120), folds_of(4), 0);
  for (std::int64_t fold = 0; fold < 4; ++fold) {
    const auto parts = fold_rows(keys, folds, {fold, 0}, validating(0.25));
    double trained = -1.0, validated = -1.0, first_held = 1e9, first_validated = 1e9;
    for (const auto row : parts.train) trained = std::max(trained, time(row));
    for (const auto row : parts.validation) {
      validated = std::max(validated, time(row));
      first_validated = std::min(first_validated, time(row));
    }
    for (const auto row : parts.test) first_held = std::min(first_held, time(row));
    CHECK(trained < first_validated);
    CHECK(validated < first_held);
  }
  const auto error =
      test::error_of([&] { deal_folds(keys, without_test(120), folds_of(4, 2), 0); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "cross_validation.repeats 2: folds by data.split.time are the same every time; set it to "
        "1");
}

TEST_CASE("a class that no fold could train on is refused before anything is trained", "[data]") {
  auto keys = stratified(60);
  keys.strata[4] = 2;
  const auto error = test::error_of([&] { deal_folds(keys, without_test(60), folds_of(3), 0); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "a class has 1 row for cross-validation, all of them in one fold, whose model would not "
        "know it; merge the class with another one, leave it out, or give more rows");
}
