// SPDX-License-Identifier: Apache-2.0
#include "core/data/folds.h"

#include <algorithm>
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

using Rows = std::vector<std::int64_t>;

// Largest minus smallest count of the rows that `wanted` says, over the folds.
template <class Wanted>
std::int64_t spread(const Folds& folds, const Wanted& wanted) {
  Rows counts(static_cast<std::size_t>(folds.count()), 0);
  const auto fold = folds.fold_of_rows();
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (fold[row] >= 0 && wanted(row)) ++counts[static_cast<std::size_t>(fold[row])];
  }
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  return *most - *least;
}

std::string message(const SplitKeys& keys, std::int64_t count) {
  const auto error = test::error_of([&] { Folds(keys, count, 0); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

}  // namespace

TEST_CASE("every row is held out once and trains in all other folds", "[data]") {
  for (const std::int64_t rows : {5, 64, 501}) {
    for (const std::int64_t count : {2, 3, 5}) {
      SplitKeys keys;
      keys.rows = rows;
      const Folds folds(keys, count, 1);
      std::map<std::int64_t, int> held_out;
      for (std::int64_t fold = 0; fold < count; ++fold) {
        const auto part = folds.at(fold);
        CHECK(part.train.size() + part.held_out.size() == static_cast<std::size_t>(rows));
        CHECK(std::is_sorted(part.train.begin(), part.train.end()));
        CHECK(std::is_sorted(part.held_out.begin(), part.held_out.end()));
        for (const auto row : part.held_out) ++held_out[row];
        for (const auto row : part.train) {
          CHECK_FALSE(std::binary_search(part.held_out.begin(), part.held_out.end(), row));
        }
      }
      CHECK(held_out.size() == static_cast<std::size_t>(rows));
      for (const auto& entry : held_out) CHECK(entry.second == 1);
      CHECK(spread(folds, [](std::size_t) { return true; }) <= 1);
    }
  }
}

TEST_CASE("each fold has as many rows of each class, up to one, and as many in all", "[data]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SplitKeys keys;
    keys.rows = 503;
    keys.strata = draws(503, 7, seed);
    const Folds folds(keys, 5, seed);
    CHECK(spread(folds, [](std::size_t) { return true; }) <= 1);
    for (std::int64_t stratum = 0; stratum < 7; ++stratum) {
      CHECK(spread(folds, [&](std::size_t row) { return keys.strata[row] == stratum; }) <= 1);
    }
    CHECK(std::ranges::equal(folds.fold_of_rows(), Folds(keys, 5, seed).fold_of_rows()));
    CHECK_FALSE(std::ranges::equal(folds.fold_of_rows(), Folds(keys, 5, seed + 1).fold_of_rows()));
  }
}

TEST_CASE("equal rows, and rows of one group, are in one fold", "[data]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SplitKeys equal, grouped;
    equal.rows = grouped.rows = 1000;
    const auto content = draws(1000, 300, seed);
    std::map<std::int64_t, std::int64_t> first;
    for (std::size_t row = 0; row < 1000; ++row) {
      equal.duplicates.push_back(
          first.emplace(content[row], static_cast<std::int64_t>(row)).first->second);
      grouped.strata.push_back(content[row] % 2);
    }
    equal.strata = grouped.strata;
    grouped.groups = content;
    for (const auto* keys : {&equal, &grouped}) {
      const Folds folds(*keys, 4, seed);
      std::map<std::int64_t, std::set<std::int64_t>> of_content;
      for (std::size_t row = 0; row < 1000; ++row) {
        of_content[content[row]].insert(folds.fold_of_rows()[row]);
      }
      for (const auto& entry : of_content) CHECK(entry.second.size() == 1);
      CHECK(spread(folds, [](std::size_t) { return true; }) <= 10);
      CHECK(spread(folds, [&](std::size_t row) { return content[row] % 2 == 0; }) <= 10);
    }
  }
}

TEST_CASE("by time a fold trains on all that was before it, and ties stay together", "[data]") {
  for (const std::uint64_t different : {6, 50, 1000}) {
    SplitKeys keys;
    keys.rows = 600;
    for (const auto value : draws(600, different, different)) {
      keys.times.push_back(0.5 * static_cast<double>(value));
    }
    const Folds folds(keys, 5, 0);
    std::size_t before = 0;
    for (std::int64_t fold = 0; fold < 5; ++fold) {
      const auto part = folds.at(fold);
      REQUIRE_FALSE(part.train.empty());
      REQUIRE_FALSE(part.held_out.empty());
      CHECK(part.train.size() > before);
      before = part.train.size();
      double newest = -1.0;
      for (const auto row : part.train) {
        newest = std::max(newest, keys.times[static_cast<std::size_t>(row)]);
      }
      for (const auto row : part.held_out) {
        CHECK(keys.times[static_cast<std::size_t>(row)] > newest);
      }
    }
    CHECK(folds.at(4).train.size() + folds.at(4).held_out.size() == 600);
    if (different == 1000) CHECK(spread(folds, [](std::size_t) { return true; }) <= 12);
  }
}

TEST_CASE("too few rows, groups or times for the folds are refused", "[data]") {
  SplitKeys keys;
  keys.rows = 6;
  keys.duplicates = {0, 0, 0, 3, 3, 3};
  CHECK(message(keys, 3) ==
        "3 folds need at least 3 different rows; there are 2; ask for fewer folds");
  keys.groups = {0, 1, 0, 1, 0, 1};
  CHECK(message(keys, 3) == "3 folds need at least 3 groups; there are 2; ask for fewer folds");
  keys.groups.clear();
  keys.times = {1, 2, 3, 1, 2, 3};
  CHECK(message(keys, 3) ==
        "3 folds need at least 4 different times; there are 3; ask for fewer folds");
}
