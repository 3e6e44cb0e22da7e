// SPDX-License-Identifier: Apache-2.0
#include "core/text/split/matcher.h"

#include <algorithm>
#include <utility>

namespace candor {
namespace {

class TextMatcher final : public Matcher {
 public:
  explicit TextMatcher(std::string text) : text_(std::move(text)) {}
  void find(std::string_view text, std::vector<ByteSpan>& matches) const override {
    for (auto at = text.find(text_); at != std::string_view::npos;
         at = text.find(text_, at + text_.size())) {
      matches.push_back({at, at + text_.size()});
    }
  }

 private:
  std::string text_;
};

class CharacterMatcher final : public Matcher {
 public:
  explicit CharacterMatcher(std::uint8_t bits) : bits_(bits) {}
  void find(std::string_view text, std::vector<ByteSpan>& matches) const override {
    const auto& table = character_table();
    for (std::size_t at = 0; at < text.size();) {
      const auto character = read_character(table, text.substr(at));
      if (character.bits & bits_) matches.push_back({at, at + character.length});
      at += character.length;
    }
  }

 private:
  std::uint8_t bits_;
};

class WordsAndSigns final : public Matcher {
 public:
  void find(std::string_view text, std::vector<ByteSpan>& matches) const override {
    const auto& table = character_table();
    std::uint8_t running = kSpace;
    for (std::size_t at = 0; at < text.size();) {
      const auto character = read_character(table, text.substr(at));
      const std::uint8_t kind = character.bits & (kWord | kSpace);
      if (kind != kSpace && kind == running) {
        matches.back().end += character.length;
      } else if (kind != kSpace) {
        matches.push_back({at, at + character.length});
      }
      running = kind;
      at += character.length;
    }
  }
};

class PatternMatcher final : public Matcher {
 public:
  explicit PatternMatcher(WordPatternType type) : pattern_(type) {}
  void find(std::string_view text, std::vector<ByteSpan>& matches) const override {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = pattern_.end_of_word(text, at);
      matches.push_back({at, end});
      at = end;
    }
  }

 private:
  WordPattern pattern_;
};

struct Piece {
  ByteSpan span;
  bool delimiter;
};

std::vector<Piece> pieces_of(std::size_t size, const std::vector<ByteSpan>& matches, bool invert) {
  std::vector<Piece> pieces;
  std::size_t end = 0;
  for (const auto& match : matches) {
    if (match.begin > end) pieces.push_back({{end, match.begin}, invert});
    pieces.push_back({match, !invert});
    end = match.end;
  }
  if (end < size) pieces.push_back({{end, size}, invert});
  return pieces;
}

// Walks in one direction and lets `joins(piece, previous one was a delimiter)` say whether a piece
// goes to the part before it.
template <class Iterator, class Joins>
std::vector<ByteSpan> join(Iterator begin, Iterator end, Joins&& joins) {
  std::vector<ByteSpan> parts;
  bool previous = false;
  for (auto piece = begin; piece != end; ++piece) {
    const auto& span = piece->span;
    if (!parts.empty() && joins(piece->delimiter, previous)) {
      parts.back() = {std::min(parts.back().begin, span.begin),
                      std::max(parts.back().end, span.end)};
    } else {
      parts.push_back(span);
    }
    previous = piece->delimiter;
  }
  return parts;
}

}  // namespace

std::unique_ptr<Matcher> match_text(std::string text) {
  return std::make_unique<TextMatcher>(std::move(text));
}

std::unique_ptr<Matcher> match_characters(std::uint8_t bits) {
  return std::make_unique<CharacterMatcher>(bits);
}

std::unique_ptr<Matcher> match_words_and_signs() { return std::make_unique<WordsAndSigns>(); }

std::unique_ptr<Matcher> match_pattern(WordPatternType type) {
  return std::make_unique<PatternMatcher>(type);
}

std::vector<ByteSpan> cut(std::size_t size, const std::vector<ByteSpan>& matches,
                          CutBehavior behavior, bool invert) {
  const auto pieces = pieces_of(size, matches, invert);
  const auto after_text = [](bool delimiter, bool previous) { return delimiter && !previous; };
  std::vector<ByteSpan> parts;
  switch (behavior) {
    case CutBehavior::removed:
      for (const auto& piece : pieces) {
        if (!piece.delimiter) parts.push_back(piece.span);
      }
      break;
    case CutBehavior::isolated:
      for (const auto& piece : pieces) parts.push_back(piece.span);
      break;
    case CutBehavior::merged_with_previous: return join(pieces.begin(), pieces.end(), after_text);
    case CutBehavior::merged_with_next:
      parts = join(pieces.rbegin(), pieces.rend(), after_text);
      std::reverse(parts.begin(), parts.end());
      break;
    case CutBehavior::contiguous:
      return join(pieces.begin(), pieces.end(),
                  [](bool delimiter, bool previous) { return delimiter == previous; });
  }
  return parts;
}

}  // namespace candor
