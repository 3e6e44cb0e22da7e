// SPDX-License-Identifier: Apache-2.0
// Training batches in their order, made ahead by threads of the loader's own where that pays.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/trace.h"
#include "core/data/batch_rows.h"
#include "core/data/prefetcher.h"
#include "engine/data/dataset.h"

namespace candor {

struct LoaderOptions {
  BatchOptions rows;
  int threads = 0;  // 0: a batch is made when it is asked for
};

class Loader {
 public:
  // For the order and the last rows of an epoch see BatchRows. Throws as it does.
  Loader(std::shared_ptr<const Dataset> dataset, std::int64_t batch_size, std::uint64_t seed,
         LoaderOptions options = {});

  std::int64_t batches_per_epoch() const { return rows_.batches_per_epoch(); }
  std::int64_t epoch_of(std::int64_t batch) const { return rows_.epoch_of(batch); }

  // Batch number `batch`, from 0; the same for every number of threads. Ask for them in order: any
  // other one begins the ring anew. The memory of a batch is used again once nobody holds its
  // tensors and the next one is asked for; no more batches exist than ring() and those still held.
  // Errors of the dataset come out here, whichever thread met them.
  Batch load(std::int64_t batch) {
    const TraceSpan span("batch");
    return batches_.take(batch);
  }
  // The rows of batch number `batch`, behind those of `rows`.
  void add_rows(std::int64_t batch, std::vector<std::int64_t>& rows) const;
  // Batches that the loader keeps: the one in use, and those made ahead.
  std::int64_t ring() const { return ring_; }

  OrderKind order() const { return rows_.order(); }
  LoaderState state_after(std::int64_t batches) const { return rows_.state_after(batches); }

 private:
  void make(std::int64_t number, Batch& batch) const;

  std::shared_ptr<const Dataset> dataset_;
  BatchRows rows_;
  RandomStream augment_;
  RandomStream turns_;  // what is drawn for a row once for all epochs
  std::int64_t ring_;
  Prefetcher<Batch> batches_;
};

// Threads for a loader of `dataset` when the config leaves them to candor (train.loader_threads
// null): none where a batch is a copy of what lies in memory, otherwise one for each core.
int loader_threads(const std::optional<std::int64_t>& asked, const Dataset& dataset);

}  // namespace candor
