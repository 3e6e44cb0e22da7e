// SPDX-License-Identifier: Apache-2.0
// Interpolated n-gram language model: what a network must beat to have learned more than which few
// tokens follow which.
//
// With h_k for the last k tokens before w, c for counts in the training text and V tokens in the
// vocabulary (Jelinek and Mercer 1980, "Interpolated estimation of Markov source parameters from
// sparse data"):
//   p_0(w)   = l_0 c(w) / c()           + (1 - l_0) / V
//   p_k(w)   = l_k c(h_k w) / c(h_k)    + (1 - l_k) p_(k-1)(w),  k = 1 .. order - 1
// where c(h_k) sums over what follows h_k, so that every p_k sums to 1; a context that never
// occurred leaves p_(k-1). Each l_k is one number for each bucket of contexts (bucket_of()), chosen
// by expectation-maximisation so that text which was not counted is as likely as possible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/text/ngram_counts.h"

namespace candor {

class NgramModel {
 public:
  // Contexts are told apart by how often they occurred, c(h), and by how many different tokens
  // followed, d(h): a bucket is (floor(2 log2 c), floor(2 log2(c / d))), each cut at its last
  // value. Chen and Goodman 1998, section 2.3, found c / d to tell more than c alone.
  static constexpr std::size_t kCountBuckets = 32;
  static constexpr std::size_t kRatioBuckets = 16;
  static constexpr std::size_t kBuckets = kCountBuckets * kRatioBuckets;
  static std::size_t bucket_of(const NgramCounts::Followers& followers);

  // Counts of `training`; all weights 1/2. Ids are 0 to vocabulary - 1.
  NgramModel(const TokenDocuments& training, int order, std::int64_t vocabulary);

  int order() const { return counts_.order(); }
  std::int64_t vocabulary() const { return vocabulary_; }
  const NgramCounts& counts() const { return counts_; }

  // Expectation-maximisation on documents that were not counted, until a round gains less than 1e-5
  // nats per token or `most_rounds` are done. Returns the log-likelihood per predicted token (nats)
  // before the first round and after each; it never falls. Nothing to predict: no rounds.
  // At the end each weight is drawn towards 1/2 by one token's worth, so that none is 0 or 1; one
  // that no predicted token touched becomes that of the bucket below in count.
  std::vector<double> fit_weights(const TokenDocuments& held_out, int most_rounds = 100);

  // The same weights over other counts: those of all that may be counted, once a part of it has
  // served as held-out text.
  void count_again(const TokenDocuments& training);

  // Negative log-likelihood (nats) of every token of `document` but its first, each after all
  // tokens before it.
  std::vector<double> score(std::span<const std::uint32_t> document) const;

  // Probabilities of all tokens after `history`; they sum to 1.
  std::vector<double> distribution(std::span<const std::uint32_t> history) const;

 private:
  using Weights = std::array<double, kBuckets>;
  struct Evidence;

  // Of `token` after `history`, which then moves behind it.
  double probability(NgramCounts::History& history, std::uint32_t token) const;
  std::vector<double> likelihoods(NgramCounts::History& history, std::uint32_t token,
                                  std::vector<std::size_t>& buckets) const;
  Evidence gather(const TokenDocuments& held_out) const;
  double expect(const Evidence& evidence, std::vector<Weights>& taken,
                std::vector<Weights>& reached) const;
  void maximise(const std::vector<Weights>& taken, const std::vector<Weights>& reached);
  void soften(const std::vector<Weights>& taken, const std::vector<Weights>& reached);

  NgramCounts counts_;
  std::int64_t vocabulary_;
  std::vector<Weights> weights_;  // by length of the context
};

}  // namespace candor
