// SPDX-License-Identifier: Apache-2.0
// Times the loader on rows in memory, for scripts/bench/loader.sh.
//
//   bench_loader resume --rows N     seconds from a saved position in the middle of an epoch of N
//                                    rows to the first batch
//   bench_loader order --rows N      rows per second of the order alone
//   bench_loader batches --rows N [--loader-threads T]   microseconds per batch of the raw dataset
//                                    and through the loader
//
// One JSON line on stdout.
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cxxopts.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/data/loader.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

constexpr std::int64_t kColumns = 14, kBatchSize = 256;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A table as large as memory allows, or, `rows` alone being of interest, one row for all.
class Rows final : public Dataset {
 public:
  Rows(std::int64_t rows, bool filled) : rows_(rows) {
    if (!filled) return;
    numeric_ = torch::rand({rows, kColumns});
    target_ = torch::randint(0, 2, {rows}, torch::kInt64);
  }

  std::int64_t size() const override { return rows_; }
  Batch batch(std::span<const std::int64_t> rows) const override {
    Batch batch;
    write_training_batch(rows, RandomStream(0, "none"), batch);
    return batch;
  }
  void write_training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch,
                            Batch& batch) const override {
    (void)epoch;
    if (!numeric_.defined()) {
      reuse(batch.target, {static_cast<std::int64_t>(rows.size())}, torch::kInt64);
      return;
    }
    copy_rows(numeric_, rows, batch.inputs.numeric);
    copy_rows(target_, rows, batch.target);
  }

 private:
  std::int64_t rows_;
  at::Tensor numeric_, target_;
};

double resume_seconds(std::int64_t rows) {
  const auto dataset = std::make_shared<Rows>(rows, false);
  const auto begin = Clock::now();
  Loader loader(dataset, kBatchSize, 1);
  loader.load(loader.batches_per_epoch() / 2);
  return seconds_since(begin);
}

double order_speed(std::int64_t rows) {
  const BatchRows order(rows, kBatchSize, 1);
  std::vector<std::int64_t> batch;
  const auto count = std::min<std::int64_t>(order.batches_per_epoch(), 20'000);
  const auto begin = Clock::now();
  for (std::int64_t b = 0; b < count; ++b) order.rows(b, batch);
  return static_cast<double>(count * kBatchSize) / seconds_since(begin);
}

struct BatchTimes {
  double raw = 0.0, loader = 0.0;  // microseconds
};

// In turns, so that a busy machine slows both.
BatchTimes batch_times(std::int64_t rows, int threads) {
  const auto dataset = std::make_shared<Rows>(rows, true);
  LoaderOptions options;
  options.threads = threads;
  Loader loader(dataset, kBatchSize, 1, options);
  const BatchRows order(rows, kBatchSize, 1);
  const auto count = std::min<std::int64_t>(order.batches_per_epoch(), 2'000);
  std::vector<std::vector<std::int64_t>> numbers(static_cast<std::size_t>(count));
  for (std::int64_t b = 0; b < count; ++b) order.rows(b, numbers[static_cast<std::size_t>(b)]);
  BatchTimes times;
  for (std::int64_t b = 0; b < count; ++b) {
    auto begin = Clock::now();
    dataset->batch(numbers[static_cast<std::size_t>(b)]);
    times.raw += seconds_since(begin);
    begin = Clock::now();
    loader.load(b);
    times.loader += seconds_since(begin);
  }
  times.raw *= 1e6 / static_cast<double>(count);
  times.loader *= 1e6 / static_cast<double>(count);
  return times;
}

void run(const std::string& what, std::int64_t rows, int threads) {
  set_threads(1);
  if (what == "resume") {
    std::printf("{\"seconds\": %.9f}\n", resume_seconds(rows));
  } else if (what == "order") {
    std::printf("{\"rows_per_second\": %.1f}\n", order_speed(rows));
  } else if (what == "batches") {
    const auto times = batch_times(rows, threads);
    std::printf("{\"raw_us\": %.3f, \"loader_us\": %.3f}\n", times.raw, times.loader);
  } else {
    throw std::runtime_error("unknown measure '" + what + "'; allowed: resume, order, batches");
  }
}

}  // namespace
}  // namespace candor

int main(int argc, char** argv) {
  cxxopts::Options options("bench_loader", "Times the loader");
  options.add_options()("measure", "resume, order or batches", cxxopts::value<std::string>())(
      "rows", "rows of the table", cxxopts::value<std::int64_t>()->default_value("1000000"))(
      "loader-threads", "threads of the loader", cxxopts::value<int>()->default_value("0"));
  options.parse_positional({"measure"});
  try {
    const auto words = options.parse(argc, argv);
    candor::run(words["measure"].as<std::string>(), words["rows"].as<std::int64_t>(),
                words["loader-threads"].as<int>());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
