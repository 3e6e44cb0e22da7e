// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/base/utf8.h"
#include "engine/data/datasets.h"

namespace candor {
namespace {

// Evaluation: window w holds tokens [w C, (w + 1) C) and predicts each one's successor, so that
// every token but the text's first is predicted exactly once; the last window may be shorter.
// Training: whole windows only, all shifted by one random offset below C per epoch.
class TextDataset final : public Dataset {
 public:
  TextDataset(std::vector<std::int64_t> tokens, std::int64_t context, std::int64_t bytes)
      : tokens_(std::move(tokens)), context_(context), bytes_(bytes) {}

  std::int64_t size() const override { return (predicted() + context_ - 1) / context_; }
  std::int64_t training_size() const override {
    return std::max<std::int64_t>(1, (predicted() - context_ + 1) / context_);
  }
  std::int64_t bytes() const override { return bytes_; }
  std::int64_t items_per_row() const override { return context_; }

  std::vector<std::vector<std::int64_t>> parts(std::int64_t batch_size) const override {
    auto result = Dataset::parts(batch_size);
    const bool short_window = predicted() % context_ != 0;
    if (short_window && !result.empty() && result.back().size() > 1) {
      const auto last = result.back().back();
      result.back().pop_back();
      result.push_back({last});
    }
    return result;
  }

  Batch batch(std::span<const std::int64_t> rows) const override {
    Batch batch;
    windows(rows, 0, batch);
    return batch;
  }

  Batch training_batch(std::span<const std::int64_t> rows,
                       const RandomStream& epoch) const override {
    Batch batch;
    write_training_batch(rows, epoch, batch);
    return batch;
  }

  void write_training_batch(std::span<const std::int64_t> rows, const RandomStream& epoch,
                            Batch& batch) const override {
    const auto slack = predicted() - training_size() * context_;
    const auto shifts = std::min(slack, context_ - 1) + 1;
    const auto shift = epoch.below(0, static_cast<std::uint64_t>(shifts));
    windows(rows, static_cast<std::int64_t>(shift), batch);
  }

 private:
  std::int64_t predicted() const { return static_cast<std::int64_t>(tokens_.size()) - 1; }

  void windows(std::span<const std::int64_t> rows, std::int64_t shift, Batch& batch) const {
    const auto start = [&](std::int64_t row) { return row * context_ + shift; };
    std::int64_t length = context_;
    for (const auto row : rows) length = std::min(length, predicted() - start(row));
    const auto count = static_cast<std::int64_t>(rows.size());
    reuse(batch.inputs.ids, {count, length}, torch::kInt64);
    reuse(batch.target, {count, length}, torch::kInt64);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto* from = tokens_.data() + start(rows[static_cast<std::size_t>(i)]);
      std::copy_n(from, length, batch.inputs.ids.data_ptr<std::int64_t>() + i * length);
      std::copy_n(from + 1, length, batch.target.data_ptr<std::int64_t>() + i * length);
    }
  }

  std::vector<std::int64_t> tokens_;
  std::int64_t context_;
  std::int64_t bytes_;
};

}  // namespace

std::shared_ptr<Dataset> make_text_dataset(const Preprocessor& preprocessor, std::string_view text,
                                           const std::string& name) {
  const auto& host = std::get<TextHost>(preprocessor.host());
  auto tokens = host.tokenizer->encode(text);
  if (tokens.size() < 2) {
    throw Error(ErrorKind::data, name + ": " + std::to_string(tokens.size()) +
                                     " tokens; at least 2 are needed to predict one from another");
  }
  // The first token is not predicted, so its bytes do not count; an unknown one decodes to nothing,
  // and stands for the first character.
  auto first = static_cast<std::int64_t>(host.tokenizer->decode({tokens.front()}).size());
  if (first == 0) first = std::max<std::int64_t>(1, read_code_point(text).length);
  return std::make_shared<TextDataset>(std::move(tokens), host.context,
                                       static_cast<std::int64_t>(text.size()) - first);
}

}  // namespace candor
