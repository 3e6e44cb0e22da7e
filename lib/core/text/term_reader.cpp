// SPDX-License-Identifier: Apache-2.0
#include "core/text/term_reader.h"

#include "core/base/utf8.h"
#include "core/text/lossy_utf8.h"
#include "core/text/unicode.h"

namespace candor {
namespace {

void add_unit(std::string_view bytes, TermBuffer& buffer) {
  buffer.units.push_back({buffer.text.size(), buffer.text.size() + bytes.size()});
  buffer.text += bytes;
}

// Code points as units; a run of white space is one space.
void split_characters(std::string_view text, TermBuffer& buffer) {
  bool gap = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = read_code_point(text.substr(at));
    const bool space = is_white_space(point.value);
    if (space && !gap) add_unit(" ", buffer);
    if (!space) add_unit(text.substr(at, point.length), buffer);
    gap = space;
    at += point.length;
  }
}

// As above, but each word has a space of its own before and behind.
void split_padded_words(std::string_view text, TermBuffer& buffer) {
  bool within = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = read_code_point(text.substr(at));
    const bool space = is_white_space(point.value);
    if (!space && !within) {
      buffer.words.push_back(buffer.units.size());
      add_unit(" ", buffer);
    }
    if (!space) add_unit(text.substr(at, point.length), buffer);
    if (space && within) add_unit(" ", buffer);
    within = !space;
    at += point.length;
  }
  if (within) add_unit(" ", buffer);
}

}  // namespace

TermReader::TermReader(const TextCleanConfig& clean, const WordsConfig& words, StopWords stop_words)
    : normalizer_(clean),
      unit_(words.unit),
      shortest_(static_cast<std::size_t>(words.ngrams.front())),
      longest_(static_cast<std::size_t>(words.ngrams.back())),
      stop_words_(std::move(stop_words)) {}

void TermReader::split_words(const std::string& text, TermBuffer& buffer) const {
  std::vector<Span> found;
  find_words(text, found);
  for (const auto& span : found) {
    const auto word = std::string_view(text).substr(span.begin, span.end - span.begin);
    if (stop_words_.contains(word)) continue;
    if (!buffer.units.empty()) buffer.text += ' ';
    add_unit(word, buffer);
  }
}

void TermReader::split(std::string_view text, TermBuffer& buffer) const {
  buffer.text.clear();
  buffer.units.clear();
  buffer.words.clear();
  auto cleaned = normalizer_.apply(text);
  if (find_invalid_utf8(cleaned)) cleaned = replace_invalid_utf8(cleaned);
  switch (unit_) {
    case WordUnit::words: return split_words(cleaned, buffer);
    case WordUnit::characters: return split_characters(cleaned, buffer);
    case WordUnit::characters_in_words: return split_padded_words(cleaned, buffer);
  }
}

}  // namespace candor
