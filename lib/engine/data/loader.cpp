// SPDX-License-Identifier: Apache-2.0
#include "engine/data/loader.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/tensor/device.h"

namespace candor {
namespace {

constexpr int kMostThreads = 8;  // of those that candor chooses

// Two batches for each thread: one that it makes, one that waits; and the one in use.
std::int64_t ring_of(int threads) { return threads == 0 ? 1 : 2 * threads + 1; }

// Each of the loader's threads computes alone: many that each start threads of their own would only
// wait for each other. Setting that for a thread also sets what later threads begin with, which is
// put back.
struct PutBackThreads {
  int count = at::get_num_threads();
  ~PutBackThreads() { set_threads(count); }
};

void compute_alone() {
  name_trace_thread("loader");
  set_threads(1);
  at::get_num_threads();  // a thread's first look takes what is set then, and that must be now
}

Prefetcher<Batch> prefetcher(int threads, Prefetcher<Batch>::Make make) {
  const PutBackThreads put_back;
  return {static_cast<std::size_t>(threads), static_cast<std::size_t>(ring_of(threads)),
          std::move(make), compute_alone};
}

}  // namespace

Loader::Loader(std::shared_ptr<const Dataset> dataset, std::int64_t batch_size, std::uint64_t seed,
               LoaderOptions options)
    : dataset_(std::move(dataset)),
      rows_(dataset_->training_size(), batch_size, seed, std::move(options.rows)),
      augment_(seed, "augment"),
      turns_(seed, "turns"),
      ring_(ring_of(options.threads)),
      batches_(prefetcher(options.threads,
                          [this](std::int64_t number, Batch& batch) { make(number, batch); })) {}

void Loader::make(std::int64_t number, Batch& batch) const {
  const TraceSpan span("make batch");
  thread_local std::vector<std::int64_t> rows;  // kept, so that nothing is allocated for a batch
  rows_.rows(number, rows);
  const auto epoch = rows_.epoch_of(number);
  const auto stream = augment_.at(static_cast<std::uint64_t>(epoch));
  if (rows_.draws()) {
    // A row that is drawn several times in an epoch is changed in several ways.
    dataset_->write_training_batch(rows, {stream.at(static_cast<std::uint64_t>(number)), epoch},
                                   batch);
  } else {
    dataset_->write_training_batch(rows, {stream, epoch, turns_}, batch);
  }
}

void Loader::add_rows(std::int64_t batch, std::vector<std::int64_t>& rows) const {
  std::vector<std::int64_t> own;
  rows_.rows(batch, own);
  rows.insert(rows.end(), own.begin(), own.end());
}

int loader_threads(const std::optional<std::int64_t>& asked, const Dataset& dataset) {
  if (asked) return static_cast<int>(*asked);
  if (!dataset.costly_batches()) return 0;
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores, 1, kMostThreads);
}

}  // namespace candor
