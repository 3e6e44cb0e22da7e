// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/seed_pieces.h"

#include <algorithm>
#include <utility>

#include "core/base/utf8.h"

namespace candor {
namespace {

// All words as symbols, one behind the other, each ended by a 0; other symbols are their value + 1.
struct Symbols {
  std::vector<std::uint32_t> values;
  std::vector<std::uint32_t> words;  // by place: which word
};

Symbols symbols_of(const std::vector<CountedWord>& words, bool bytes) {
  Symbols symbols;
  const auto add = [&](std::uint32_t value, std::size_t word) {
    symbols.values.push_back(value);
    symbols.words.push_back(static_cast<std::uint32_t>(word));
  };
  for (std::size_t word = 0; word < words.size(); ++word) {
    for (auto text = words[word].text; !text.empty();) {
      const auto point =
          bytes ? CodePoint{static_cast<unsigned char>(text[0]), 1} : read_code_point(text);
      add(point.value + 1, word);
      text.remove_prefix(std::max<std::size_t>(1, point.length));
    }
    add(0, word);
  }
  return symbols;
}

// Places in the order of the kLongestSeed symbols from there on, up to the word's end: quicksort by
// one symbol at a time (Bentley and Sedgewick 1997, "Fast Algorithms for Sorting and Searching
// Strings", section 2), with its own stack of ranges.
class SuffixSorter {
 public:
  explicit SuffixSorter(const Symbols& symbols) : values_(symbols.values) {}

  std::vector<std::uint32_t> sort() {
    for (std::uint32_t place = 0; place < values_.size(); ++place) {
      if (values_[place] != 0) places_.push_back(place);
    }
    ranges_.push_back({0, places_.size(), 0});
    while (!ranges_.empty()) {
      const auto range = ranges_.back();
      ranges_.pop_back();
      if (range.end - range.begin > 1 && range.depth < kLongestSeed) divide(range);
    }
    return std::move(places_);
  }

 private:
  struct Range {
    std::size_t begin, end, depth;
  };

  std::uint32_t symbol(std::size_t i, std::size_t depth) const {
    return values_[places_[i] + depth];
  }

  std::uint32_t median(const Range& range) const {
    auto a = symbol(range.begin, range.depth), c = symbol(range.end - 1, range.depth);
    const auto b = symbol(range.begin + (range.end - range.begin) / 2, range.depth);
    if (a > c) std::swap(a, c);
    return std::clamp(b, a, c);
  }

  // Into smaller, equal and greater; a suffix that has ended is equal to others that have.
  void divide(const Range& range) {
    const auto pivot = median(range);
    auto low = range.begin, high = range.end;
    for (auto i = low; i < high;) {
      const auto value = symbol(i, range.depth);
      if (value < pivot) {
        std::swap(places_[low++], places_[i++]);
      } else if (value > pivot) {
        std::swap(places_[i], places_[--high]);
      } else {
        ++i;
      }
    }
    ranges_.push_back({range.begin, low, range.depth});
    ranges_.push_back({high, range.end, range.depth});
    if (pivot != 0) ranges_.push_back({low, high, range.depth + 1});
  }

  const std::vector<std::uint32_t>& values_;
  std::vector<std::uint32_t> places_;
  std::vector<Range> ranges_;
};

// How many symbols two suffixes share, kLongestSeed at most.
std::size_t shared(const std::vector<std::uint32_t>& values, std::uint32_t a, std::uint32_t b) {
  std::size_t length = 0;
  while (length < kLongestSeed && values[a + length] != 0 &&
         values[a + length] == values[b + length]) {
    ++length;
  }
  return length;
}

std::size_t length_of(const std::vector<std::uint32_t>& values, std::uint32_t place) {
  std::size_t length = 0;
  while (length < kLongestSeed && values[place + length] != 0) ++length;
  return length;
}

struct Candidate {
  std::uint32_t place = 0;
  std::uint32_t length = 0;
  std::uint64_t count = 0;
};

// Walks over neighbouring suffixes: a stretch that shares `length` symbols is a node, and its count
// the sum over its suffixes (Kasai et al. 2001, section 5). A suffix that no other begins with is a
// node of its own where its word stands in the text more than once.
std::vector<Candidate> nodes(const Symbols& symbols, const std::vector<std::uint32_t>& places,
                             const std::vector<CountedWord>& words) {
  std::vector<Candidate> found, open;  // open: nodes that go on, the longest last
  const auto weight = [&](std::size_t i) { return words[symbols.words[places[i]]].count; };
  std::size_t before = 0;  // shared with the suffix before
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto length =
        i + 1 < places.size() ? shared(symbols.values, places[i], places[i + 1]) : 0;
    const auto own = length_of(symbols.values, places[i]);
    if (own >= 2 && own > std::max(before, length) && weight(i) >= 2) {
      found.push_back({places[i], static_cast<std::uint32_t>(own), weight(i)});
    }
    before = length;
    Candidate node{places[i], 0, weight(i)};
    while (!open.empty() && open.back().length > length) {
      open.back().count += node.count;
      node.count = open.back().count;
      node.place = open.back().place;
      if (open.back().length >= 2) found.push_back(open.back());
      open.pop_back();
    }
    if (!open.empty() && open.back().length == length) {
      open.back().count += node.count;
    } else if (length > 0) {
      open.push_back({node.place, static_cast<std::uint32_t>(length), node.count});
    }
  }
  return found;
}

std::string text_of(const Symbols& symbols, const Candidate& candidate, bool bytes) {
  std::string text;
  for (std::uint32_t i = 0; i < candidate.length; ++i) {
    const auto value = symbols.values[candidate.place + i] - 1;
    if (bytes) {
      text += static_cast<char>(value);
    } else {
      append_code_point(value, text);
    }
  }
  return text;
}

}  // namespace

std::vector<SeedPiece> seed_pieces(const std::vector<CountedWord>& words, bool bytes,
                                   std::size_t most) {
  const auto symbols = symbols_of(words, bytes);
  auto candidates = nodes(symbols, SuffixSorter(symbols).sort(), words);
  const auto value = [](const Candidate& c) { return c.count * c.length; };
  const auto smaller_text = [&](const Candidate& a, const Candidate& b) {
    const auto* first = symbols.values.data();
    return std::lexicographical_compare(first + a.place, first + a.place + a.length,
                                        first + b.place, first + b.place + b.length);
  };
  const auto better = [&](const Candidate& a, const Candidate& b) {
    return value(a) != value(b) ? value(a) > value(b) : smaller_text(a, b);
  };
  const auto kept = std::min(most, candidates.size());
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(kept);
  std::partial_sort(candidates.begin(), middle, candidates.end(), better);
  candidates.erase(middle, candidates.end());
  std::vector<SeedPiece> seeds;
  for (const auto& candidate : candidates) {
    seeds.push_back({text_of(symbols, candidate, bytes), candidate.count});
  }
  return seeds;
}

}  // namespace candor
