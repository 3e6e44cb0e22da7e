// SPDX-License-Identifier: Apache-2.0
#include "inspected.h"

using namespace candor;
using candor::test::check_words;
using candor::test::codes;
using candor::test::config_of;
using candor::test::error_of;
using candor::test::TempDir;
using candor::test::text_of;

namespace {

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    text += "Line number " + std::to_string(i) + " of a story that goes on for a while yet.\n";
  }
  return text;
}

const RunConfig& text_config() {
  static const auto config = config_of(R"({
    "name": "x", "task": {"type": "language_model"},
    "data": {"type": "text", "files": {"train": "a.txt", "test": "b.txt"},
             "split": {"validation": 0.1}},
    "model": {"type": "transformer"}, "train": {"epochs": 1}})");
  return config;
}

Inspection look(const std::string& path, const std::optional<std::string>& test = std::nullopt) {
  const auto inspection = inspect_text({path, "", test});
  check_words(inspection, text_config());
  return inspection;
}

}  // namespace

TEST_CASE("a text is counted, and a good one has no findings", "[inspect]") {
  TempDir folder;
  const auto text = lines(0, 2000) + "\n  \n";
  const auto inspection = look(folder.write("a.txt", text));
  CHECK(inspection.findings.empty());
  const auto facts = inspection_json(inspection)["facts"];
  CHECK(facts["bytes"] == text.size());
  CHECK(facts["lines"] == 2002);
  CHECK(facts["blank_lines"] == 2);
  CHECK(facts["utf8"] == true);
}

TEST_CASE("repetition, little text, control characters and bytes that are no UTF-8 are found",
          "[inspect]") {
  TempDir folder;
  CHECK(codes(look(folder.write("tiny.txt", "hello\n"))) ==
        std::vector<std::string>{"little_text"});
  const auto twice = look(folder.write("twice.txt", lines(0, 2000) + lines(0, 500)));
  CHECK(text_of(twice, "repeated_lines") ==
        "500 of the 2,500 lines of 40 bytes and more stand in it earlier, so that training and "
        "validation share text");
  const auto odd = look(folder.write("odd.txt", lines(0, 2000) + "\x01\x02\ncaf\xe9\n"));
  CHECK(text_of(odd, "control_characters") == "2 control characters besides tabs and line breaks");
  CHECK_THAT(text_of(odd, "not_utf8"), CANDOR_CONTAINS("in line 2002"));
}

TEST_CASE("a test text that shares lines with the training text is found", "[inspect]") {
  TempDir folder;
  const auto train = folder.write("a.txt", lines(0, 2000));
  const auto inspection = look(train, folder.write("b.txt", lines(1990, 2100) + "\xc3\xa9\n"));
  CHECK(text_of(inspection, "test_lines_in_train") ==
        "10 of the 110 different lines of 40 bytes and more of the test file stand in the training "
        "file too");
  CHECK(text_of(inspection, "test_new_characters") ==
        "1 characters of the test file do not occur in the training file");
  CHECK(look(train, folder.write("c.txt", lines(5000, 5100))).findings.empty());
}

TEST_CASE("no line of a text is in any output", "[inspect]") {
  TempDir folder;
  InspectOptions options;
  options.html = true;
  const auto result = inspect(folder.write("a.txt", lines(0, 100)), options);
  CHECK_THAT(result.text, !CANDOR_CONTAINS("story"));
  CHECK_THAT(result.html, !CANDOR_CONTAINS("story"));
}

TEST_CASE("an empty text is refused", "[inspect]") {
  TempDir folder;
  const auto path = folder.write("a.txt", "");
  CHECK(error_of([&] { look(path); })->what() == path + ": the file is empty");
}
