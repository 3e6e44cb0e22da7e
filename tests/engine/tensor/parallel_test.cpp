// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/parallel.h"

#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/one_thread.h"
#include "support/catch.h"

using namespace candor;
using test::Threads;

TEST_CASE("a loop runs on all threads and sees each element once", "[tensor]") {
  const Threads threads(2);
  std::mutex mutex;
  std::set<std::thread::id> who;
  std::vector<int> seen(1000);
  parallel_for(0, 1000, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) ++seen[static_cast<std::size_t>(i)];
    const std::lock_guard lock(mutex);
    who.insert(std::this_thread::get_id());
  });
  CHECK(seen == std::vector<int>(1000, 1));
  CHECK(who.size() == 2);
}

TEST_CASE("inside a loop there is one thread", "[tensor]") {
  const Threads threads(2);
  std::vector<int> inner(2);
  parallel_for(0, 2, 1, [&](std::int64_t first, std::int64_t) {
    parallel_for(0, 100, 1,
                 [&](std::int64_t, std::int64_t) { ++inner[static_cast<std::size_t>(first)]; });
  });
  CHECK(inner == std::vector<int>(2, 1));
}

TEST_CASE("what a loop throws comes out", "[tensor]") {
  const Threads threads(2);
  CHECK_THROWS_AS(parallel_for(0, 2, 1,
                               [](std::int64_t first, std::int64_t) {
                                 if (first == 1) throw std::runtime_error("one");
                               }),
                  std::runtime_error);
}
