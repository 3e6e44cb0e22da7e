// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/expected_counts.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

namespace candor {
namespace {

// Words are summed in so many groups, and these one after the other.
constexpr std::size_t kGroups = 8;

// A piece at a place of a word.
struct Edge {
  std::uint32_t begin, end, piece;
};

// Sums and products of probabilities, each piece's multiplied by a factor to the power of its
// length, so that products over long words stay in range. The factor cancels out.
struct Plain {
  static constexpr double kZero = 0.0, kOne = 1.0;
  static void add(double& sum, double value) { sum += value; }
  static double times(double a, double b) { return a * b; }
  static double share(double a, double b, double weight, double total) {
    return a * weight * b / total;
  }
};

// The same in logarithms, for the rare word that leaves the range all the same.
struct Logarithmic {
  static constexpr double kZero = -std::numeric_limits<double>::infinity(), kOne = 0.0;
  static void add(double& sum, double value) {
    const auto high = std::max(sum, value), low = std::min(sum, value);
    if (low != kZero) {
      sum = high + std::log1p(std::exp(low - high));
    } else {
      sum = high;
    }
  }
  static double times(double a, double b) { return a + b; }
  static double share(double a, double b, double weight, double total) {
    return std::exp(a + weight + b - total);
  }
};

bool in_range(double value) { return value == 0.0 || (value > 1e-250 && value < 1e250); }

struct Weights {
  double log_factor = 0.0;  // per byte
  std::vector<double> plain, logarithmic;
};

class WordSums {
 public:
  WordSums(const PieceTrie& trie, const Weights& weights) : trie_(trie), weights_(weights) {}

  void add(const CountedWord& word, Expectation& sum) {
    find_edges(word.text);
    const auto count = static_cast<double>(word.count);
    const auto size = word.text.size();
    run<Plain>(weights_.plain, size);
    const bool usable = forward_[size] > 0.0 &&
                        std::all_of(forward_.begin(), forward_.end(), in_range) &&
                        std::all_of(backward_.begin(), backward_.end(), in_range);
    if (usable) {
      collect<Plain>(weights_.plain, size, count, sum.counts);
      const auto factors = static_cast<double>(size) * weights_.log_factor;
      sum.log_likelihood += count * (std::log(forward_[size]) - factors);
      return;
    }
    run<Logarithmic>(weights_.logarithmic, size);
    collect<Logarithmic>(weights_.logarithmic, size, count, sum.counts);
    sum.log_likelihood += count * forward_[size];
  }

 private:
  // In the order of where they begin.
  void find_edges(std::string_view text) {
    edges_.clear();
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
      trie_.prefixes(text.substr(begin), [&](std::size_t length, std::uint32_t piece) {
        edges_.push_back(
            {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + length), piece});
      });
    }
  }

  template <class Numbers>
  void run(const std::vector<double>& weights, std::size_t size) {
    forward_.assign(size + 1, Numbers::kZero);
    backward_.assign(size + 1, Numbers::kZero);
    forward_[0] = backward_[size] = Numbers::kOne;
    for (const auto& edge : edges_) {
      Numbers::add(forward_[edge.end], Numbers::times(forward_[edge.begin], weights[edge.piece]));
    }
    for (auto edge = edges_.rbegin(); edge != edges_.rend(); ++edge) {
      Numbers::add(backward_[edge->begin],
                   Numbers::times(backward_[edge->end], weights[edge->piece]));
    }
  }

  template <class Numbers>
  void collect(const std::vector<double>& weights, std::size_t size, double count,
               std::vector<double>& counts) const {
    for (const auto& edge : edges_) {
      counts[edge.piece] += count * Numbers::share(forward_[edge.begin], backward_[edge.end],
                                                   weights[edge.piece], forward_[size]);
    }
  }

  const PieceTrie& trie_;
  const Weights& weights_;
  std::vector<Edge> edges_;
  std::vector<double> forward_, backward_;  // by place in the word
};

Weights weights_of(const std::vector<double>& probabilities,
                   const std::vector<std::string>& pieces) {
  // A text's byte costs about as many nats as the average byte of a piece drawn from the model.
  double nats = 0.0, bytes = 0.0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (probabilities[i] <= 0.0) continue;
    nats -= probabilities[i] * std::log(probabilities[i]);
    bytes += probabilities[i] * static_cast<double>(pieces[i].size());
  }
  Weights weights;
  weights.log_factor = nats / bytes;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto factor = std::exp(weights.log_factor * static_cast<double>(pieces[i].size()));
    weights.plain.push_back(probabilities[i] * factor);
    weights.logarithmic.push_back(std::log(probabilities[i]));
  }
  return weights;
}

}  // namespace

Expectation expected_counts(const std::vector<CountedWord>& words, const PieceTrie& trie,
                            const std::vector<double>& probabilities,
                            const std::vector<std::string>& pieces) {
  const auto weights = weights_of(probabilities, pieces);
  std::vector<Expectation> groups(kGroups, {std::vector<double>(pieces.size()), 0.0});
  std::vector<std::exception_ptr> failures(kGroups);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    WordSums sums(trie, weights);
    for (auto group = next++; group < kGroups; group = next++) {
      try {
        const auto end = words.size() * (group + 1) / kGroups;
        for (auto i = words.size() * group / kGroups; i < end; ++i) {
          sums.add(words[i], groups[group]);
        }
      } catch (...) {
        failures[group] = std::current_exception();
      }
    }
  };
  {
    const auto threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kGroups);
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  auto sum = std::move(groups[0]);
  for (std::size_t group = 1; group < kGroups; ++group) {
    sum.log_likelihood += groups[group].log_likelihood;
    for (std::size_t i = 0; i < pieces.size(); ++i) sum.counts[i] += groups[group].counts[i];
  }
  return sum;
}

}  // namespace candor
