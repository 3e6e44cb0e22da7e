// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/distinct_counter.h"

#include <string>

#include "support/catch.h"

using namespace candor;

TEST_CASE("different values are counted exactly up to the limit, and numbered as they come",
          "[inspect]") {
  DistinctCounter counter(1000);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) CHECK(counter.add(hash_of(std::to_string(i))) == i);
  }
  CHECK(counter.exact());
  CHECK(counter.count() == 1000);
  CHECK(counter.contains(hash_of("999")));
  CHECK_FALSE(counter.contains(hash_of("1000")));
}

TEST_CASE("beyond the limit the count is an estimate within four standard errors", "[inspect]") {
  for (const int values : {1001, 20'000, 300'000}) {
    INFO(values);
    DistinctCounter counter(1000);
    for (int i = 0; i < values; ++i) counter.add(hash_of("value " + std::to_string(i)));
    for (int i = 0; i < values; i += 7) {
      CHECK(counter.add(hash_of("value " + std::to_string(i))) == -1);
    }
    CHECK_FALSE(counter.exact());
    CHECK(static_cast<double>(counter.count()) == Approx(values).epsilon(4 * 0.0082));
  }
}

TEST_CASE("an empty counter has seen nothing", "[inspect]") {
  const DistinctCounter counter(10);
  CHECK(counter.count() == 0);
  CHECK_FALSE(counter.contains(hash_of("")));
}

TEST_CASE("the hash of a sequence depends on its order and on where one ends", "[inspect]") {
  const auto a = hash_of("a"), b = hash_of("b");
  CHECK(hash_behind(hash_behind(0, a), b) != hash_behind(hash_behind(0, b), a));
  CHECK(hash_behind(hash_behind(0, hash_of("ab")), hash_of("")) !=
        hash_behind(hash_behind(0, a), b));
}
