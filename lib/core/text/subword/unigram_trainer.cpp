// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/unigram_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/text/subword/expected_counts.h"
#include "core/text/subword/piece_trie.h"
#include "core/text/subword/seed_pieces.h"

namespace candor {
namespace {

constexpr std::size_t kMostSeeds = 1'000'000;
constexpr int kSteps = 2;               // of expectation-maximisation in a round
constexpr double kKeptShare = 0.75;     // of a round's pieces
constexpr double kLastShare = 1.1;      // of the wanted size, from where one cut is left
constexpr double kLeastExpected = 0.5;  // occurrences

struct Piece {
  std::string text;
  bool required = false;
  double probability = 0.0;
  double count = 0.0;  // expected
};

// The most probable segmentation of a piece into others; their places in the list.
class Alternative {
 public:
  Alternative(const PieceTrie& trie, const std::vector<double>& logs) : trie_(trie), logs_(logs) {}

  std::vector<std::uint32_t> of(const std::string& text, std::uint32_t self) const {
    constexpr double kNever = -std::numeric_limits<double>::infinity();
    std::vector<double> best(text.size() + 1, kNever);
    std::vector<std::pair<std::uint32_t, std::size_t>> last(text.size() + 1);
    best[0] = 0.0;
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
      if (best[begin] == kNever) continue;
      trie_.prefixes(std::string_view(text).substr(begin), [&](std::size_t length, auto piece) {
        const auto score = best[begin] + logs_[piece];
        if (piece == self || score <= best[begin + length]) return;
        best[begin + length] = score;
        last[begin + length] = {piece, begin};
      });
    }
    std::vector<std::uint32_t> path;
    if (best.back() == kNever) return path;
    for (auto end = text.size(); end > 0; end = last[end].second) path.push_back(last[end].first);
    return path;
  }

 private:
  const PieceTrie& trie_;
  const std::vector<double>& logs_;
};

class Learner {
 public:
  Learner(const std::vector<CountedWord>& words, const std::vector<std::string>& required,
          std::size_t size, bool bytes)
      : words_(words), size_(size) {
    add_required(required);
    add_seeds(bytes);
  }

  LearnedUnigram run() {
    const auto last = static_cast<std::size_t>(kLastShare * static_cast<double>(size_));
    maximize();
    while (pieces_.size() > last) {
      const auto kept = static_cast<std::size_t>(kKeptShare * static_cast<double>(pieces_.size()));
      prune(std::max(last, kept));
      maximize();
    }
    if (pieces_.size() > size_) {
      prune(size_);
      maximize();
    }
    return result();
  }

 private:
  void add_required(const std::vector<std::string>& required) {
    for (const auto& text : required) pieces_.push_back({text, true, 0.0, 0.0});
  }

  // First probabilities are shares of count * length, those of required pieces their own counts.
  void add_seeds(bool bytes) {
    std::unordered_set<std::string> known;
    for (const auto& piece : pieces_) known.insert(piece.text);
    count_required(bytes);
    for (auto& seed : seed_pieces(words_, bytes, kMostSeeds)) {
      if (known.contains(seed.text)) continue;
      const auto value = static_cast<double>(seed.count * seed.text.size());
      pieces_.push_back({std::move(seed.text), false, 0.0, value});
    }
    set_probabilities();
  }

  void count_required(bool bytes) {
    std::vector<std::string> texts;
    for (const auto& piece : pieces_) texts.push_back(piece.text);
    const PieceTrie trie(texts);
    for (const auto& word : words_) {
      for (auto text = word.text; !text.empty();) {
        const auto length = bytes ? 1 : std::max<std::size_t>(1, read_code_point(text).length);
        if (const auto piece = trie.find(text.substr(0, length))) {
          pieces_[*piece].count += static_cast<double>(word.count);
        }
        text.remove_prefix(length);
      }
    }
  }

  void set_probabilities() {
    const auto sum = std::accumulate(pieces_.begin(), pieces_.end(), 0.0,
                                     [](double all, const auto& p) { return all + p.count; });
    for (auto& piece : pieces_) piece.probability = piece.count / sum;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& piece : pieces_) texts.push_back(piece.text);
    return texts;
  }

  // One E-step; the expected counts go into the pieces.
  double expect(const PieceTrie& trie, const std::vector<std::string>& texts) {
    std::vector<double> probabilities;
    for (const auto& piece : pieces_) probabilities.push_back(piece.probability);
    const auto expected = expected_counts(words_, trie, probabilities, texts);
    for (std::size_t i = 0; i < pieces_.size(); ++i) pieces_[i].count = expected.counts[i];
    return expected.log_likelihood;
  }

  // A round's steps. In the end the counts are those of the last probabilities.
  void maximize() {
    const auto all = texts();
    const PieceTrie trie(all);
    UnigramRound round{pieces_.size(), {expect(trie, all)}};
    for (int step = 0; step < kSteps; ++step) {
      set_probabilities();
      round.log_likelihoods.push_back(expect(trie, all));
    }
    log().info("unigram round {}: {} pieces, log-likelihood {:.6g} -> {:.6g} nats",
               rounds_.size() + 1, round.pieces, round.log_likelihoods.front(),
               round.log_likelihoods.back());
    rounds_.push_back(std::move(round));
  }

  void prune(std::size_t most) {
    const auto losses = losses_of_pieces();
    std::vector<std::size_t> order(pieces_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) {
      if (losses[a] != losses[b]) return losses[a] > losses[b];
      return pieces_[a].text < pieces_[b].text;
    });
    std::vector<Piece> kept;
    for (const auto i : order) {
      const bool wanted = kept.size() < most && pieces_[i].count >= kLeastExpected;
      if (!pieces_[i].required && !wanted) continue;
      kept.push_back(std::move(pieces_[i]));
      // What a word needs now may have had no share so far.
      if (kept.back().required) kept.back().count = std::max(kept.back().count, kLeastExpected);
    }
    pieces_ = std::move(kept);
    set_probabilities();
  }

  // How much the likelihood falls when a piece goes and the best other segmentation takes its
  // counts (Kudo 2018, section 3.2; the estimate is sentencepiece's). Required pieces: infinite.
  std::vector<double> losses_of_pieces() const {
    const PieceTrie trie(texts());
    std::vector<double> logs;
    double sum = 0.0;
    for (const auto& piece : pieces_) {
      logs.push_back(std::log(piece.probability));
      sum += piece.count;
    }
    const Alternative alternative(trie, logs);
    std::vector<double> losses;
    for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
      const auto& piece = pieces_[i];
      const bool gone = piece.count < kLeastExpected;
      losses.push_back(piece.required ? std::numeric_limits<double>::infinity()
                       : gone         ? -std::numeric_limits<double>::infinity()
                                      : loss(i, alternative.of(piece.text, i), sum));
    }
    return losses;
  }

  double loss(std::size_t piece, const std::vector<std::uint32_t>& others, double sum) const {
    const auto count = pieces_[piece].count;
    if (others.empty()) return std::numeric_limits<double>::infinity();
    const auto new_sum = std::log(sum + count * (static_cast<double>(others.size()) - 1.0));
    double log_others = 0.0;
    for (const auto other : others) log_others += std::log(pieces_[other].count + count) - new_sum;
    return count / sum * (std::log(count) - std::log(sum) - log_others);
  }

  // Required pieces that the text never needs count half a time.
  LearnedUnigram result() {
    for (auto& piece : pieces_) piece.count = std::max(piece.count, kLeastExpected);
    set_probabilities();
    for (auto& piece : pieces_) {
      piece.probability = std::round(std::log(piece.probability) * 1e6) / 1e6;
    }
    std::sort(pieces_.begin(), pieces_.end(), [](const auto& a, const auto& b) {
      return a.probability != b.probability ? a.probability > b.probability : a.text < b.text;
    });
    LearnedUnigram learned;
    for (auto& piece : pieces_) {
      learned.pieces.push_back(std::move(piece.text));
      learned.scores.push_back(piece.probability);
    }
    learned.rounds = std::move(rounds_);
    return learned;
  }

  const std::vector<CountedWord>& words_;
  std::size_t size_;
  std::vector<Piece> pieces_;
  std::vector<UnigramRound> rounds_;
};

}  // namespace

LearnedUnigram learn_unigram(const std::vector<CountedWord>& words,
                             const std::vector<std::string>& required, std::size_t size,
                             bool bytes) {
  return Learner(words, required, size, bytes).run();
}

}  // namespace candor
