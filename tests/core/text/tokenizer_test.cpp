// SPDX-License-Identifier: Apache-2.0
#include "core/text/tokenizer.h"

#include <candor/error.h>

#include "core/base/random.h"
#include "core/base/utf8.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using Ids = std::vector<std::int64_t>;

std::unique_ptr<Tokenizer> characters(std::string_view text) { return train_tokenizer({}, text); }
std::unique_ptr<Tokenizer> bytes() { return train_tokenizer({TokenizerType::bytes}, ""); }

Json golden() {
  return Json::parse(test::slurp(test::source_dir() + "/tests/golden/text/tokenizers.json"));
}

// Equal but for the order of keys.
bool same(const Json& a, const Json& b) {
  return nlohmann::json::parse(a.dump()) == nlohmann::json::parse(b.dump());
}

std::string random_text(const RandomStream& stream, std::uint64_t length) {
  std::string text;
  for (std::uint64_t i = 0; i < length; ++i) {
    const auto bits = 7 + stream.below(3 * i, 14);
    const auto value = static_cast<std::uint32_t>(stream.below(3 * i + 1, 1ull << bits));
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    append_code_point(surrogate || value > 0x10FFFF ? 'x' : value, text);
  }
  return text;
}

}  // namespace

TEST_CASE("Characters are numbered in code point order after the unknown token", "[text]") {
  const auto tokenizer = characters("b\u00E9a\U0001F600b");
  CHECK(tokenizer->size() == 5);
  CHECK(tokenizer->encode("ab\u00E9\U0001F600") == Ids{1, 2, 3, 4});
  CHECK(tokenizer->piece(3) == "\u00E9");
  CHECK(tokenizer->piece(0).empty());
}

TEST_CASE("A character training never saw is the unknown token, and a broken byte is too",
          "[text]") {
  const auto tokenizer = characters("ab");
  CHECK(tokenizer->encode("a\u00E9z") == Ids{1, 0, 0});
  CHECK(tokenizer->encode("a\xC3(b") == Ids{1, 0, 0, 2});
  CHECK(tokenizer->encode("\xF0\x9F\x98") == Ids{0, 0, 0});
  CHECK(tokenizer->decode({1, 0, 2}) == "ab");
}

TEST_CASE("Any Unicode text survives encode, decode, save and load", "[text]") {
  const RandomStream stream(11, "tokenizer");
  for (std::uint64_t round = 0; round < 60; ++round) {
    const auto text = random_text(stream.at(round), 1 + round * 3);
    REQUIRE_FALSE(find_invalid_utf8(text));
    for (const auto& tokenizer : {characters(text), bytes()}) {
      const auto loaded = load_tokenizer(Json::parse(tokenizer->to_json().dump()));
      const auto ids = tokenizer->encode(text);
      CHECK(tokenizer->decode(ids) == text);
      CHECK(loaded->encode(text) == ids);
      CHECK(loaded->size() == tokenizer->size());
      CHECK(loaded->to_json() == tokenizer->to_json());
    }
  }
}

TEST_CASE("Bytes keep every byte, valid text or not", "[text]") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto ids = bytes()->encode(all);
  for (std::int64_t i = 0; i < 256; ++i) CHECK(ids[static_cast<std::size_t>(i)] == i);
  CHECK(bytes()->decode(ids) == all);
  CHECK(bytes()->piece(0xC3) == "\xC3");
}

TEST_CASE("Ids, text and file agree with Hugging Face tokenizers", "[text]") {
  const auto fixture = golden();
  for (const std::string name : {"characters", "bytes"}) {
    CAPTURE(name);
    const auto& expected = fixture[name];
    const auto trained =
        name == "bytes" ? bytes() : characters(fixture["training_text"].get<std::string>());
    CHECK(same(trained->to_json(), expected["tokenizer"]));
    const auto loaded = load_tokenizer(expected["tokenizer"]);
    for (const auto& entry : expected["cases"]) {
      const auto ids = entry["ids"].get<Ids>();
      CHECK(loaded->encode(entry["text"].get<std::string>()) == ids);
      if (entry.contains("decoded"))
        CHECK(loaded->decode(ids) == entry["decoded"].get<std::string>());
    }
  }
}

TEST_CASE("Training text that is empty or not UTF-8 is refused", "[text]") {
  const auto empty = error_of([] { characters(""); });
  REQUIRE(empty);
  CHECK(empty->kind() == ErrorKind::data);
  CHECK(empty->what() == std::string("the training text is empty"));
  const auto broken = error_of([] { characters("0123456789abc\xE9z"); });
  REQUIRE(broken);
  CHECK(broken->kind() == ErrorKind::data);
  CHECK(broken->what() ==
        std::string("the training text is not valid UTF-8 at byte 13; convert it, or set "
                    "data.tokenizer.type to bytes"));
}

TEST_CASE("Text that comes in parts gives the vocabulary of the whole", "[text]") {
  const std::string whole = "one line\nand \u00E9 another\n";
  for (const auto type : {TokenizerType::characters, TokenizerType::bytes}) {
    const auto trainer = make_tokenizer_trainer({type});
    trainer->add(whole.substr(0, 9));
    trainer->add(whole.substr(9));
    CHECK(trainer->finish()->to_json() == train_tokenizer({type}, whole)->to_json());
  }
  const auto error = error_of([&] {
    const auto trainer = make_tokenizer_trainer({TokenizerType::characters});
    trainer->add("12345");
    trainer->add("ab\xFF");
  });
  REQUIRE(error);
  CHECK(error->what() ==
        std::string("the training text is not valid UTF-8 at byte 7; convert it, or set "
                    "data.tokenizer.type to bytes"));
}

TEST_CASE("An id outside the vocabulary is an error", "[text]") {
  const auto error = error_of([] { characters("ab")->piece(3); });
  REQUIRE(error);
  CHECK(error->what() == std::string("token id 3 is outside the vocabulary of 3"));
  CHECK(error_of([] { bytes()->decode({-1}); }));
}

TEST_CASE("UTF-8 that is overlong, a surrogate, too large or cut is invalid", "[text]") {
  for (const std::string bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                "\xFF", "\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF"}) {
    CHECK(find_invalid_utf8("0123456789" + bad) == std::optional<std::size_t>(10));
  }
  CHECK_FALSE(find_invalid_utf8("\u007F\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF"));
}
