// SPDX-License-Identifier: Apache-2.0
#include "core/text/word_segmenter.h"

#include <array>

#include "core/base/utf8.h"
#include "core/text/unicode.h"

namespace candor {
namespace {

using enum WordBreak;

bool line_end(WordBreak b) { return b == cr || b == lf || b == newline; }
bool ignored(WordBreak b) { return b == extend || b == format || b == zwj; }
bool ah_letter(WordBreak b) { return b == a_letter || b == hebrew_letter; }
bool mid_letter_quote(WordBreak b) {
  return b == mid_letter || b == mid_num_let || b == single_quote;
}
bool mid_number_quote(WordBreak b) { return b == mid_num || b == mid_num_let || b == single_quote; }

struct Character {
  std::size_t end = 0;
  CharacterFacts facts{0};
};

Character read(std::string_view text, std::size_t at) {
  const auto point = read_code_point(text.substr(at));
  return {at + point.length, facts_of(point.value)};
}

// Class of the first character from `at` on that WB4 does not ignore.
WordBreak class_behind(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const auto next = read(text, at);
    if (!ignored(next.facts.word_break())) return next.facts.word_break();
    at = next.end;
  }
  return other;
}

// What the rules need of a segment so far, without the characters that WB4 ignores.
struct Segment {
  WordBreak last = other;
  WordBreak before = other;
  int indicators = 0;  // regional indicators at the end

  void add(WordBreak b) {
    if (ignored(b)) return;
    before = last;
    last = b;
    indicators = b == regional_indicator ? indicators + 1 : 0;
  }
};

// WB5 to WB13b, by the classes around the gap. `behind` is asked only where a rule looks further.
template <class Behind>
bool joined(const Segment& s, WordBreak next, const Behind& behind) {
  const auto last = s.last;
  if (ah_letter(last)) {
    if (ah_letter(next) || next == numeric) return true;             // WB5, WB9
    if (mid_letter_quote(next) && ah_letter(behind())) return true;  // WB6
    if (last == hebrew_letter && next == single_quote) return true;  // WB7a
    if (last == hebrew_letter && next == double_quote) return behind() == hebrew_letter;  // WB7b
  }
  if (mid_letter_quote(last) && ah_letter(s.before) && ah_letter(next)) return true;  // WB7
  if (last == double_quote && s.before == hebrew_letter && next == hebrew_letter) return true;
  if (last == numeric) {
    if (next == numeric || ah_letter(next)) return true;             // WB8, WB10
    if (mid_number_quote(next) && behind() == numeric) return true;  // WB12
  }
  if (mid_number_quote(last) && s.before == numeric && next == numeric) return true;  // WB11
  if (last == katakana && next == katakana) return true;                              // WB13
  const bool joins = ah_letter(last) || last == numeric || last == katakana;
  if (next == extend_num_let) return joins || last == extend_num_let;  // WB13a
  return last == extend_num_let && (ah_letter(next) || next == numeric || next == katakana);
}

// One byte: part of a plain word, which ASCII words mostly are.
constexpr std::array<bool, 256> plain_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  table['_'] = true;
  return table;
}
constexpr auto kPlain = plain_table();

// End of the run of ASCII letters, digits and underscores.
std::size_t plain_end(std::string_view text, std::size_t at) {
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

// An ASCII character that can never join what stands before it.
bool ends_plain(char c) {
  return static_cast<unsigned char>(c) < 0x80 &&
         std::string_view("'.:,;").find(c) == std::string_view::npos;
}

struct Piece {
  std::size_t end = 0;
  bool word = false;
  bool unspaced = false;
};

bool counts(CharacterFacts facts) {
  return facts.word() || facts.pictograph() || facts.word_break() == regional_indicator;
}

// Whether `next`, read at the end of the segment so far, belongs to it: WB3 to WB4 by the very last
// character, the others without those that WB4 ignores.
bool stays(std::string_view text, const Segment& segment, WordBreak last, const Character& next) {
  const auto b = next.facts.word_break();
  if (line_end(last) || line_end(b)) return last == cr && b == lf;          // WB3, WB3a, WB3b
  if (last == zwj && next.facts.pictograph()) return true;                  // WB3c
  if (last == w_seg_space && b == w_seg_space) return true;                 // WB3d
  if (ignored(b)) return true;                                              // WB4
  if (b == regional_indicator && segment.indicators % 2 == 1) return true;  // WB15, WB16
  return joined(segment, b, [&] { return class_behind(text, next.end); });
}

// The common case: ASCII letters and digits before an ASCII character that cannot join them.
bool plain_piece(std::string_view text, std::size_t begin, Piece& piece) {
  const auto end = plain_end(text, begin);
  if (end == begin || (end < text.size() && !ends_plain(text[end]))) return false;
  // Underscores alone are no word.
  piece = {end, text.substr(begin, end - begin).find_first_not_of('_') != text.npos, false};
  return true;
}

Piece next_piece(std::string_view text, std::size_t begin) {
  Piece piece;
  if (plain_piece(text, begin, piece)) return piece;
  auto character = read(text, begin);
  piece = {character.end, counts(character.facts), character.facts.unspaced()};
  Segment segment;
  while (true) {
    const auto last = character.facts.word_break();
    segment.add(last);
    if (piece.end == text.size()) return piece;
    character = read(text, piece.end);
    if (!stays(text, segment, last, character)) return piece;
    piece.word |= counts(character.facts);
    piece.end = character.end;
  }
}

}  // namespace

std::size_t next_word_boundary(std::string_view text, std::size_t begin) {
  return next_piece(text, begin).end;
}

void find_words(std::string_view text, std::vector<Span>& words) {
  words.clear();
  Span single{};        // the last piece of a run without spaces
  bool paired = false;  // it is in a pair already
  const auto end_run = [&] {
    if (single.end > single.begin && !paired) words.push_back(single);
    single = {};
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto piece = next_piece(text, at);
    if (piece.unspaced) {
      const bool goes_on = single.end > single.begin;
      if (goes_on) words.push_back({single.begin, piece.end});
      paired = goes_on;
      single = {at, piece.end};
    } else {
      end_run();
      if (piece.word) words.push_back({at, piece.end});
    }
    at = piece.end;
  }
  end_run();
}

}  // namespace candor
