// SPDX-License-Identifier: Apache-2.0
// What a tokenizer.json may hold, and how it is refused.
#include <candor/error.h>

#include "core/text/tokenizer.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using Ids = std::vector<std::int64_t>;

// A small BPE over characters: h e l o _ and merges to "hell" and "lo".
Json small() {
  return Json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
    "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
    "decoder": {"type": "Fuse"},
    "model": {"type": "BPE", "dropout": null, "unk_token": "?", "continuing_subword_prefix": null,
      "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
      "ignore_merges": false,
      "vocab": {"?": 0, "h": 1, "e": 2, "l": 3, "o": 4, "he": 5, "ll": 6, "hell": 7, "lo": 8},
      "merges": [["h", "e"], ["l", "l"], ["he", "ll"], ["l", "o"]]}})");
}

Json with(Json json, const std::string& pointer, const Json& value) {
  json[Json::json_pointer(pointer)] = value;
  return json;
}

Json added(std::int64_t id, const std::string& content, bool special) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

Ids encode(const Json& json, const std::string& text, EncodeOptions options = {}) {
  return load_tokenizer(json)->encode(text, options);
}

std::string refusal(const Json& json) {
  const auto error = error_of([&] { load_tokenizer(json); });
  if (!error) return "accepted";
  return error->kind() == ErrorKind::model ? error->what() : "wrong kind";
}

}  // namespace

TEST_CASE("Merges go by rank, then from the left; merges may be pairs or lines", "[text]") {
  CHECK(encode(small(), "hello") == Ids{7, 4});
  CHECK(encode(small(), "lo llo lllo") == Ids{8, 6, 4, 6, 8});
  CHECK(encode(with(small(), "/model/merges", {"h e", "l l", "he ll", "l o"}), "hello lo") ==
        Ids{7, 4, 8});
  CHECK(encode(with(small(), "/model/merges", {"#version: 0.2", "l o", "l l"}), "hello") ==
        Ids{1, 2, 3, 8});
}

TEST_CASE("A word that is a token is that token when merges are ignored for it", "[text]") {
  auto json = with(small(), "/model/vocab/ol", 9);
  CHECK(encode(json, "ol") == Ids{4, 3});
  json["model"]["ignore_merges"] = true;
  CHECK(encode(json, "ol") == Ids{9});
}

TEST_CASE("Unknown characters are unknown tokens, one each or one together, or bytes", "[text]") {
  CHECK(encode(small(), "hzz\u00E9o") == Ids{1, 0, 0, 0, 4});
  auto json = with(small(), "/model/fuse_unk", true);
  CHECK(encode(json, "hzz\u00E9o") == Ids{1, 0, 4});
  json["model"]["byte_fallback"] = true;
  json["model"]["vocab"]["<0xC3>"] = 9;
  json["model"]["vocab"]["<0xA9>"] = 10;
  CHECK(encode(json, "h\u00E9o") == Ids{1, 9, 10, 4});
  CHECK(encode(json, "hzo") == Ids{1, 0, 4});
  CHECK(encode(with(small(), "/model/unk_token", nullptr), "hzo") == Ids{1, 4});
}

TEST_CASE("A suffix marks a word's last symbol", "[text]") {
  auto json = with(small(), "/model/end_of_word_suffix", "$");
  json["model"]["vocab"]["o$"] = 9;
  json["model"]["vocab"]["llo$"] = 10;
  json["model"]["merges"] = {"l l", "ll o$"};
  json["decoder"] = {{"type", "BPEDecoder"}, {"suffix", "$"}};
  CHECK(encode(json, "llo lo o") == Ids{10, 3, 9, 9});
  CHECK(load_tokenizer(json)->decode({10, 3, 9, 9}) == "llo lo o");
}

TEST_CASE("A special token never comes out of text unless it is asked for", "[text]") {
  auto json = small();
  json["added_tokens"] = {added(9, "<end>", true), added(7, "hell", true)};
  CHECK(encode(json, "lo<end>") == Ids{8, 0, 2, 0, 0, 0});
  CHECK(encode(json, "lo<end>", {.allow_special = true}) == Ids{8, 9});
  // Not by merges either, nor as a word that is a token.
  CHECK(encode(json, "hello") == Ids{5, 6, 4});
  CHECK(encode(with(json, "/model/ignore_merges", true), "hell") == Ids{5, 6});
  const auto tokenizer = load_tokenizer(json);
  CHECK(tokenizer->special(9));
  CHECK_FALSE(tokenizer->special(8));
  CHECK(tokenizer->size() == 10);
  CHECK(tokenizer->decode({8, 9, 4}) == "loo");
  CHECK(tokenizer->piece(9).empty());
  CHECK(tokenizer->token(9) == "<end>");
}

TEST_CASE("Added tokens are found before words are cut, the longest of those that begin first",
          "[text]") {
  auto json = small();
  json["added_tokens"] = {added(9, "o h", false), added(10, "o he", false)};
  CHECK(encode(json, "lo hello h") == Ids{3, 10, 6, 9});
  json["added_tokens"][0]["lstrip"] = true;
  json["added_tokens"][0]["rstrip"] = true;
  CHECK(encode(json, "e  o h  e") == Ids{2, 9, 2});
}

TEST_CASE("A template goes around a text when it is asked for", "[text]") {
  auto json = small();
  json["added_tokens"] = {added(9, "<s>", true)};
  json["post_processor"] = Json::parse(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}})");
  CHECK(encode(json, "he") == Ids{5});
  CHECK(encode(json, "he", {.add_special = true}) == Ids{9, 5});
  CHECK(encode(json, "", {.add_special = true}) == Ids{9});
}

TEST_CASE("Places of tokens are those in the text, whatever the words look like to the model",
          "[text]") {
  auto json = small();
  json["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "_"}};
  json["model"]["vocab"]["_"] = 9;
  const auto spans = load_tokenizer(json)->encode_spans("he lo", {});
  REQUIRE(spans.size() == 4);
  CHECK(spans[0].id == 9);  // put before the text, so it has no place of its own
  CHECK((spans[0].begin == 0 && spans[0].end == 0));
  CHECK((spans[1].begin == 0 && spans[1].end == 2));
  CHECK((spans[2].begin == 2 && spans[2].end == 3));
  CHECK((spans[3].begin == 3 && spans[3].end == 5));
  json["normalizer"] = {{"type", "NFC"}};
  const auto error = error_of([&] { load_tokenizer(json)->encode_spans("he", {}); });
  REQUIRE(error);
  CHECK(error->what() ==
        std::string("this tokenizer normalises a text before it cuts it (tokenizer.json: "
                    "/normalizer), so that the places of tokens are not known; ask for ids or "
                    "tokens"));
}

TEST_CASE("A file comes back as it was", "[text]") {
  auto json = small();
  json["added_tokens"] = {added(9, "<end>", true)};
  json["normalizer"] = {{"type", "Lowercase"}};
  const auto again = load_tokenizer(json)->to_json();
  CHECK(nlohmann::json::parse(again.dump()) == nlohmann::json::parse(json.dump()));
}

TEST_CASE("What candor would not do exactly is refused with its place", "[text]") {
  REQUIRE(refusal(small()) == "accepted");
  const auto changed = [](const std::string& pointer, const Json& value) {
    return refusal(with(small(), pointer, value));
  };
  CHECK(refusal(Json::array()) == "tokenizer.json: expected an object");
  CHECK(changed("/padding", Json::object()) == "tokenizer.json: /padding: expected null");
  CHECK(changed("/model/type", "WordPiece") ==
        "tokenizer.json: /model/type: expected BPE or Unigram");
  CHECK(changed("/model", 3) == "tokenizer.json: /model: expected an object");
  CHECK(changed("/model/dropout", 0.1) ==
        "tokenizer.json: /model/dropout: expected null: the same text always gives the same "
        "tokens");
  CHECK(changed("/model/unk_token", "!") ==
        "tokenizer.json: /model/unk_token: expected a token of /model/vocab");
  CHECK(changed("/model/vocab", {1}) == "tokenizer.json: /model/vocab: expected an object");
  CHECK(changed("/model/vocab", Json::object()) ==
        "tokenizer.json: /model/vocab: 0 tokens; 1 to 1114113 are allowed");
  for (const Json& id :
       {Json(-1), Json("1"), Json(1114113), Json(1.5), Json(18446744073709551615u)}) {
    CHECK(changed("/model/vocab/h", id) ==
          "tokenizer.json: /model/vocab: expected ids from 0 to 1114112");
  }
  CHECK(changed("/model/vocab/h", 2) ==
        "tokenizer.json: /model/vocab: an empty token, or an id twice");
  CHECK(changed("/model/vocab/h", 12) ==
        "tokenizer.json: /model/vocab: no token has id 1, but later ones exist");
  CHECK(changed("/model/merges", 7) == "tokenizer.json: /model/merges: expected an array");
  CHECK(changed("/model/merges", {"a b c"}) ==
        "tokenizer.json: /model/merges/0: expected two tokens with one blank between them");
  CHECK(changed("/model/merges", {"h z"}) ==
        "tokenizer.json: /model/merges/0: names a token that /model/vocab lacks");
  CHECK(changed("/normalizer", {{"type", "Precompiled"}}) ==
        "tokenizer.json: /normalizer/type: found Precompiled; NFC, NFD, NFKC, NFKD, Lowercase, "
        "StripAccents, Strip, Replace, Prepend and Sequence are supported");
  CHECK(changed("/pre_tokenizer", {{"type", "BertPreTokenizer"}}) ==
        "tokenizer.json: /pre_tokenizer/type: found BertPreTokenizer; ByteLevel, Split, Metaspace, "
        "Whitespace, WhitespaceSplit, Digits and Sequence are supported");
  CHECK(changed("/decoder", {{"type", "CTC"}}) ==
        "tokenizer.json: /decoder/type: found CTC; ByteLevel, Metaspace, ByteFallback, Fuse, "
        "Replace, Strip, BPEDecoder and Sequence are supported");
  CHECK(changed("/post_processor", {{"type", "Other"}}) ==
        "tokenizer.json: /post_processor/type: found Other; TemplateProcessing, ByteLevel, "
        "RobertaProcessing, BertProcessing and Sequence are supported");
  CHECK(changed("/added_tokens", Json::array({added(11, "<end>", true)})) ==
        "tokenizer.json: /added_tokens/0/id: expected 9");
  CHECK(changed("/added_tokens", Json::array({added(4, "h", true)})) ==
        "tokenizer.json: /added_tokens/0/id: expected 1");
  auto word = added(9, "<end>", true);
  word["single_word"] = true;
  CHECK(changed("/added_tokens", Json::array({word})) ==
        "tokenizer.json: /added_tokens/0/single_word: expected false");
}

TEST_CASE("A Unigram file needs a token for unknown characters, and pieces with scores", "[text]") {
  const auto unigram = Json::parse(R"({"added_tokens": [], "pre_tokenizer": null,
    "decoder": {"type": "Fuse"}, "model": {"type": "Unigram", "unk_id": 0,
    "vocab": [["?", 0.0], ["a", -1.0], ["b", -2.0], ["ab", -2.5]]}})");
  CHECK(encode(unigram, "abab") == Ids{3, 3});
  CHECK(encode(unigram, "a\u00E9\u00E9b") == Ids{1, 0, 2});  // neighbours are one
  CHECK(refusal(with(unigram, "/model/unk_id", nullptr)) ==
        "tokenizer.json: /model/unk_id: expected the id of a token for unknown characters");
  CHECK(refusal(with(unigram, "/model/unk_id", 4)) ==
        "tokenizer.json: /model/unk_id: expected a whole number from 0 to 3");
  CHECK(refusal(with(unigram, "/model/vocab/1", {"a"})) ==
        "tokenizer.json: /model/vocab/1: expected a token and its score");
  CHECK(refusal(with(unigram, "/model/vocab/1/1", "x")) ==
        "tokenizer.json: /model/vocab/1/1: expected a finite number");
}

TEST_CASE("A special token may not be a byte of every text", "[text]") {
  auto json = train_tokenizer({TokenizerType::bytes}, "")->to_json();
  json["added_tokens"] = {added(65, "A", true)};
  CHECK(refusal(json) ==
        "tokenizer.json: /model/vocab: token 65 is special and stands for a byte of every text; "
        "one of them must go");
}

TEST_CASE("A file's error names the file", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("tokenizer.json", R"({"model": {"type": "WordLevel"}})");
  const auto error = error_of([&] { load_tokenizer_file(path); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(error->what() == path + ": tokenizer.json: /model/type: expected BPE or Unigram");
}
