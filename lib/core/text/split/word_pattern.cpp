// SPDX-License-Identifier: Apache-2.0
#include "core/text/split/word_pattern.h"

#include "core/base/ascii.h"

namespace candor {
namespace {

constexpr std::uint8_t kKind = kLetter | kNumber | kSpace;

// Length of 's 't 're 've 'm 'll 'd at `at`, where an apostrophe stands; 0 without one.
std::size_t contraction(std::string_view text, std::size_t at, bool any_case) {
  const auto letter = [&](std::size_t i) {
    if (at + i >= text.size()) return '\0';
    return any_case ? ascii_lower(text[at + i]) : text[at + i];
  };
  const char first = letter(1), second = letter(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if ((first == 'r' || first == 'v') && second == 'e') return 3;
  if (first == 'l' && second == 'l') return 3;
  // The long s is an s in another case.
  if (any_case && text.substr(at + 1).starts_with("\xC5\xBF")) return 3;
  return 0;
}

}  // namespace

std::string_view expression_of(WordPatternType type) {
  switch (type) {
    case WordPatternType::gpt2:
      return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    case WordPatternType::llama3:
      return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
             R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    case WordPatternType::qwen2:
      return R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
             R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  }
  return {};
}

inline ClassedCharacter WordPattern::character(std::string_view text, std::size_t at) const {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return {byte, 1, table_.bits(byte)};
  return read_character(table_, text.substr(at));
}

inline std::size_t WordPattern::run_end(std::string_view text, std::size_t at, std::uint8_t mask,
                                        std::uint8_t wanted) const {
  while (at < text.size()) {
    const auto next = character(text, at);
    if ((next.bits & mask) != wanted) break;
    at += next.length;
  }
  return at;
}

std::size_t WordPattern::gpt2_end(std::string_view text, std::size_t at) const {
  if (text[at] == '\'') {
    if (const auto length = contraction(text, at, false)) return at + length;
  }
  auto first = character(text, at);
  auto start = at;
  if (text[at] == ' ' && at + 1 < text.size()) {
    const auto second = character(text, at + 1);
    if ((second.bits & kSpace) == 0) {
      first = second;
      start = at + 1;
    }
  }
  if (first.bits & kSpace) return blank_end(text, at);
  return run_end(text, start + first.length, kKind, first.bits & kKind);
}

std::size_t WordPattern::llama3_end(std::string_view text, std::size_t at) const {
  if (text[at] == '\'') {
    if (const auto length = contraction(text, at, true)) return at + length;
  }
  const auto first = character(text, at);
  if (first.bits & kLetter) return run_end(text, at + first.length, kLetter, kLetter);
  if (first.bits & kNumber) return number_end(text, at + first.length);
  const auto next = at + first.length;
  const bool more = next < text.size();
  const auto second = more ? character(text, next) : ClassedCharacter{0, 0, kSpace};
  if ((second.bits & kLetter) && (first.bits & kNewline) == 0) {
    return run_end(text, next + second.length, kLetter, kLetter);
  }
  if ((first.bits & kSpace) == 0) {
    return run_end(text, run_end(text, next, kKind, 0), kNewline, kNewline);
  }
  if (text[at] == ' ' && (second.bits & kKind) == 0) {
    return run_end(text, run_end(text, next + second.length, kKind, 0), kNewline, kNewline);
  }
  return blank_end(text, at);
}

std::size_t WordPattern::number_end(std::string_view text, std::size_t at) const {
  if (type_ == WordPatternType::qwen2) return at;
  for (int more = 0; more < 2 && at < text.size(); ++more) {
    const auto next = character(text, at);
    if ((next.bits & kNumber) == 0) break;
    at += next.length;
  }
  return at;
}

// A run of white space: all of it at the text's end, else all but its last character. In the newer
// patterns one that holds a line break ends behind its last one.
std::size_t WordPattern::blank_end(std::string_view text, std::size_t at) const {
  std::size_t last = at, end = at, behind_break = 0;
  while (end < text.size()) {
    const auto next = character(text, end);
    if ((next.bits & kSpace) == 0) break;
    last = end;
    end += next.length;
    if (next.bits & kNewline) behind_break = end;
  }
  if (type_ != WordPatternType::gpt2 && behind_break > 0) return behind_break;
  return end == text.size() || last == at ? end : last;
}

}  // namespace candor
