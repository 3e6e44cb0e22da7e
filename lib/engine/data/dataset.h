// SPDX-License-Identifier: Apache-2.0
// Rows that are ready for the tensor stage.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/text/token_store.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

// The target of a token that predicts nothing: what the loss leaves out (torch's ignore_index).
inline constexpr std::int64_t kNoTarget = -100;

struct Batch {
  InputTensors inputs;
  at::Tensor target;  // classes int64 [N]; regression float64 [N], own unit; language int64 [N, T]
  at::Tensor weight;  // float32 [N]; undefined: all 1
  // language: targets other than kNoTarget; empty: all of them are
  std::optional<std::int64_t> counted;
  // Images that were mixed (mix_batch.h): the other class of each, int64 [N], and the share of
  // `target` in the loss; undefined and 1 otherwise.
  at::Tensor second_target;
  double target_share = 1.0;
};

// `tensor`, if it has this shape and type and nobody else holds it or its memory; otherwise it
// becomes a new one. What it holds is undefined.
at::Tensor& reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type);

// Rows of `from`, whose first dimension counts them, one after the other in `into`, as reuse() has
// it.
void copy_rows(const at::Tensor& from, std::span<const std::int64_t> rows, at::Tensor& into);

// One pass over the rows of training.
struct TrainingEpoch {
  RandomStream stream;      // what is drawn for a row in this epoch
  std::int64_t number = 0;  // from 0
  // Not empty where every row comes once an epoch: what is drawn for a row once for all epochs.
  std::optional<RandomStream> run;

  TrainingEpoch(RandomStream epoch, std::int64_t which = 0,
                std::optional<RandomStream> of_run = std::nullopt)
      : stream(epoch), number(which), run(of_run) {}
};

// All of its functions may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  // Rows (tables, images) or windows (text).
  virtual std::int64_t size() const = 0;

  // These rows as evaluation sees them: no augmentation, text in fixed windows.
  virtual Batch batch(std::span<const std::int64_t> rows) const = 0;

  // These rows as training sees them in one epoch; random parts are drawn from its stream by row.
  // Written into `batch`, whose tensors are used again where reuse() allows.
  virtual void write_training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch,
                                    Batch& batch) const {
    (void)epoch;
    batch = this->batch(rows);
  }
  // The same, in tensors of its own.
  Batch training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch) const {
    Batch batch;
    write_training_batch(rows, epoch, batch);
    return batch;
  }
  // Whether a batch takes so much work on the host (files to decode) that the loader should have
  // threads of its own for it.
  virtual bool costly_batches() const { return false; }
  // Rows in one epoch of training; text may offer fewer windows than size().
  virtual std::int64_t training_size() const { return size(); }

  // Every row once, in order, in parts whose rows may share a batch.
  virtual std::vector<std::vector<std::int64_t>> parts(std::int64_t batch_size) const;

  // "FILE:LINE" or an image's path; empty for text.
  virtual std::vector<std::string> ids() const { return {}; }
  // Group column -> value per row.
  virtual std::map<std::string, std::vector<std::string>> groups() const { return {}; }
  // UTF-8 bytes of the tokens that are predicted; text only.
  virtual std::int64_t bytes() const { return 0; }
  // Text only: which predicted tokens, in the order of evaluation, begin a document; empty for a
  // single document.
  virtual std::vector<std::int64_t> document_starts() const { return {}; }
  // Text only, else null: the same tokens for evaluation in windows that move by `stride` of them,
  // at least 1 and at most their length. Each window predicts what none before it has.
  virtual std::shared_ptr<const Dataset> sliding(std::int64_t stride) const {
    (void)stride;
    return nullptr;
  }
  // The tokens of a text; null otherwise.
  virtual const TokenStore* tokens() const { return nullptr; }
  // Tokens per row, for speed figures; 1 except for text.
  virtual std::int64_t items_per_row() const { return 1; }
};

}  // namespace candor
