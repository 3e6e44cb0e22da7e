// SPDX-License-Identifier: Apache-2.0
#include "engine/data/loader.h"

#include <torch/torch.h>

#include <set>

#include "support/catch.h"

using namespace candor;

namespace {

// Rows whose target is their own number; training adds a draw of the epoch's stream.
class CountingRows final : public Dataset {
 public:
  explicit CountingRows(std::int64_t size) : size_(size) {}
  std::int64_t size() const override { return size_; }
  Batch batch(std::span<const std::int64_t> rows) const override {
    Batch batch;
    batch.target =
        torch::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), torch::kInt64);
    batch.inputs.numeric = torch::zeros({static_cast<std::int64_t>(rows.size()), 1});
    return batch;
  }
  Batch training_batch(std::span<const std::int64_t> rows,
                       const RandomStream& epoch) const override {
    auto result = batch(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      result.inputs.numeric[static_cast<std::int64_t>(i)][0] =
          epoch.at(static_cast<std::uint64_t>(rows[i])).uniform(0);
    }
    return result;
  }

 private:
  std::int64_t size_;
};

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

TEST_CASE("a batch is the same whatever was loaded before it", "[data]") {
  const auto rows = std::make_shared<CountingRows>(64);
  Loader straight(rows, 8, 3), jumping(rows, 8, 3);
  for (std::int64_t b = 0; b < 20; ++b) straight.load(b);
  for (const std::int64_t b : {20, 5, 37, 36}) {
    const auto a = straight.load(b), c = jumping.load(b);
    CHECK(a.target.equal(c.target));
    CHECK(a.inputs.numeric.equal(c.inputs.numeric));
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
