// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/ngram_baseline.h"

#include <algorithm>
#include <utility>

#include "core/text/ngram_model.h"

namespace candor {
namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::size_t kHeldOutShare = 20;

// Tokens [first, last) as the documents, or parts of them, that they belong to.
void add_range(const TokenStore& store, std::int64_t first, std::int64_t last,
               TokenDocuments& into) {
  std::vector<std::uint32_t> document;
  while (first < last) {
    const auto end = std::min(last, store.start(store.document_of(first) + 1));
    document.resize(static_cast<std::size_t>(end - first));
    store.copy(first, end - first, document.data());
    into.add(document);
    first = end;
  }
}

TokenDocuments without(const TokenDocuments& all, std::size_t every) {
  TokenDocuments rest;
  for (std::size_t d = 0; d < all.size(); ++d) {
    if (d % every != every - 1) rest.add(all.document(d));
  }
  return rest;
}

}  // namespace

TokenDocuments sample_tokens(const TokenStore& store, std::int64_t most) {
  TokenDocuments sample;
  if (store.tokens() <= most) {
    add_range(store, 0, store.tokens(), sample);
    return sample;
  }
  const auto blocks = std::max<std::int64_t>(1, most / kBlock);
  const auto length = std::min(kBlock, most);
  for (std::int64_t block = 0; block < blocks; ++block) {
    const auto share = static_cast<double>(block) / static_cast<double>(blocks);
    const auto first =
        static_cast<std::int64_t>(share * static_cast<double>(store.tokens() - length));
    add_range(store, first, first + length, sample);
  }
  return sample;
}

TokenDocuments take_held_out(TokenDocuments& training) {
  TokenDocuments held_out;
  if (training.size() >= kHeldOutShare) {
    for (std::size_t d = kHeldOutShare - 1; d < training.size(); d += kHeldOutShare) {
      held_out.add(training.document(d));
    }
    training = without(training, kHeldOutShare);
    return held_out;
  }
  const auto cut = training.tokens.size() - training.tokens.size() / kHeldOutShare;
  TokenDocuments rest;
  for (std::size_t d = 0; d < training.size(); ++d) {
    const auto document = training.document(d);
    const auto begin = training.starts[d];
    const auto kept = std::clamp(cut, begin, begin + document.size()) - begin;
    if (kept > 0) rest.add(document.first(kept));
    if (kept < document.size()) held_out.add(document.subspan(kept));
  }
  training = std::move(rest);
  return held_out;
}

ScoredBaseline score_baseline(std::int64_t order, std::int64_t vocabulary,
                              const TokenStore& training, const TokenStore* held_out,
                              const TokenStore& scored) {
  const auto counted = sample_tokens(training, kMostNgrams / order);
  auto part = counted;
  const auto held =
      held_out != nullptr ? sample_tokens(*held_out, kMostHeldOut) : take_held_out(part);
  NgramModel model(part, static_cast<int>(order), vocabulary);
  model.fit_weights(held);
  if (held_out == nullptr) model.count_again(counted);
  ScoredBaseline result;
  result.order = order;
  result.training_tokens = static_cast<std::int64_t>(counted.tokens.size());
  result.held_out_tokens = static_cast<std::int64_t>(held.tokens.size());
  result.weights_from = held_out != nullptr ? "validation" : "training";
  std::vector<std::uint32_t> document;
  for (std::int64_t d = 0; d < scored.documents(); ++d) {
    document.resize(static_cast<std::size_t>(scored.start(d + 1) - scored.start(d)));
    scored.copy(scored.start(d), static_cast<std::int64_t>(document.size()), document.data());
    const auto losses = model.score(document);
    result.nll.insert(result.nll.end(), losses.begin(), losses.end());
  }
  return result;
}

}  // namespace candor
