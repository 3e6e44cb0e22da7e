// SPDX-License-Identifier: Apache-2.0
#include "core/data/batch_rows.h"

#include <algorithm>
#include <set>
#include <thread>

#include <candor/error.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

Rows rows_of(const BatchRows& batches, std::int64_t number) {
  Rows rows;
  batches.rows(number, rows);
  return rows;
}

BatchOptions shard(std::int64_t rank, std::int64_t world) {
  BatchOptions options;
  options.rank = rank;
  options.world = world;
  return options;
}

BatchOptions shuffled() {
  BatchOptions options;
  options.order = OrderKind::fisher_yates;
  return options;
}

void append(Rows& to, const Rows& rows) { to.insert(to.end(), rows.begin(), rows.end()); }

}  // namespace

TEST_CASE("processes share each batch of the whole: no row twice, none lost", "[data]") {
  for (const std::int64_t count : {64, 103, 1000}) {
    for (const std::int64_t world : {1, 2, 3, 8}) {
      for (const std::int64_t size : {1, 3, 8}) {
        const BatchRows whole(count, size * world, 7);
        for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
          std::set<std::int64_t> seen;
          for (std::int64_t b = 0; b < whole.batches_per_epoch(); ++b) {
            const auto number = epoch * whole.batches_per_epoch() + b;
            Rows together;
            for (std::int64_t rank = 0; rank < world; ++rank) {
              const BatchRows part(count, size, 7, shard(rank, world));
              REQUIRE(part.batches_per_epoch() == whole.batches_per_epoch());
              const auto rows = rows_of(part, number);
              REQUIRE(rows.size() == static_cast<std::size_t>(size));
              append(together, rows);
            }
            REQUIRE(together == rows_of(whole, number));
            for (const auto row : together) REQUIRE(seen.insert(row).second);
          }
          // All but those that do not fill a last batch.
          CHECK(static_cast<std::int64_t>(seen.size()) == count / (size * world) * size * world);
        }
      }
    }
  }
}

TEST_CASE("fewer rows than a batch make one batch of all rows, shared evenly", "[data]") {
  const BatchRows whole(5, 64, 0);
  CHECK(whole.batches_per_epoch() == 1);
  Rows together;
  for (std::int64_t rank = 0; rank < 3; ++rank) {
    const auto rows = rows_of(BatchRows(5, 64, 0, shard(rank, 3)), 0);
    CHECK((rows.size() == 1 || rows.size() == 2));
    append(together, rows);
  }
  CHECK(together == rows_of(whole, 0));
  CHECK(std::set<std::int64_t>(together.begin(), together.end()).size() == 5);
  const auto error = test::error_of([] { BatchRows(5, 64, 0, shard(0, 6)); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "5 training rows are too few for 6 processes; each needs one at least");
}

TEST_CASE("a batch is the same whatever was asked for before it, in either order", "[data]") {
  for (const auto& options : {BatchOptions{}, shuffled()}) {
    const BatchRows straight(64, 8, 3, options);
    for (std::int64_t b = 0; b < 20; ++b) rows_of(straight, b);
    for (const std::int64_t b : {20, 5, 37, 36}) {
      CHECK(rows_of(straight, b) == rows_of(BatchRows(64, 8, 3, options), b));
    }
  }
}

TEST_CASE("epochs and seeds have orders of their own", "[data]") {
  const BatchRows batches(64, 64, 3);
  CHECK(rows_of(batches, 0) != rows_of(batches, 1));
  CHECK(rows_of(batches, 0) != rows_of(BatchRows(64, 64, 4), 0));
  CHECK(batches.epoch_of(1) == 1);
}

TEST_CASE("the order of earlier versions is still there, to go on with", "[data]") {
  const BatchRows batches(10, 4, 5, shuffled());
  const auto order = permutation(10, RandomStream(5, "order").at(1));
  CHECK(rows_of(batches, 2) == Rows(order.begin(), order.begin() + 4));
  CHECK(rows_of(batches, 3) == Rows(order.begin() + 4, order.begin() + 8));
  CHECK(rows_of(batches, 2) != rows_of(BatchRows(10, 4, 5), 2));
}

TEST_CASE("rows may be drawn instead, as many as there are in an epoch", "[data]") {
  const std::vector<double> weights = {1, 0, 0, 3, 0, 0, 0, 0};
  BatchOptions options;
  options.sampler = std::make_shared<const RowSampler>(weights);
  const BatchRows batches(8, 4, 1, options);
  CHECK(batches.batches_per_epoch() == 2);
  std::vector<Rows> seen;
  for (std::int64_t b = 0; b < 40; ++b) {
    seen.push_back(rows_of(batches, b));
    for (const auto row : seen.back()) CHECK((row == 0 || row == 3));
  }
  for (std::int64_t b = 0; b < 40; ++b) {
    CHECK(rows_of(BatchRows(8, 4, 1, options), b) == seen[static_cast<std::size_t>(b)]);
  }
  CHECK(std::set<Rows>(seen.begin(), seen.end()).size() > 5);
}

TEST_CASE("many threads get the rows that one gets", "[data]") {
  for (const auto& options : {BatchOptions{}, shuffled()}) {
    const BatchRows batches(500, 50, 9, options);
    std::vector<std::vector<Rows>> got(4, std::vector<Rows>(40));
    std::vector<std::thread> threads;
    for (auto& mine : got) {
      threads.emplace_back([&batches, &mine] {
        for (std::size_t b = 0; b < mine.size(); ++b) {
          batches.rows(static_cast<std::int64_t>(b), mine[b]);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& mine : got) CHECK(mine == got[0]);
    for (std::size_t b = 0; b < 40; ++b) {
      CHECK(got[0][b] == rows_of(batches, static_cast<std::int64_t>(b)));
    }
  }
}

TEST_CASE("the state of a loader is four integers and survives its file", "[data]") {
  const BatchRows batches(103, 10, 7);
  CHECK(batches.state_after(0) == LoaderState{7, 0, 0, 103});
  CHECK(batches.state_after(10) == LoaderState{7, 1, 0, 103});
  CHECK(batches.state_after(27) == LoaderState{7, 2, 70, 103});
  CHECK(BatchRows(103, 5, 7, shard(1, 2)).state_after(27) == LoaderState{7, 2, 70, 103});
  const auto json = loader_json(OrderKind::fisher_yates, batches.state_after(27));
  const auto saved = loader_from_json(Json::parse(json.dump()), "state.json");
  CHECK(saved.order == OrderKind::fisher_yates);
  CHECK(saved.state == batches.state_after(27));
  for (const auto& [key, value] : json.items()) {
    auto less = json;
    less.erase(key);
    const auto error = test::error_of([&] { loader_from_json(less, "state.json"); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    CHECK(std::string(error->what()) ==
          "state.json: a value of loader is missing or of another type; the file is damaged");
  }
  auto later = json;
  later["order"] = "newer";
  CHECK(std::string(test::error_of([&] { loader_from_json(later, "state.json"); })->what()) ==
        "state.json: loader.order 'newer' is not one that this version knows (feistel, "
        "fisher_yates); resume with the version that wrote it");
}
