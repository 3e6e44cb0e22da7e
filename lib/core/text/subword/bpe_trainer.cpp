// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/bpe_trainer.h"

#include <array>
#include <bit>
#include <queue>

#include "core/text/subword/byte_alphabet.h"

namespace candor {
namespace {

constexpr std::int64_t kLeastCount = 2;

// A pair of neighbouring symbols: how often it occurs, and in which words; a word may stand there
// twice, or have lost the pair since.
struct Pair {
  std::uint32_t left, right;
  std::int64_t count = 0;
  std::vector<std::uint32_t> words;
};

// (left id, right id) -> place in a list of pairs that only grows.
class PairIndex {
 public:
  PairIndex() : slots_(1 << 12, kEmpty) {}

  Pair& at(std::size_t place) { return pairs_[place]; }
  std::size_t size() const { return pairs_.size(); }

  std::size_t place_of(std::uint32_t left, std::uint32_t right) {
    auto slot = first_slot(left, right);
    for (; slots_[slot] != kEmpty; slot = (slot + 1) & (slots_.size() - 1)) {
      const auto& pair = pairs_[slots_[slot]];
      if (pair.left == left && pair.right == right) return slots_[slot];
    }
    slots_[slot] = static_cast<std::uint32_t>(pairs_.size());
    pairs_.push_back({left, right, 0, {}});
    if (2 * pairs_.size() > slots_.size()) grow();
    return pairs_.size() - 1;
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;

  std::size_t first_slot(std::uint32_t left, std::uint32_t right) const {
    const auto key = static_cast<std::uint64_t>(left) << 32 | right;
    return ((key ^ key >> 29) * 0x9E3779B97F4A7C15ull >> 20) & (slots_.size() - 1);
  }

  void grow() {
    slots_.assign(slots_.size() * 2, kEmpty);
    for (std::uint32_t place = 0; place < pairs_.size(); ++place) {
      auto slot = first_slot(pairs_[place].left, pairs_[place].right);
      while (slots_[slot] != kEmpty) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = place;
    }
  }

  std::vector<std::uint32_t> slots_;  // open addressing; a power of two, at most half full
  std::vector<Pair> pairs_;
};

// A pair as it was when it was noted: its count may have fallen since.
struct Candidate {
  std::int64_t count;
  std::uint32_t left, right;
  std::size_t place;

  // The greatest goes first.
  bool operator<(const Candidate& other) const {
    if (count != other.count) return count < other.count;
    if (left != other.left) return left > other.left;
    return right > other.right;
  }
};

class Learner {
 public:
  Learner(const std::vector<CountedWord>& words, std::size_t size) : size_(size) {
    add_bytes();
    add_words(words);
    count_pairs();
  }

  LearnedBpe run() {
    for (std::size_t place = 0; place < pairs_.size(); ++place) note(place);
    while (learned_.tokens.size() < size_ && !candidates_.empty()) {
      const auto top = candidates_.top();
      candidates_.pop();
      const auto count = pairs_.at(top.place).count;
      if (count != top.count) {
        note(top.place);
        continue;
      }
      merge(top);
    }
    return std::move(learned_);
  }

 private:
  void add_bytes() {
    std::uint32_t id = 0;
    for (const auto byte : bytes_in_alphabet_order()) {
      byte_ids_[byte] = id++;
      learned_.tokens.emplace_back(1, static_cast<char>(byte));
    }
  }

  void add_words(const std::vector<CountedWord>& words) {
    starts_.reserve(words.size() + 1);
    for (const auto& word : words) {
      starts_.push_back(symbols_.size());
      for (const char byte : word.text) {
        symbols_.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
      }
      lengths_.push_back(static_cast<std::uint32_t>(word.text.size()));
      counts_.push_back(static_cast<std::int64_t>(word.count));
    }
  }

  void count_pairs() {
    for (std::uint32_t word = 0; word < counts_.size(); ++word) {
      const auto* symbols = symbols_.data() + starts_[word];
      for (std::uint32_t i = 0; i + 1 < lengths_[word]; ++i)
        add_pair(symbols[i], symbols[i + 1], word);
    }
  }

  void add_pair(std::uint32_t left, std::uint32_t right, std::uint32_t word) {
    auto& pair = pairs_.at(pairs_.place_of(left, right));
    pair.count += counts_[word];
    if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
  }

  void remove_pair(std::uint32_t left, std::uint32_t right, std::uint32_t word) {
    pairs_.at(pairs_.place_of(left, right)).count -= counts_[word];
  }

  void note(std::size_t place) {
    const auto& pair = pairs_.at(place);
    if (pair.count >= kLeastCount) candidates_.push({pair.count, pair.left, pair.right, place});
  }

  void merge(const Candidate& best) {
    const auto id = static_cast<std::uint32_t>(learned_.tokens.size());
    learned_.tokens.push_back(learned_.tokens[best.left] + learned_.tokens[best.right]);
    learned_.merges.push_back({best.left, best.right, id});
    const auto words = std::move(pairs_.at(best.place).words);
    const auto first_new = pairs_.size();
    for (const auto word : words) merge_in(word, best.left, best.right, id);
    // All pairs with the new token are new.
    for (auto place = first_new; place < pairs_.size(); ++place) note(place);
  }

  // From left to right, so that of three equal symbols the first two become one.
  void merge_in(std::uint32_t word, std::uint32_t left, std::uint32_t right, std::uint32_t id) {
    auto* symbols = symbols_.data() + starts_[word];
    const auto length = lengths_[word];
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < length; ++i) {
      if (symbols[i] != left || i + 1 == length || symbols[i + 1] != right) {
        symbols[kept++] = symbols[i];
        continue;
      }
      if (kept > 0) {
        remove_pair(symbols[kept - 1], left, word);
        add_pair(symbols[kept - 1], id, word);
      }
      if (i + 2 < length) {
        remove_pair(right, symbols[i + 2], word);
        add_pair(id, symbols[i + 2], word);
      }
      symbols[kept++] = id;
      ++i;
    }
    lengths_[word] = kept;
  }

  std::size_t size_;
  LearnedBpe learned_;
  std::array<std::uint32_t, 256> byte_ids_{};
  // Words as symbols, side by side; each only gets shorter.
  std::vector<std::uint32_t> symbols_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> lengths_;
  std::vector<std::int64_t> counts_;
  PairIndex pairs_;
  std::priority_queue<Candidate> candidates_;
};

}  // namespace

LearnedBpe learn_bpe(const std::vector<CountedWord>& words, std::size_t size) {
  return Learner(words, size).run();
}

}  // namespace candor
