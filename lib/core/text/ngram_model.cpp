// SPDX-License-Identifier: Apache-2.0
#include "core/text/ngram_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace candor {
namespace {

constexpr double kFirstWeight = 0.5;
constexpr double kLeastGain = 1e-5;  // nats per token

std::size_t half_octaves(double value, std::size_t buckets) {
  return std::min(buckets - 1, static_cast<std::size_t>(2.0 * std::log2(value)));
}

}  // namespace

// What EM needs of each predicted token: for every context length that its history reaches, the
// bucket and the relative frequency of the token there.
struct NgramModel::Evidence {
  std::vector<std::uint16_t> bucket;
  std::vector<float> frequency;
  std::vector<std::uint8_t> lengths;  // by token: how many contexts
};

std::size_t NgramModel::bucket_of(const NgramCounts::Followers& followers) {
  const double total = followers.total;
  return half_octaves(total, kCountBuckets) * kRatioBuckets +
         half_octaves(total / followers.distinct, kRatioBuckets);
}

NgramModel::NgramModel(const TokenDocuments& training, int order, std::int64_t vocabulary)
    : counts_(training, order), vocabulary_(vocabulary), weights_(static_cast<std::size_t>(order)) {
  for (auto& weights : weights_) weights.fill(kFirstWeight);
}

void NgramModel::count_again(const TokenDocuments& training) {
  counts_ = NgramCounts(training, counts_.order());
}

// Relative frequencies of `token` in the contexts of `history`, shortest first, and their buckets.
std::vector<double> NgramModel::likelihoods(NgramCounts::History& history, std::uint32_t token,
                                            std::vector<std::size_t>& buckets) const {
  std::array<std::uint32_t, NgramCounts::kHighestOrder> counts{};
  std::array<std::uint32_t, NgramCounts::kHighestOrder> totals{};
  const auto lengths = static_cast<std::size_t>(history.longest() + 1);
  buckets.resize(lengths);
  for (std::size_t k = 0; k < lengths; ++k) {
    const auto followers = counts_.followers(history, static_cast<int>(k));
    buckets[k] = bucket_of(followers);
    totals[k] = followers.total;
  }
  counts_.advance(history, token, counts);
  std::vector<double> result(lengths);
  for (std::size_t k = 0; k < lengths; ++k) {
    result[k] = static_cast<double>(counts[k]) / static_cast<double>(totals[k]);
  }
  return result;
}

NgramModel::Evidence NgramModel::gather(const TokenDocuments& held_out) const {
  Evidence evidence;
  std::vector<std::size_t> buckets;
  for (std::size_t d = 0; d < held_out.size(); ++d) {
    auto history = counts_.begin();
    bool first = true;
    for (const auto token : held_out.document(d)) {
      const auto frequencies = likelihoods(history, token, buckets);
      if (!std::exchange(first, false)) {
        evidence.lengths.push_back(static_cast<std::uint8_t>(frequencies.size()));
        evidence.bucket.insert(evidence.bucket.end(), buckets.begin(), buckets.end());
        evidence.frequency.insert(evidence.frequency.end(), frequencies.begin(), frequencies.end());
      }
    }
  }
  return evidence;
}

// The model draws a token by going from its longest context to ever shorter ones: it stops at
// length k with probability l_k. For each held-out token this adds how likely it stopped at each
// length (`taken`) and that it came as far (`reached`). Returns the log-likelihood of all.
double NgramModel::expect(const Evidence& evidence, std::vector<Weights>& taken,
                          std::vector<Weights>& reached) const {
  std::array<double, NgramCounts::kHighestOrder + 1> below{};  // below[k] is p_(k-1)
  double total = 0.0;
  std::size_t at = 0;
  for (const auto lengths : evidence.lengths) {
    below[0] = 1.0 / static_cast<double>(vocabulary_);
    for (std::size_t k = 0; k < lengths; ++k) {
      const auto weight = weights_[k][evidence.bucket[at + k]];
      below[k + 1] =
          weight * static_cast<double>(evidence.frequency[at + k]) + (1.0 - weight) * below[k];
    }
    total += std::log(below[lengths]);
    double arrives = 1.0;
    for (std::size_t k = lengths; k-- > 0 && arrives > 0.0;) {
      const auto bucket = evidence.bucket[at + k];
      const auto stops = arrives * weights_[k][bucket] *
                         static_cast<double>(evidence.frequency[at + k]) / below[k + 1];
      reached[k][bucket] += arrives;
      taken[k][bucket] += stops;
      arrives -= stops;
    }
    at += lengths;
  }
  return total;
}

void NgramModel::maximise(const std::vector<Weights>& taken, const std::vector<Weights>& reached) {
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      if (reached[k][bucket] > 0.0) weights_[k][bucket] = taken[k][bucket] / reached[k][bucket];
    }
  }
}

// A bucket that few tokens touched may have got weight 0 or 1, and 1 makes a token that its
// contexts never showed impossible; half a token each way keeps it inside.
void NgramModel::soften(const std::vector<Weights>& taken, const std::vector<Weights>& reached) {
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      if (reached[k][bucket] > 0.0) {
        weights_[k][bucket] = (taken[k][bucket] + 0.5) / (reached[k][bucket] + 1.0);
      } else if (bucket >= kRatioBuckets) {
        weights_[k][bucket] = weights_[k][bucket - kRatioBuckets];
      }
    }
  }
}

std::vector<double> NgramModel::fit_weights(const TokenDocuments& held_out, int most_rounds) {
  const auto evidence = gather(held_out);
  const auto tokens = static_cast<double>(evidence.lengths.size());
  std::vector<double> log_likelihood;
  std::vector<Weights> taken(weights_.size()), reached(weights_.size());
  for (int round = 0; round <= most_rounds && tokens > 0.0; ++round) {
    for (auto& weights : reached) weights.fill(0.0);
    for (auto& weights : taken) weights.fill(0.0);
    log_likelihood.push_back(expect(evidence, taken, reached) / tokens);
    const auto rounds = log_likelihood.size();
    if (rounds > 1 && log_likelihood[rounds - 1] - log_likelihood[rounds - 2] < kLeastGain) break;
    if (round < most_rounds) maximise(taken, reached);
  }
  if (tokens > 0.0) soften(taken, reached);
  return log_likelihood;
}

double NgramModel::probability(NgramCounts::History& history, std::uint32_t token) const {
  std::vector<std::size_t> buckets;
  const auto frequencies = likelihoods(history, token, buckets);
  double probability = 1.0 / static_cast<double>(vocabulary_);
  for (std::size_t k = 0; k < frequencies.size(); ++k) {
    const auto weight = weights_[k][buckets[k]];
    probability = weight * frequencies[k] + (1.0 - weight) * probability;
  }
  return probability;
}

std::vector<double> NgramModel::score(std::span<const std::uint32_t> document) const {
  std::vector<double> losses;
  if (document.empty()) return losses;
  losses.reserve(document.size() - 1);
  auto history = counts_.begin();
  bool first = true;
  for (const auto token : document) {
    const auto likely = probability(history, token);
    if (!std::exchange(first, false)) losses.push_back(-std::log(likely));
  }
  return losses;
}

std::vector<double> NgramModel::distribution(std::span<const std::uint32_t> history) const {
  auto state = counts_.begin();
  for (const auto token : history) probability(state, token);
  std::vector<double> probabilities;
  for (std::int64_t token = 0; token < vocabulary_; ++token) {
    auto copy = state;
    probabilities.push_back(probability(copy, static_cast<std::uint32_t>(token)));
  }
  return probabilities;
}

}  // namespace candor
