// SPDX-License-Identifier: Apache-2.0
#include "core/text/word_segmenter.h"

#include <sstream>
#include <string>

#include "core/base/random.h"
#include "core/base/utf8.h"
#include "core/text/stop_words.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<Span> spans;
  find_words(text, spans);
  std::vector<std::string> result;
  for (const auto& span : spans)
    result.emplace_back(text.substr(span.begin, span.end - span.begin));
  return result;
}

using Words = std::vector<std::string>;

// "0061 | 0062" with a bar at each boundary within `text`.
std::string boundaries(std::string_view text) {
  std::ostringstream out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = next_word_boundary(text, begin);
    if (begin > 0) out << " |";
    while (begin < end) {
      const auto point = read_code_point(text.substr(begin));
      char code[16];
      std::snprintf(code, sizeof(code), "%04X", point.value);
      out << (out.tellp() > 0 ? " " : "") << code;
      begin += point.length;
    }
  }
  return out.str();
}

std::string text_of(const std::string& line) {
  std::istringstream stream(line);
  std::string text;
  for (std::string code; stream >> code;) {
    if (code == "|") continue;
    append_code_point(static_cast<std::uint32_t>(std::stoul(code, nullptr, 16)), text);
  }
  return text;
}

}  // namespace

TEST_CASE("Every line of Unicode's word break test gives its boundaries") {
  std::istringstream lines(test::slurp(test::source_dir() + "/tests/golden/words/word_breaks.txt"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CHECK(boundaries(text_of(line)) == line);
  }
  CHECK(count == 1823);
}

TEST_CASE("Words are what holds letters, numbers or pictographs") {
  CHECK(words("Can't stop: 3.14, U.S. e-mail_x!") ==
        Words{"Can't", "stop", "3.14", "U.S", "e", "mail_x"});
  CHECK(words("--- ... ___ \n") == Words{});
  CHECK(words("") == Words{});
  CHECK(words("ok 👍🏽 👩‍🚀 🇨🇭") == Words{"ok", "👍🏽", "👩‍🚀", "🇨🇭"});
  CHECK(words("naïve Привет мир 한국어 문서") == Words{"naïve", "Привет", "мир", "한국어", "문서"});
}

TEST_CASE("Scripts without spaces give pairs of neighbours") {
  CHECK(words("我喜欢中文。好") == Words{"我喜", "喜欢", "欢中", "中文", "好"});
  CHECK(words("用C++写") == Words{"用", "C", "写"});
  CHECK(words("カタカナとひらがな") == Words{"カタカナ", "とひ", "ひら", "らが", "がな"});
  CHECK(words("ไทย") == Words{"ไท", "ทย"});
}

TEST_CASE("Segments lie one behind the other and join to the text") {
  const RandomStream stream(5, "segments");
  constexpr std::uint32_t kPoints[] = {'a',     '1',     ' ',    '.',    '\'',  '"',
                                       '_',     '\r',    '\n',   0x5D0,  0x300, 0x200D,
                                       0x1F468, 0x1F1E8, 0x30AB, 0x4E2D, 0xAD,  0xE01};
  for (std::uint64_t round = 0; round < 500; ++round) {
    std::string text;
    for (std::uint64_t i = 0; i < 20; ++i) {
      append_code_point(kPoints[stream.at(round).below(i, std::size(kPoints))], text);
    }
    std::size_t at = 0;
    while (at < text.size()) {
      const auto end = next_word_boundary(text, at);
      REQUIRE(end > at);
      at = end;
    }
    CHECK(at == text.size());
  }
}

TEST_CASE("Texts made to be slow are segmented in linear time") {
  for (const std::string part :
       {"a.", "a'\u0301", "\u0301", "\u05D0\"", "\U0001F1E8", "1,", "a\u200D", "中"}) {
    std::string text = part;
    while (text.size() < 400000) text += text;
    std::vector<Span> spans;
    find_words("a." + text, spans);
    CHECK(spans.size() <= text.size());
  }
}

TEST_CASE("Stop words are found in any case and with either apostrophe") {
  const auto english = StopWords::load("english");
  for (const auto* word : {"the", "The", "AND", "don't", "Don\u2019t", "i"}) {
    CHECK(english.contains(word));
  }
  CHECK_FALSE(english.contains("free"));
  CHECK_FALSE(english.contains("ani"));
  const auto chinese = StopWords::load("chinese");
  CHECK(chinese.contains("我们"));
  CHECK(chinese.contains("的"));
  CHECK(chinese.contains("的是"));
  CHECK_FALSE(chinese.contains("目的"));
}

TEST_CASE("Stop words come from the user's file too, and out of their JSON") {
  const test::TempDir dir;
  const auto stop = StopWords::load(dir.write("words.txt", "# mine\nFoo\n\nbär # animal\n"));
  CHECK(stop.contains("foo"));
  CHECK(stop.contains("BÄR"));
  CHECK_FALSE(stop.contains("mine"));
  CHECK(StopWords::from_json(stop.to_json()).contains("Foo"));

  const auto empty = dir.write("empty.txt", "# nothing\n");
  auto error = error_of([&] { StopWords::load(empty); });
  REQUIRE(error);
  CHECK(std::string(error->what()) == empty +
                                          ": holds no stop word; write one word per line, or leave "
                                          "data.text.words.stop_words out");
  const auto broken = dir.write("broken.txt", "ab\xFF");
  error = error_of([&] { StopWords::load(broken); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        broken + ": byte 2 is not valid UTF-8; a list of stop words is UTF-8 text");
}
