// SPDX-License-Identifier: Apache-2.0
// The hand-written patterns against the expressions that they stand for, run by PCRE2.
#include "core/text/split/word_pattern.h"

#include <stdexcept>

#include "core/base/random.h"
#include "core/base/utf8.h"
#include "core/text/split/matcher.h"
#include "core/text/split/regex.h"
#include "support/catch.h"

using namespace candor;

namespace {

using Words = std::vector<std::string>;

Words words(const Matcher& matcher, const std::string& text) {
  std::vector<ByteSpan> spans;
  matcher.find(text, spans);
  Words result;
  for (const auto& span : spans) result.push_back(text.substr(span.begin, span.end - span.begin));
  return result;
}

Words words(WordPatternType type, const std::string& text) {
  return words(*match_pattern(type), text);
}

// Characters that the patterns tell apart, and those at the edges of Unicode's classes.
std::string random_text(const RandomStream& stream) {
  static const std::vector<std::string> kPieces = {
      " ",      " ",      "\n",     "\r",     "\t",     "a",      "B",          "s",
      "'",      "'S",     "ll",     "1",      "23",     "!",      "\u2028",     "\u0085",
      "\u00A0", "\u3000", "\u00E9", "\u4E2D", "\u00BD", "\u0660", "\u0301",     "\u0378",
      "\u017F", "\u200D", "\uFFFF", "\u01C5", "\u2167", "\u02B0", "\U0001F600", "\U000E0FFF"};
  std::string text;
  const auto length = 1 + stream.below(0, 24);
  for (std::uint64_t i = 1; i <= length; ++i) text += kPieces[stream.below(i, kPieces.size())];
  return text;
}

std::string refusal(const std::string& expression) {
  try {
    match_expression(expression);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A word of GPT-2 takes one blank along and leaves the last of several", "[text]") {
  const auto type = WordPatternType::gpt2;
  CHECK(words(type, "it's a  test\n\n x") == Words{"it", "'s", " a", " ", " test", "\n\n", " x"});
  CHECK(words(type, "don't DON'T ''s") == Words{"don", "'t", " DON", "'", "T", " ''", "s"});
  CHECK(words(type, "x1234!?  ") == Words{"x", "1234", "!?", "  "});
  CHECK(words(type, "a\u00A0b\u2028\u2028c") == Words{"a", "\u00A0", "b", "\u2028", "\u2028", "c"});
  CHECK(words(type, "\xFF\xFE a\xC3") == Words{"\xFF\xFE", " a", "\xC3"});
}

TEST_CASE("A word of Llama 3 takes any sign along, three digits, and line breaks", "[text]") {
  const auto type = WordPatternType::llama3;
  CHECK(words(type, "(it'S 12345") == Words{"(it", "'S", " ", "123", "45"});
  CHECK(words(type, "a!\n\nb \n\n  c") == Words{"a", "!\n\n", "b", " \n\n", " ", " c"});
  CHECK(words(type, "he'\u017F") == Words{"he", "'\u017F"});
  CHECK(words(WordPatternType::qwen2, "x123") == Words{"x", "1", "2", "3"});
}

TEST_CASE("Hand-written patterns cut as their expressions do", "[text]") {
  const RandomStream stream(5, "patterns");
  for (const auto type : {WordPatternType::gpt2, WordPatternType::llama3, WordPatternType::qwen2}) {
    const auto expression = match_expression(expression_of(type));
    const auto pattern = match_pattern(type);
    for (std::uint64_t round = 0; round < 3000; ++round) {
      const auto text = random_text(stream.at(round));
      REQUIRE(words(*pattern, text) == words(*expression, text));
    }
  }
}

TEST_CASE("Any bytes are cut into words that lie side by side", "[text]") {
  const RandomStream stream(6, "bytes");
  for (std::uint64_t round = 0; round < 500; ++round) {
    std::string text;
    for (std::uint64_t i = 0; i < 60; ++i) {
      text += static_cast<char>(stream.at(round).below(i, round % 2 == 0 ? 256 : 64));
    }
    for (const auto type : {WordPatternType::gpt2, WordPatternType::llama3}) {
      std::string joined;
      for (const auto& word : words(type, text)) {
        REQUIRE_FALSE(word.empty());
        joined += word;
      }
      CHECK(joined == text);
    }
  }
}

TEST_CASE("Classes of characters are those of Unicode 16", "[text]") {
  const auto& table = character_table();
  CHECK(table.category('A') == Category::Lu);
  CHECK(table.category(0x4E2D) == Category::Lo);
  CHECK(table.category(0x1C89) == Category::Lu);  // Unicode 16
  CHECK(table.category(0x0378) == Category::Cn);  // unassigned
  CHECK(table.category(0x10FFFF) == Category::Cn);
  CHECK(table.bits(0x2028) == kSpace);
  CHECK(table.bits(0x0085) == kSpace);
  CHECK(table.bits(0x00BD) == (kNumber | kNumeric));
  CHECK(table.bits(0x200D) == kWord);
}

TEST_CASE("Cut parts follow the five behaviours", "[text]") {
  const auto parts = [](CutBehavior behavior, bool invert) {
    const std::string text = "a--b-";
    std::vector<ByteSpan> matches;
    match_text("-")->find(text, matches);
    Words result;
    for (const auto& span : cut(text.size(), matches, behavior, invert)) {
      result.push_back(text.substr(span.begin, span.end - span.begin));
    }
    return result;
  };
  CHECK(parts(CutBehavior::removed, false) == Words{"a", "b"});
  CHECK(parts(CutBehavior::isolated, false) == Words{"a", "-", "-", "b", "-"});
  CHECK(parts(CutBehavior::merged_with_previous, false) == Words{"a-", "-", "b-"});
  CHECK(parts(CutBehavior::merged_with_next, false) == Words{"a", "-", "-b", "-"});
  CHECK(parts(CutBehavior::contiguous, false) == Words{"a", "--", "b", "-"});
  CHECK(parts(CutBehavior::removed, true) == Words{"-", "-", "-"});
}

TEST_CASE("An expression that two libraries read differently is refused", "[text]") {
  CHECK(refusal(R"(\p{L}+|\s+(?!\S)|[^\s\p{L}]{1,3})") == "accepted");
  CHECK(refusal("^a") ==
        "^ and $ mean the ends of lines to one library and of the text to the other");
  CHECK(refusal("a.b") == "'.' is not supported; write a class of characters");
  CHECK(refusal("a*") == "the expression can match no text at all");
  CHECK(refusal(R"(\p{Han}+)") == "\\p{Han} is not one of the general categories");
  CHECK(refusal(R"(\bx)") == "\\b is not supported");
  CHECK(refusal("(?i:strasse)") == "(?i:..) is supported for English contractions only");
  CHECK(refusal("(?<name>a)") == "this kind of group is not supported");
  CHECK(refusal("[[:alpha:]]") == "classes within classes are not supported");
  CHECK(refusal("[a-z&&[b]]") == "classes within classes are not supported");
  CHECK(refusal("[abc") == "a class has no end");
  CHECK(refusal("a{1,2}+") == "'+' or '?' behind {..} is not supported");
  CHECK(refusal("x{,3}y") == "'{' is not a repetition");
}
