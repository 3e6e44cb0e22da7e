// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <candor/error.h>

#include "engine/data/datasets.h"

namespace candor {
namespace {

// Evaluation: window w of a document holds its tokens [w S, w S + C) and predicts each one's
// successor, unless a window before it has, so that every token but the document's first is
// predicted exactly once. The stride S is C, or less where windows are to overlap: then all but the
// first window have C - S + 1 tokens at least before the first that they predict. A document's last
// window may be shorter. Shorter windows of a batch are filled up at their ends: attention looks
// back only, so what fills is seen by nothing that counts, and it predicts kNoTarget.
//
// Training: windows of the documents one behind the other, whole ones only, all shifted by one
// random offset below C per epoch. Where a window holds tokens of several documents, `segments`
// tells them apart, so that no token sees one of another document, and the last token of a document
// predicts kNoTarget. With cross_documents neither is done.
class TextDataset final : public Dataset {
 public:
  TextDataset(TokenStore store, std::int64_t context, bool cross_documents, DocumentGroups groups)
      : store_(std::move(store)),
        context_(context),
        stride_(context),
        apart_(store_.documents() > 1 && !cross_documents),
        groups_(std::move(groups)) {
    count_windows();
  }

  std::int64_t size() const override { return first_window_.back(); }
  std::int64_t training_size() const override {
    return std::max<std::int64_t>(1, (successors() - context_ + 1) / context_);
  }
  std::int64_t bytes() const override { return store_.bytes(); }
  std::int64_t items_per_row() const override { return context_; }
  const TokenStore* tokens() const override { return &store_; }

  std::shared_ptr<const Dataset> sliding(std::int64_t stride) const override {
    TORCH_CHECK(stride >= 1 && stride <= context_, "windows move by 1 to their length");
    auto other = std::make_shared<TextDataset>(*this);
    other->stride_ = stride;
    other->count_windows();
    return other;
  }

  std::vector<std::int64_t> document_starts() const override {
    std::vector<std::int64_t> starts;
    std::int64_t next = 0;
    for (std::int64_t d = 0; d < store_.documents() && store_.documents() > 1; ++d) {
      if (predicted_in(d) == 0) continue;
      starts.push_back(next);
      next += predicted_in(d);
    }
    return starts;
  }

  // Of the documents that document_starts() has, or of the only one.
  std::map<std::string, std::vector<std::string>> groups() const override {
    std::map<std::string, std::vector<std::string>> kept;
    for (const auto& [column, values] : groups_) {
      for (std::int64_t d = 0; d < store_.documents(); ++d) {
        if (predicted_in(d) > 0) kept[column].push_back(values[static_cast<std::size_t>(d)]);
      }
    }
    return kept;
  }

  // A single text has one short window at most; alone, it needs no filling.
  std::vector<std::vector<std::int64_t>> parts(std::int64_t batch_size) const override {
    auto result = Dataset::parts(batch_size);
    const bool short_window = !result.empty() && store_.documents() == 1 &&
                              evaluation_window(size() - 1).length < context_;
    if (short_window && result.back().size() > 1) {
      const auto last = result.back().back();
      result.back().pop_back();
      result.push_back({last});
    }
    return result;
  }

  Batch batch(std::span<const std::int64_t> rows) const override {
    std::vector<Window> windows;
    for (const auto row : rows) windows.push_back(evaluation_window(row));
    Batch batch;
    fill(windows, batch);
    return batch;
  }

  void write_training_batch(std::span<const std::int64_t> rows, const TrainingEpoch& epoch,
                            Batch& batch) const override {
    const auto slack = successors() - training_size() * context_;
    const auto shifts = static_cast<std::uint64_t>(std::min(slack, context_ - 1) + 1);
    const auto shift = static_cast<std::int64_t>(epoch.stream.below(0, shifts));
    std::vector<Window> windows;
    for (const auto row : rows) {
      const auto start = row * context_ + shift;
      windows.push_back({start, std::min(context_, successors() - start), 0});
    }
    fill(windows, batch);
    if (apart_) keep_apart(windows, batch);
  }

 private:
  struct Window {
    std::int64_t start = 0;   // of its first input token
    std::int64_t length = 0;  // input tokens, and as many targets
    std::int64_t known = 0;   // of these targets, the first ones, which are not predicted
  };

  void count_windows() {
    first_window_.assign(1, 0);
    for (std::int64_t d = 0; d < store_.documents(); ++d) {
      const auto predicted = predicted_in(d);
      const auto after = std::max<std::int64_t>(0, predicted - context_);
      first_window_.push_back(first_window_.back() + (predicted > 0 ? 1 : 0) +
                              (after + stride_ - 1) / stride_);
    }
  }

  // Tokens that follow another one, of whatever document.
  std::int64_t successors() const { return store_.tokens() - 1; }
  std::int64_t predicted_in(std::int64_t document) const {
    return std::max<std::int64_t>(0, store_.start(document + 1) - store_.start(document) - 1);
  }

  Window evaluation_window(std::int64_t row) const {
    const auto after = std::upper_bound(first_window_.begin(), first_window_.end(), row);
    const auto document = after - first_window_.begin() - 1;
    const auto within = (row - *(after - 1)) * stride_;
    return {store_.start(document) + within, std::min(context_, predicted_in(document) - within),
            within > 0 ? context_ - stride_ : 0};
  }

  void fill(const std::vector<Window>& windows, Batch& batch) const {
    std::int64_t longest = 0, counted = 0;
    for (const auto& window : windows) {
      longest = std::max(longest, window.length);
      counted += window.length - window.known;
    }
    const auto count = static_cast<std::int64_t>(windows.size());
    const bool filled = counted < count * longest;
    auto* ids = reuse(batch.inputs.ids, {count, longest}, torch::kInt64).data_ptr<std::int64_t>();
    auto* targets = reuse(batch.target, {count, longest}, torch::kInt64).data_ptr<std::int64_t>();
    batch.inputs.segments = at::Tensor();
    batch.counted = apart_ || filled ? std::optional(counted) : std::nullopt;
    for (const auto& window : windows) {
      store_.copy(window.start, window.length, ids);
      store_.copy(window.start + 1, window.length, targets);
      std::fill(ids + window.length, ids + longest, 0);
      std::fill(targets, targets + window.known, kNoTarget);
      std::fill(targets + window.length, targets + longest, kNoTarget);
      ids += longest;
      targets += longest;
    }
  }

  void keep_apart(const std::vector<Window>& windows, Batch& batch) const {
    const auto length = batch.target.size(1);
    auto segments = torch::zeros_like(batch.target);
    auto* segment = segments.data_ptr<std::int64_t>();
    auto* targets = batch.target.data_ptr<std::int64_t>();
    bool several = false;
    for (const auto& window : windows) {
      auto document = store_.document_of(window.start);
      std::int64_t number = 0;
      for (std::int64_t i = 0; i < window.length; ++i) {
        segment[i] = number;
        const auto next = window.start + i + 1;
        if (next < store_.start(document + 1)) continue;
        targets[i] = kNoTarget;
        --*batch.counted;
        document = store_.document_of(next);
        ++number;
        several = several || i + 1 < window.length;
      }
      segment += length;
      targets += length;
    }
    if (several) batch.inputs.segments = segments;
  }

  TokenStore store_;
  std::int64_t context_;
  std::int64_t stride_;  // of evaluation windows
  bool apart_;
  DocumentGroups groups_;
  std::vector<std::int64_t> first_window_;  // of each document, of evaluation; and their number
};

}  // namespace

std::shared_ptr<Dataset> make_text_dataset(TokenStore tokens, std::int64_t context,
                                           bool cross_documents, const std::string& name,
                                           DocumentGroups groups) {
  if (tokens.predicted() == 0) {
    const auto where = tokens.documents() == 1
                           ? std::to_string(tokens.tokens()) + " tokens; at least 2 are"
                           : "no document has more than one token; at least 2 are";
    throw Error(ErrorKind::data, name + ": " + where + " needed to predict one from another");
  }
  return std::make_shared<TextDataset>(std::move(tokens), context, cross_documents,
                                       std::move(groups));
}

std::shared_ptr<Dataset> make_text_dataset(const Preprocessor& preprocessor, std::string_view text,
                                           const std::string& name) {
  const auto& host = std::get<TextHost>(preprocessor.host());
  return make_text_dataset(tokenise_one(host.clean.apply(text), *host.tokenizer), host.context,
                           /*cross_documents=*/false, name);
}

}  // namespace candor
