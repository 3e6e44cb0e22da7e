// SPDX-License-Identifier: Apache-2.0
#include "core/text/normalizer.h"

#include <candor/error.h>
#include <utf8proc.h>

#include <map>
#include <sstream>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/base/utf8.h"
#include "core/text/markup.h"
#include "core/text/unicode.h"
#include "core/text/unicode_forms.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

constexpr UnicodeForm kForms[] = {UnicodeForm::nfc, UnicodeForm::nfd, UnicodeForm::nfkc,
                                  UnicodeForm::nfkd};

std::string form(std::string_view text, UnicodeForm form) {
  return apply_unicode_steps(text, {form, false, false});
}

std::string of_codes(const std::string& codes) {
  std::istringstream stream(codes);
  std::string text;
  for (std::string code; stream >> code;) {
    append_code_point(static_cast<std::uint32_t>(std::stoul(code, nullptr, 16)), text);
  }
  return text;
}

std::string golden(const char* name) {
  return test::slurp(test::source_dir() + "/tests/golden/words/" + name);
}

std::string of_point(std::uint32_t point) {
  std::string text;
  append_code_point(point, text);
  return text;
}

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  while (count-- > 0) text += part;
  return text;
}

TextCleanConfig everything() { return {UnicodeForm::nfkc, true, true, true, true, true, true}; }

std::string random_text(const RandomStream& stream, std::uint64_t length) {
  // Marks, letters that decompose, Hangul, what folds to several, what is not assigned, ASCII.
  constexpr std::uint32_t kPoints[] = {'a',    'E',    ' ',    0x301,  0x323,  0x345,  0xE9,
                                       0x1E9B, 0xDF,   0x130,  0x1100, 0x1161, 0x11A8, 0xAC00,
                                       0xFB01, 0x3099, 0x304B, 0x378,  0x1FB3, 0x212B, 0x105D2};
  std::string text;
  for (std::uint64_t i = 0; i < length; ++i) {
    append_code_point(kPoints[stream.below(i, std::size(kPoints))], text);
  }
  return text;
}

}  // namespace

TEST_CASE("Every code point has the normal forms and the case folding of Unicode 15.0") {
  std::istringstream lines(golden("every_point.txt"));
  std::map<std::string, std::string> expected;
  for (std::string name, sum; lines >> name >> sum;) expected[name] = sum;
  REQUIRE(expected.size() == 5);
  const std::map<std::string, UnicodeSteps> steps = {
      {"nfc", {UnicodeForm::nfc, false, false}},       {"nfd", {UnicodeForm::nfd, false, false}},
      {"nfkc", {UnicodeForm::nfkc, false, false}},     {"nfkd", {UnicodeForm::nfkd, false, false}},
      {"case_fold", {UnicodeForm::none, true, false}},
  };
  for (const auto& [name, step] : steps) {
    std::string all;
    for (std::uint32_t point = 0; point < 0x110000; ++point) {
      const bool surrogate = point >= 0xD800 && point < 0xE000;
      if (surrogate || !facts_of(point).assigned()) continue;
      all += apply_unicode_steps(of_point(point), step) + "\n";
    }
    CHECK(name + " " + sha256(all) == name + " " + expected[name]);
  }
}

TEST_CASE("Sequences have the normal forms that Unicode's own test gives") {
  std::istringstream lines(golden("normal_forms.txt"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::vector<std::string> columns;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ';');) columns.push_back(of_codes(cell));
    REQUIRE(columns.size() == 5);
    INFO(line);
    for (std::size_t from = 0; from < 5; ++from) {
      CHECK(form(columns[from], UnicodeForm::nfkc) == columns[3]);
      CHECK(form(columns[from], UnicodeForm::nfkd) == columns[4]);
      if (from == 3 || from == 4) continue;
      CHECK(form(columns[from], UnicodeForm::nfc) == columns[1]);
      CHECK(form(columns[from], UnicodeForm::nfd) == columns[2]);
    }
  }
  CHECK(count > 100);
}

TEST_CASE("A form of a form is the form") {
  const RandomStream stream(3, "forms");
  for (std::uint64_t round = 0; round < 300; ++round) {
    const auto text = random_text(stream.at(round), 1 + round % 17);
    for (const auto to : kForms) {
      const auto once = form(text, to);
      CHECK(form(once, to) == once);
      CHECK(form(form(text, UnicodeForm::nfd), to) == once);
      CHECK(form(form(text, UnicodeForm::nfc), to) == once);
    }
  }
}

TEST_CASE("What Unicode 15.0 has not assigned is left alone, whatever the library knows") {
  // Unicode 16 gave U+105C9 a decomposition; 15.1 assigned U+2FFC.
  for (const std::uint32_t point : {0x105C9u, 0x2FFCu, 0x378u, 0x10FFFFu}) {
    REQUIRE_FALSE(facts_of(point).assigned());
    for (const auto to : kForms) {
      CHECK(apply_unicode_steps(of_point(point), {to, true, true}) == of_point(point));
    }
  }
  // Nothing composes or is ordered across it.
  const auto apart = "e" + of_point(0x378) + of_point(0x301);
  CHECK(form(apart, UnicodeForm::nfc) == apart);
  CHECK(std::stod(utf8proc_unicode_version()) >= 15.0);
}

TEST_CASE("Case folding takes full mappings, and composes what it may again") {
  const UnicodeSteps fold{UnicodeForm::none, true, false};
  CHECK(apply_unicode_steps("Straße ΣΑΣ İ ÀB", fold) == "strasse σασ i\u0307 àb");
  CHECK(apply_unicode_steps("E\u0301", {UnicodeForm::nfc, true, false}) == "é");
  // U+0345 is a mark before folding: the accent belongs to the alpha.
  CHECK(apply_unicode_steps("α\u0345\u0301", {UnicodeForm::nfc, true, false}) == "άι");
}

TEST_CASE("Accents go, the signs of other scripts stay") {
  const UnicodeSteps strip{UnicodeForm::none, false, true};
  CHECK(apply_unicode_steps("Crème brûlée, Dvořák, naïve, Ångström", strip) ==
        "Creme brulee, Dvorak, naive, Angstrom");
  CHECK(apply_unicode_steps("Việt", strip) == "Viet");
  CHECK(apply_unicode_steps("øł", strip) == "øł");
  CHECK(apply_unicode_steps("がぎ", strip) == "がぎ");
  CHECK(apply_unicode_steps("हिन्दी", strip) == "हिन्दी");
  CHECK(apply_unicode_steps("한국어", strip) == "한국어");
}

TEST_CASE("Markup becomes the text that a reader sees") {
  CHECK(strip_markup("<p>Hello <b>wor</b>ld</p><p>again</p>") == " Hello world  again ");
  CHECK(strip_markup("a<br/>b") == "a b");
  CHECK(strip_markup("<!-- gone -->x<!DOCTYPE html>y") == " x y");
  CHECK(strip_markup("<script>if (a < b) x();</script >kept<STYLE>p{}</STYLE>") == " kept ");
  CHECK(strip_markup("<![CDATA[a < b]]>") == "a < b");
  CHECK(strip_markup("<a title=\"1 > 0\" href='x'>link</a>") == "link");
}

TEST_CASE("What is no markup stays text") {
  CHECK(strip_markup("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2");
  CHECK(strip_markup("i <3 you") == "i <3 you");
  CHECK(strip_markup("<unfinished") == "<unfinished");
  CHECK(strip_markup("a <b c <i>d</i>") == "a <b c d");
  CHECK(strip_markup("AT&T &unknown; & ;") == "AT&T &unknown; & ;");
  CHECK(strip_markup("<!-- never ends") == "<!-- never ends");
}

TEST_CASE("Entities become their characters, once") {
  CHECK(strip_markup("&lt;b&gt; &amp;lt; &quot;&apos;&nbsp;&eacute;&Eacute;&hellip;") ==
        "<b> &lt; \"'\u00A0éÉ…");
  CHECK(strip_markup("&#65;&#x41;&#X1F600;&#128;") == "AA😀€");
  CHECK(strip_markup("&#0;&#xD800;&#x110000;&#99999999999999999999;") ==
        "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(strip_markup("&#;&#x;&#12") == "&#;&#x;&#12");
}

TEST_CASE("Addresses become a space, the sentence around them stays") {
  CHECK(strip_urls("see http://a.b/c?d=e&f, or (www.x.org).") == "see  , or ( ).");
  CHECK(strip_urls("HTTPS://X.Y ftp://z") == "   ");
  CHECK(strip_urls("awww.no xhttp://no http:// www.") == "awww.no xhttp://no http:// www.");
}

TEST_CASE("Control and invisible characters go, white space and joiners stay") {
  const Normalizer normalizer({.strip_control = true});
  CHECK(normalizer.apply(std::string("a\0b\x7F\tc\n", 7)) == "ab\tc\n");
  CHECK(normalizer.apply("x\u200By\u00ADz\uFEFF\u202E!") == "xyz!");
  CHECK(normalizer.apply("👩\u200D🚀") == "👩\u200D🚀");
}

TEST_CASE("Runs of white space become a space, or a line break if they hold one") {
  const Normalizer normalizer({.collapse_whitespace = true});
  CHECK(normalizer.apply("  a \t b\u3000\u00A0c \r\n\n d  ") == "a b c\nd");
  CHECK(normalizer.apply(" \n ") == "");
}

TEST_CASE("With every step off bytes stay as they are; with any on they become UTF-8") {
  CHECK(Normalizer({}).apply("a\xFF\xC3") == "a\xFF\xC3");
  CHECK(Normalizer({.case_fold = true}).apply("A\xFF\xC3") == "a\uFFFD\uFFFD");
}

TEST_CASE("A normalizer out of its JSON does the same") {
  const Normalizer normalizer(everything());
  const auto again = Normalizer::from_json(normalizer.to_json(), "/clean");
  const std::string text = "<b>Ünïcode</b>  http://x.y ﬁ\u200B";
  CHECK(again.apply(text) == normalizer.apply(text));
  CHECK(again.apply(text) == "unicode fi");
  const auto error = error_of([] { Normalizer::from_json(Json{{"unicode", "nfx"}}, "/clean"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(std::string(error->what()) ==
        "preprocess.json: /clean/unicode: found \"nfx\", expected one of none, nfc, nfd, nfkc, "
        "nfkd; did you mean \"nfc\"?");
}

TEST_CASE("Texts made to be slow are cleaned in linear time") {
  // Quadratic, any of these would take minutes.
  const Normalizer normalizer(everything());
  const std::size_t many = 100000;
  for (const auto& text :
       {repeated("<a x=\"", many), repeated("<a x=\"<b y='", many), repeated("<!--", many),
        repeated("<![CDATA[", many), repeated("<script>", many), repeated("<a ", many) + ">",
        repeated("&", many), "&#" + repeated("9", many), repeated("http://", many),
        "www." + repeated(".", many), "a" + repeated("\u0345\u0301\u0316", many),
        repeated("\u1161", many), repeated("\u0301", many) + repeated("\u0316", many),
        repeated(" ", many), repeated("a\u0301", many), repeated("\uFDFA", 10000)}) {
    CHECK(find_invalid_utf8(normalizer.apply(text)) == std::nullopt);
  }
}

TEST_CASE("White space is Unicode's") {
  std::size_t count = 0;
  for (std::uint32_t point = 0; point < 0x110000; ++point) count += is_white_space(point) ? 1 : 0;
  CHECK(count == 25);
  CHECK(is_white_space(0x3000));
  CHECK_FALSE(is_white_space(0x200B));
}
