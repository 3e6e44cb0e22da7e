// SPDX-License-Identifier: Apache-2.0
#include "engine/data/loader.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <atomic>
#include <set>
#include <thread>

#include <candor/error.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Rows whose target is their own number; training adds a draw of the epoch's stream.
class CountingRows final : public Dataset {
 public:
  explicit CountingRows(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  Batch batch(std::span<const std::int64_t> rows) const override {
    Batch batch;
    write_training_batch(rows, RandomStream(0, "none"), batch);
    return batch;
  }
  void write_training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch,
                            Batch& batch) const override {
    const auto count = static_cast<std::int64_t>(rows.size());
    const auto* before = batch.target.defined() ? batch.target.const_data_ptr() : nullptr;
    reuse(batch.target, {count}, torch::kInt64);
    reuse(batch.inputs.numeric, {count, 1}, torch::kFloat32);
    if (batch.target.const_data_ptr() != before) ++allocations;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = rows[i];
      if (row == broken) throw Error(ErrorKind::data, "pictures/7.jpg: not a JPEG file");
      batch.target.data_ptr<std::int64_t>()[i] = row;
      batch.inputs.numeric.data_ptr<float>()[i] =
          static_cast<float>(epoch.stream.at(static_cast<std::uint64_t>(row)).uniform(0));
    }
    threads = std::max(threads.load(), at::get_num_threads());
  }
  bool costly_batches() const override { return true; }

  std::int64_t broken = -1;
  mutable std::atomic<int> allocations = 0;
  mutable std::atomic<int> threads = 0;  // most that an operation in it would have

 private:
  std::int64_t size_;
};

LoaderOptions threads(int count) {
  LoaderOptions options;
  options.threads = count;
  return options;
}

std::vector<std::int64_t> targets(Loader& loader, std::int64_t batch) {
  const auto target = loader.load(batch).target;
  return {target.data_ptr<std::int64_t>(), target.data_ptr<std::int64_t>() + target.numel()};
}

}  // namespace

TEST_CASE("an epoch shows every row at most once, in whole batches", "[data]") {
  Loader loader(std::make_shared<CountingRows>(103), 10, 7);
  REQUIRE(loader.batches_per_epoch() == 10);
  std::set<std::int64_t> seen;
  for (std::int64_t b = 0; b < 10; ++b) {
    for (const auto row : targets(loader, b)) CHECK(seen.insert(row).second);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("a batch is the same whatever was loaded before it, by any number of threads", "[data]") {
  const auto rows = std::make_shared<CountingRows>(64);
  Loader straight(rows, 8, 3);
  std::vector<Batch> batches;
  for (std::int64_t b = 0; b < 40; ++b) batches.push_back(straight.load(b));
  for (const int count : {0, 1, 2, 4}) {
    Loader loader(rows, 8, 3, threads(count));
    for (const std::int64_t b : {0, 1, 2, 3, 20, 21, 5, 37, 36, 38, 39}) {
      const auto batch = loader.load(b);
      CHECK(batch.target.equal(batches[static_cast<std::size_t>(b)].target));
      CHECK(batch.inputs.numeric.equal(batches[static_cast<std::size_t>(b)].inputs.numeric));
    }
  }
}

TEST_CASE("epochs and seeds have orders of their own", "[data]") {
  const auto rows = std::make_shared<CountingRows>(64);
  Loader loader(rows, 64, 3), other(rows, 64, 4);
  CHECK(targets(loader, 0) != targets(loader, 1));
  CHECK(targets(loader, 0) != targets(other, 0));
  CHECK(loader.epoch_of(1) == 1);
}

TEST_CASE("fewer rows than a batch make one batch of all rows", "[data]") {
  Loader loader(std::make_shared<CountingRows>(5), 64, 0);
  CHECK(loader.batches_per_epoch() == 1);
  CHECK(targets(loader, 0).size() == 5);
}

TEST_CASE("in the steady state the memory of batches is used again", "[data]") {
  for (const int count : {0, 1, 3}) {
    const auto rows = std::make_shared<CountingRows>(64);
    Loader loader(rows, 8, 3, threads(count));
    for (std::int64_t b = 0; b < 200; ++b) loader.load(b);
    CHECK(rows->allocations <= loader.ring());
  }
}

TEST_CASE("a batch that somebody still holds is left as it is", "[data]") {
  for (const int count : {0, 2}) {
    Loader loader(std::make_shared<CountingRows>(64), 8, 3, threads(count));
    const auto held = loader.load(0);
    const auto view = loader.load(1).target.slice(0, 2, 4);
    const auto target = held.target.clone(), part = view.clone();
    for (std::int64_t b = 2; b < 30; ++b) loader.load(b);
    CHECK(held.target.equal(target));
    CHECK(view.equal(part));
  }
}

TEST_CASE("what a dataset throws comes out of load, whichever thread met it", "[data]") {
  for (const int count : {0, 1, 4}) {
    const auto rows = std::make_shared<CountingRows>(64);
    rows->broken = 17;
    Loader loader(rows, 8, 3, threads(count));
    const auto error = test::error_of([&] {
      for (std::int64_t b = 0; b < 8; ++b) loader.load(b);
    });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::data);
    CHECK(std::string(error->what()) == "pictures/7.jpg: not a JPEG file");
  }
}

TEST_CASE("threads of the loader compute alone and leave the others' number as it is", "[data]") {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  const auto rows = std::make_shared<CountingRows>(64);
  {
    Loader loader(rows, 8, 3, threads(2));
    loader.load(0);
    CHECK(rows->threads == 1);
    CHECK(at::get_num_threads() == 3);
    int later = 0;
    std::thread([&] { later = at::get_num_threads(); }).join();
    CHECK(later == 3);
  }
  at::set_num_threads(before);
}

TEST_CASE("candor gives a loader threads where batches are costly", "[data]") {
  class InMemory final : public Dataset {
    std::int64_t size() const override { return 1; }
    Batch batch(std::span<const std::int64_t>) const override { return {}; }
  };
  CHECK(loader_threads({}, InMemory()) == 0);
  CHECK(loader_threads(3, InMemory()) == 3);
  CHECK(loader_threads({}, CountingRows(1)) >= 1);
  CHECK(loader_threads(0, CountingRows(1)) == 0);
}

TEST_CASE("a row that is drawn again in an epoch is changed in another way", "[data]") {
  LoaderOptions options;
  const std::vector<double> weights = {0, 1, 0, 0};
  options.rows.sampler = std::make_shared<const RowSampler>(weights);
  Loader loader(std::make_shared<CountingRows>(4), 2, 3, options);
  const auto first = loader.load(0), second = loader.load(1);
  CHECK(first.target.equal(second.target));
  CHECK_FALSE(first.inputs.numeric.equal(second.inputs.numeric));
}
