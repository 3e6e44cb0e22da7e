// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "core/text/split/regex.h"

namespace candor {
namespace {

constexpr std::uint32_t kCodePoints = 0x110000;

using Holds = std::function<bool(std::uint32_t)>;

bool in_category(std::uint32_t value, std::string_view name) {
  return category_name(character_table().category(value)).starts_with(name);
}

// \w of Oniguruma: alphabetic characters, marks, numbers, connectors. Against Rust's \w it has the
// six superscripts and fractions of Latin-1, and lacks the joiners.
bool in_word(std::uint32_t value) {
  if (value == 0xB2 || value == 0xB3 || value == 0xB9) return true;
  if (value >= 0xBC && value <= 0xBE) return true;
  return (character_table().bits(value) & kWord) && value != 0x200C && value != 0x200D;
}

// Ranges as the inside of a class: \x{41}-\x{5A}...
std::string ranges_of(const Holds& holds) {
  std::string text;
  char buffer[40];
  for (std::uint32_t value = 0; value < kCodePoints;) {
    if (!holds(value)) {
      ++value;
      continue;
    }
    const auto first = value;
    while (value < kCodePoints && holds(value)) ++value;
    std::snprintf(buffer, sizeof buffer, "\\x{%X}-\\x{%X}", first, value - 1);
    text += buffer;
  }
  return text;
}

bool is_surrogate(std::uint32_t value) { return value >= 0xD800 && value <= 0xDFFF; }

class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(result_);
  }

 private:
  [[noreturn]] static void refuse(const std::string& what) { throw std::invalid_argument(what); }

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void copy(std::size_t count) {
    result_ += text_.substr(at_, count);
    at_ += count;
  }

  void step() {
    switch (peek()) {
      case '\\': return escape(false);
      case '[': return character_class();
      case '(': return group();
      case '{': return braces();
      case '^':
      case '$':
        refuse("^ and $ mean the ends of lines to one library and of the text to the other");
      case '.': refuse("'.' is not supported; write a class of characters");
      default: copy(1);
    }
  }

  // What an escape stands for, without brackets.
  std::string class_of_escape() {
    const char kind = peek(1);
    if (kind == 'p' || kind == 'P') return property();
    at_ += 2;
    const auto table = [](std::uint8_t bit, bool wanted) {
      return [bit, wanted](std::uint32_t value) {
        return !is_surrogate(value) && ((character_table().bits(value) & bit) != 0) == wanted;
      };
    };
    switch (kind) {
      case 's': return ranges_of(table(kSpace, true));
      case 'S': return ranges_of(table(kSpace, false));
      case 'd': return ranges_of([](auto value) { return in_category(value, "Nd"); });
      case 'D':
        return ranges_of(
            [](auto value) { return !is_surrogate(value) && !in_category(value, "Nd"); });
      case 'w': return ranges_of(in_word);
      default: return ranges_of([](auto v) { return !is_surrogate(v) && !in_word(v); });
    }
  }

  // \p{L}, \p{^L}, \P{Lu}: general categories by their short names.
  std::string property() {
    bool wanted = peek(1) == 'p';
    const auto close = text_.find('}', at_);
    if (peek(2) != '{' || close == std::string_view::npos) refuse("expected \\p{..}");
    auto name = text_.substr(at_ + 3, close - at_ - 3);
    if (name.starts_with('^')) {
      wanted = !wanted;
      name.remove_prefix(1);
    }
    check_category(name);
    at_ = close + 1;
    return ranges_of([&](std::uint32_t value) {
      return !is_surrogate(value) && in_category(value, name) == wanted;
    });
  }

  static void check_category(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Category::Cn); ++i) {
      const auto known = category_name(static_cast<Category>(i));
      if (name == known || name == known.substr(0, 1)) {
        if (name == "C") break;  // holds surrogates to one library
        return;
      }
    }
    refuse("\\p{" + std::string(name) + "} is not one of the general categories");
  }

  void escape(bool in_class) {
    const char kind = peek(1);
    if (std::string_view("pPsSdDwW").find(kind) != std::string_view::npos && kind != '\0') {
      const auto inside = class_of_escape();
      result_ += in_class ? inside : "[" + inside + "]";
      return;
    }
    const bool punctuation = kind > ' ' && kind < '\x7F' && !std::isalnum(kind);
    if (punctuation || kind == 'n' || kind == 'r' || kind == 't') return copy(2);
    refuse(std::string("\\") + kind + " is not supported");
  }

  void character_class() {
    copy(1);
    if (peek() == '^') copy(1);
    if (peek() == ']') refuse("a class begins with ']'; write it as \\]");
    while (peek() != ']') {
      if (at_ >= text_.size()) refuse("a class has no end");
      const bool intersection = peek() == '&' && peek(1) == '&';
      if (peek() == '[' || intersection) refuse("classes within classes are not supported");
      if (peek() == '\\') {
        escape(true);
      } else {
        copy(1);
      }
    }
    copy(1);
  }

  void group() {
    static constexpr std::array<std::string_view, 6> kOpen = {"(?:", "(?=",  "(?!",
                                                              "(?>", "(?<=", "(?<!"};
    for (const auto open : kOpen) {
      if (text_.substr(at_).starts_with(open)) return copy(open.size());
    }
    if (text_.substr(at_).starts_with("(?i:")) return ignoring_case();
    if (peek(1) == '?' || peek(1) == '*') refuse("this kind of group is not supported");
    copy(1);
  }

  // Letters in any case: only what folds to itself alone, so English contractions.
  void ignoring_case() {
    const auto inside = text_.substr(at_ + 4, text_.find(')', at_) - at_ - 4);
    const bool plain = inside.find_first_not_of("'sdmtlver|[]") == std::string_view::npos;
    const bool folds = inside.find("ss") != std::string_view::npos ||
                       (inside.find("st") != std::string_view::npos && inside.front() != '[');
    if (!plain || folds || text_.find(')', at_) == std::string_view::npos) {
      refuse("(?i:..) is supported for English contractions only");
    }
    copy(4);
  }

  // {n}, {n,}, {n,m}; Oniguruma reads {,m} and stray braces in its own way, and a '+' behind braces
  // repeats them there.
  void braces() {
    const auto close = text_.find('}', at_);
    const auto inside =
        close == std::string_view::npos ? "" : text_.substr(at_ + 1, close - at_ - 1);
    const bool numbers = inside.find_first_not_of("0123456789,") == std::string_view::npos;
    if (inside.empty() || !numbers || inside.front() == ',') refuse("'{' is not a repetition");
    copy(inside.size() + 2);
    if (peek() == '+' || peek() == '?') refuse("'+' or '?' behind {..} is not supported");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string result_;
};

}  // namespace

std::string translate_expression(std::string_view expression) {
  return Translator(expression).run();
}

}  // namespace candor
