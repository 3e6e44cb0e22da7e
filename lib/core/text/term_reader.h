// SPDX-License-Identifier: Apache-2.0
// The terms of a text: n-grams of words or characters.
#pragma once

#include <candor/config.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/text/normalizer.h"
#include "core/text/stop_words.h"
#include "core/text/word_segmenter.h"

namespace candor {

// Memory that reading one text needs, kept from text to text.
struct TermBuffer {
  std::string text;                // what the terms are slices of
  std::vector<Span> units;         // words or characters of `text`
  std::vector<std::size_t> words;  // characters_in_words: the first unit of each word
};

class TermReader {
 public:
  TermReader(const TextCleanConfig& clean, const WordsConfig& words, StopWords stop_words);

  // Calls take(term) for each term in order. A term of words has one space between two of them.
  // Characters are code points; white space between words is one space. characters_in_words puts a
  // space before and behind each word and reads a word shorter than the n-gram once (as the
  // char_wb analyzer of scikit-learn does).
  template <class Take>
  void read(std::string_view text, TermBuffer& buffer, const Take& take) const;

  const Normalizer& normalizer() const { return normalizer_; }
  const StopWords& stop_words() const { return stop_words_; }

 private:
  void split(std::string_view text, TermBuffer& buffer) const;
  void split_words(const std::string& text, TermBuffer& buffer) const;
  template <class Take>
  void read_runs(const TermBuffer& buffer, std::size_t begin, std::size_t end, bool once,
                 const Take& take) const;

  Normalizer normalizer_;
  WordUnit unit_;
  std::size_t shortest_;
  std::size_t longest_;
  StopWords stop_words_;
};

// Runs of `shortest_` to `longest_` units within [begin, end). `once`: a run that takes in all of
// them ends it, whatever its length.
template <class Take>
void TermReader::read_runs(const TermBuffer& buffer, std::size_t begin, std::size_t end, bool once,
                           const Take& take) const {
  const std::string_view text = buffer.text;
  const auto& units = buffer.units;
  for (auto n = shortest_; n <= longest_; ++n) {
    if (n >= end - begin && once) {
      return take(text.substr(units[begin].begin, units[end - 1].end - units[begin].begin));
    }
    for (auto first = begin; first + n <= end; ++first) {
      take(text.substr(units[first].begin, units[first + n - 1].end - units[first].begin));
    }
  }
}

template <class Take>
void TermReader::read(std::string_view text, TermBuffer& buffer, const Take& take) const {
  split(text, buffer);
  if (buffer.units.empty()) return;
  if (unit_ != WordUnit::characters_in_words) {
    return read_runs(buffer, 0, buffer.units.size(), false, take);
  }
  for (std::size_t w = 0; w < buffer.words.size(); ++w) {
    const auto end = w + 1 < buffer.words.size() ? buffer.words[w + 1] : buffer.units.size();
    read_runs(buffer, buffer.words[w], end, true, take);
  }
}

}  // namespace candor
