// SPDX-License-Identifier: Apache-2.0
// The order of training batches. Batch number b is a pure function of (seed, b), so the saved
// position is one integer and resuming replays nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/data/dataset.h"

namespace candor {

class Loader {
 public:
  // Each epoch is a new permutation of the rows; rows that do not fill a last batch are left out of
  // that epoch (all rows make one batch when there are fewer than `batch_size`).
  Loader(std::shared_ptr<const Dataset> dataset, std::int64_t batch_size, std::uint64_t seed);

  std::int64_t batches_per_epoch() const { return batches_per_epoch_; }
  std::int64_t epoch_of(std::int64_t batch) const { return batch / batches_per_epoch_; }
  // Batch number `batch`, from 0.
  Batch load(std::int64_t batch);

 private:
  std::shared_ptr<const Dataset> dataset_;
  std::int64_t batch_size_;
  std::int64_t batches_per_epoch_;
  RandomStream order_;
  RandomStream augment_;
  std::int64_t epoch_ = -1;  // whose permutation is in permutation_
  std::vector<std::int64_t> permutation_;
};

}  // namespace candor
