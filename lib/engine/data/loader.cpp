// SPDX-License-Identifier: Apache-2.0
#include "engine/data/loader.h"

#include <algorithm>
#include <utility>

namespace candor {

Loader::Loader(std::shared_ptr<const Dataset> dataset, std::int64_t batch_size, std::uint64_t seed)
    : dataset_(std::move(dataset)),
      batch_size_(std::min(batch_size, dataset_->training_size())),
      batches_per_epoch_(dataset_->training_size() / batch_size_),
      order_(seed, "order"),
      augment_(seed, "augment") {}

Batch Loader::load(std::int64_t batch) {
  const auto epoch = epoch_of(batch);
  if (epoch != epoch_) {
    permutation_ =
        permutation(dataset_->training_size(), order_.at(static_cast<std::uint64_t>(epoch)));
    epoch_ = epoch;
  }
  const auto first = static_cast<std::size_t>((batch % batches_per_epoch_) * batch_size_);
  const std::span<const std::int64_t> rows(permutation_.data() + first,
                                           static_cast<std::size_t>(batch_size_));
  return dataset_->training_batch(rows, augment_.at(static_cast<std::uint64_t>(epoch)));
}

}  // namespace candor
