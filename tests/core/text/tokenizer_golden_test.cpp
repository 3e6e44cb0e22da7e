// SPDX-License-Identifier: Apache-2.0
// Ids of Hugging Face tokenizers on its own files: tests/golden/text/make_files.py.
#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Ids = std::vector<std::int64_t>;

const Json& fixture() {
  static const auto kFixture =
      Json::parse(test::slurp(test::source_dir() + "/tests/golden/text/files.json"));
  return kFixture;
}

// A text for each 256 code points, as the fixture's maker has it.
std::string page_text(std::uint32_t page) {
  std::string text;
  for (auto value = page * 256; value < page * 256 + 256; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    text += 'x';
    append_code_point(value, text);
    text += ' ';
    append_code_point(value, text);
    text += '1';
  }
  return text;
}

std::string line(const Ids& ids) {
  std::string text;
  for (const auto id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text + "\n";
}

}  // namespace

TEST_CASE("Ids of files of many kinds are those of Hugging Face tokenizers", "[text]") {
  const auto& texts = fixture()["texts"];
  REQUIRE(fixture()["tokenizers"].size() == 7);
  for (const auto& [name, expected] : fixture()["tokenizers"].items()) {
    CAPTURE(name);
    const auto tokenizer = load_tokenizer(expected["tokenizer"]);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(i);
      REQUIRE(tokenizer->encode(texts[i].get<std::string>(), {.add_special = true}) ==
              expected["ids"][i].get<Ids>());
    }
  }
}

TEST_CASE("Every assigned code point is cut and looked up as by Hugging Face tokenizers",
          "[text]") {
  for (const auto& [name, expected] : fixture()["tokenizers"].items()) {
    CAPTURE(name);
    const auto tokenizer = load_tokenizer(expected["tokenizer"]);
    std::string all;
    const auto add = [&](std::uint32_t page) {
      all += line(tokenizer->encode(page_text(page), {.add_special = true}));
    };
    for (std::uint32_t page = 0; page < 0x330; ++page) add(page);
    for (const std::uint32_t page : {0xE00, 0xE01, 0x10FF}) add(page);
    CHECK(sha256(all) == expected["sweep"].get<std::string>());
  }
}
