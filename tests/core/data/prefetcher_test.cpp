// SPDX-License-Identifier: Apache-2.0
#include "core/data/prefetcher.h"

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace candor;

namespace {

using Item = std::vector<std::int64_t>;

void fill(std::int64_t number, Item& item) {
  item.resize(3);
  for (std::int64_t i = 0; i < 3; ++i) item[static_cast<std::size_t>(i)] = 10 * number + i;
}

Item expected(std::int64_t number) {
  Item item;
  fill(number, item);
  return item;
}

// Makers that take longer or shorter, so that they finish in no order.
void fill_unevenly(std::int64_t number, Item& item) {
  std::this_thread::sleep_for(std::chrono::microseconds(number * 7919 % 300));
  fill(number, item);
}

}  // namespace

TEST_CASE("items come in order and are the same for any number of threads", "[data]") {
  for (const std::size_t threads : {0, 1, 2, 4}) {
    Prefetcher<Item> items(threads, 5, fill_unevenly);
    for (std::int64_t number = 3; number < 120; ++number) {
      REQUIRE(items.take(number) == expected(number));
    }
  }
}

TEST_CASE("any number may be taken next", "[data]") {
  for (const std::size_t threads : {0, 1, 3}) {
    Prefetcher<Item> items(threads, 4, fill_unevenly);
    for (const std::int64_t number : {0, 1, 2, 100, 101, 50, 50, 51, 0, 7}) {
      REQUIRE(items.take(number) == expected(number));
    }
  }
}

TEST_CASE("no more than the ring is made ahead, and its items are used again", "[data]") {
  for (const std::size_t threads : {0, 1, 4}) {
    constexpr std::int64_t kCapacity = 4;
    std::atomic<std::int64_t> most = -1;
    std::mutex mutex;
    std::set<const Item*> buffers;
    Prefetcher<Item> items(threads, kCapacity, [&](std::int64_t number, Item& item) {
      fill(number, item);
      const std::lock_guard lock(mutex);
      buffers.insert(&item);
      most = std::max(most.load(), number);
    });
    for (std::int64_t number = 0; number < 200; ++number) {
      items.take(number);
      REQUIRE(most.load() < number + kCapacity);
    }
    CHECK(buffers.size() <= (threads == 0 ? 1u : 4u));
  }
}

TEST_CASE("an item is left alone while it is in use", "[data]") {
  Prefetcher<Item> items(4, 2, fill);
  for (std::int64_t number = 0; number < 200; ++number) {
    auto& item = items.take(number);
    const auto before = item;
    std::this_thread::yield();
    REQUIRE(item == before);
    item.assign(3, -1);  // whoever has it may write to it
  }
}

TEST_CASE("what a maker throws comes out where its item is due, with its text", "[data]") {
  for (const std::size_t threads : {0, 1, 4}) {
    std::atomic<bool> broken = true;
    Prefetcher<Item> items(threads, 6, [&](std::int64_t number, Item& item) {
      if (number == 5 && broken) throw std::runtime_error("item 5 cannot be read");
      fill(number, item);
    });
    for (std::int64_t number = 0; number < 5; ++number)
      REQUIRE(items.take(number) == expected(number));
    std::string what;
    for (int attempt = 0; attempt < 2; ++attempt) {
      what.clear();
      try {
        items.take(5);
      } catch (const std::runtime_error& error) {
        what = error.what();
      }
      CHECK(what == "item 5 cannot be read");
    }
    broken = false;  // mended, it goes on
    for (std::int64_t number = 5; number < 20; ++number)
      REQUIRE(items.take(number) == expected(number));
  }
}

TEST_CASE("a ring may be dropped at any time", "[data]") {
  for (int run = 0; run < 50; ++run) {
    Prefetcher<Item> items(static_cast<std::size_t>(run % 4), 4, fill_unevenly);
    for (std::int64_t number = 0; number < run % 7; ++number) items.take(number);
  }
}

TEST_CASE("every thread starts before the ring is used", "[data]") {
  std::atomic<int> started = 0;
  Prefetcher<Item> items(3, 4, fill, [&] { ++started; });
  CHECK(started == 3);
}
