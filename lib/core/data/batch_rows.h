// SPDX-License-Identifier: Apache-2.0
// Which rows make training batch number b: a pure function of (seed, b), whatever was asked for
// before, on any thread. So resuming replays nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/data/row_sampler.h"

namespace candor {

// How the order of an epoch is computed. Checkpoints name it, since another order is another run.
//   feistel       RowOrder; nothing is stored
//   fisher_yates  a shuffled list of all rows; only to go on with runs that began with it
enum class OrderKind { feistel, fisher_yates };

struct BatchOptions {
  OrderKind order = OrderKind::feistel;
  // Null: every row once an epoch. Otherwise as many draws as there are rows.
  std::shared_ptr<const RowSampler> sampler;
  // One of `world` processes that train together. Their batches number b, side by side by rank, are
  // the batch that one process with `world` times the batch size would take: no row is in two of
  // them, and none is lost.
  std::int64_t rank = 0;
  std::int64_t world = 1;
};

// Where training stands between two batches. With the same data, seed and order, all that is needed
// to go on.
struct LoaderState {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;     // from 0
  std::int64_t position = 0;  // rows of that epoch that all processes together have taken
  std::int64_t rows = 0;      // rows in an epoch, to notice other data

  bool operator==(const LoaderState&) const = default;
};

class BatchRows {
 public:
  // `rows` in an epoch. Each epoch has an order of its own; rows that do not fill a last batch (of
  // all processes together) are left out of that epoch. Fewer rows than one such batch make one
  // batch of all rows. Throws Error{config} when there are fewer rows than processes.
  BatchRows(std::int64_t rows, std::int64_t batch_size, std::uint64_t seed,
            BatchOptions options = {});

  std::int64_t batches_per_epoch() const { return batches_per_epoch_; }
  std::int64_t epoch_of(std::int64_t batch) const { return batch / batches_per_epoch_; }

  // The rows of batch number `batch`, from 0.
  void rows(std::int64_t batch, std::vector<std::int64_t>& out) const;

  OrderKind order() const { return options_.order; }
  // Whether a row may come several times in an epoch.
  bool draws() const { return options_.sampler != nullptr; }
  // After `batches` batches.
  LoaderState state_after(std::int64_t batches) const;

 private:
  using Shuffled = std::shared_ptr<const std::vector<std::int64_t>>;
  Shuffled shuffled(std::int64_t epoch) const;

  std::int64_t rows_, together_, batches_per_epoch_;  // together_: rows of all processes' batches
  std::uint64_t seed_;
  BatchOptions options_;
  RandomStream stream_;
  mutable std::mutex mutex_;
  mutable std::int64_t shuffled_epoch_ = -1;  // fisher_yates: the epoch that shuffled_ holds
  mutable Shuffled shuffled_;
};

// {"order", "seed", "epoch", "position", "rows"}.
Json loader_json(OrderKind order, const LoaderState& state);

struct SavedLoader {
  OrderKind order = OrderKind::feistel;
  LoaderState state;
};
// Reads loader_json(). Throws Error{model}; `where` is the file, for messages.
SavedLoader loader_from_json(const Json& json, const std::string& where);

}  // namespace candor
