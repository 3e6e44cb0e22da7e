// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

const std::string kText =
    "the ship sails at night, the ships sail at noon\nthe shipping news\nnight ships sail\n";

// A tokenizer.json learned from kText.
std::string trained(const TempDir& folder, const std::vector<std::string>& flags) {
  const auto text = folder.write("text.txt", kText);
  const auto path = (folder / "tokenizer.json").string();
  std::vector<std::string> words = {"tokenize", "--train", text, "--output", path, "--quiet"};
  words.insert(words.end(), flags.begin(), flags.end());
  const auto outcome = run_candor(words);
  CHECK(outcome.err.empty());
  REQUIRE(outcome.exit_code == 0);
  return path;
}

std::string encoded(const std::string& path, const std::string& text,
                    const std::vector<std::string>& flags = {}) {
  std::vector<std::string> words = {"tokenize", path, "--input", "-"};
  words.insert(words.end(), flags.begin(), flags.end());
  const auto outcome = run_candor(words, {.input = text});
  CHECK(outcome.err.empty());
  CHECK(outcome.exit_code == 0);
  return outcome.out;
}

void refused(const std::vector<std::string>& words, int code, const std::string& message) {
  const auto outcome = run_candor(words);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "error: " + message + "\n");
}

}  // namespace

TEST_CASE("a trained tokenizer gives a line of ids, tokens or places for each line of text",
          "[tokenize]") {
  const TempDir folder;
  for (const std::string type : {"bpe", "unigram"}) {
    INFO(type);
    const auto path = trained(
        folder, {"--type", type, "--size", "300", "--special-tokens", "<|end|>", "--overwrite"});
    const auto lines = encoded(path, "the ship\n\nnight<|end|>\n", {"--offsets"});
    const auto first = Json::parse(lines.substr(0, lines.find('\n')));
    CHECK(first["tokens"] == Json({"the", "Ġship"}));
    CHECK(first["offsets"] == Json({{0, 3}, {3, 8}}));
    CHECK(encoded(path, "the ship\n") ==
          first["ids"][0].dump() + " " + first["ids"][1].dump() + "\n");
    CHECK(encoded(path, "the ship\n", {"--tokens"}) == "[\"the\",\"Ġship\"]\n");
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
    CHECK(encoded(path, "<|end|>", {"--allow-special"}) == "0\n");
    CHECK(encoded(path, "<|end|>").find(' ') != std::string::npos);
    CHECK(encoded(path, "a\nb\n", {"--document", "file", "--tokens"}) ==
          "[\"a\",\"Ċ\",\"b\",\"Ċ\"]\n");
  }
}

TEST_CASE("bytes and characters are tokenizers too", "[tokenize]") {
  const TempDir folder;
  CHECK(encoded(trained(folder, {"--type", "byte"}), "hi\n") == "104 105\n");
  const auto characters = trained(folder, {"--type", "character", "--overwrite"});
  CHECK(encoded(characters, "a?\n", {"--tokens"}) == "[\"a\",\"<unk>\"]\n");
}

TEST_CASE("a tokenizer that exists is kept", "[tokenize]") {
  const TempDir folder;
  const auto path = trained(folder, {"--size", "280"});
  const auto text = (folder / "text.txt").string();
  refused({"tokenize", "--train", text, "--output", path}, 2,
          path +
              ": exists already; replace it with --overwrite, or choose another file with "
              "--output");
}

TEST_CASE("what does not fit together is refused", "[tokenize]") {
  const TempDir folder;
  const auto text = folder.write("text.txt", kText);
  refused({"tokenize", "x.json"}, 2, "--input is missing; give a text file, or - for stdin");
  refused({"tokenize", "--train", text, "--input", "-"}, 2,
          "--input encodes a text; leave it out with --train");
  refused({"tokenize", "x.json", "--input", text, "--size", "300"}, 2,
          "--size shapes a new tokenizer; it needs --train");
  refused({"tokenize", "x.json", "--input", text, "--ids", "--tokens"}, 2,
          "--ids, --tokens and --offsets exclude each other; give one");
  refused({"tokenize", "x.json", "--input", text, "--document", "page"}, 2,
          "--document is 'page'; expected line or file");
  refused({"tokenize", "--train", text, "--type", "words"}, 2,
          "--type is 'words'; expected one of bpe, unigram, byte, character");
  refused({"tokenize", "--train", text, "--pretokenizer", "metaspace"}, 2,
          "--pretokenizer: metaspace belongs to type unigram; use gpt2 or llama3");
  refused({"tokenize", "--train", folder.write("empty.txt", "")}, 3, "the training text is empty");
  const auto missing = (folder / "none.json").string();
  refused({"tokenize", missing, "--input", text}, 4,
          missing + ": cannot be opened: No such file or directory");
  const auto words = folder.write("words.json", R"({"model": {"type": "WordLevel"}})");
  refused({"tokenize", words, "--input", text}, 4,
          words + ": tokenizer.json: /model/type: expected BPE or Unigram");
}

TEST_CASE("packed files and folders are learned from as what they hold", "[tokenize]") {
  const TempDir folder;
  const auto plain = candor::test::slurp(trained(folder, {"--size", "270"}));
  folder.write("packed/text.txt.gz", candor::test::gzip(kText));
  for (const std::string name : {"packed", "packed/text.txt.gz"}) {
    const auto path = (folder / "other.json").string();
    const auto done = run_candor({"tokenize", "--train", (folder / name).string(), "--output", path,
                                  "--quiet", "--size", "270", "--overwrite"});
    CHECK(done.err.empty());
    CHECK(candor::test::slurp(path) == plain);
  }
  const auto read = run_candor({"tokenize", (folder / "tokenizer.json").string(), "--input",
                                (folder / "packed/text.txt.gz").string()});
  CHECK(read.out == encoded((folder / "tokenizer.json").string(), kText));
}

TEST_CASE("a text for a model is cleaned as the model cleans it", "[tokenize]") {
  const TempDir folder;
  const auto run = (folder / "run").string();
  const auto trained_model =
      run_candor({"train", candor::test::write_text_config(folder), "train.steps=1",
                  "data.clean.collapse_whitespace=true", "--run", run, "--quiet"});
  REQUIRE(trained_model.exit_code == 0);
  CHECK(encoded(run, "a  \t  e\n") == encoded(run, "a e\n"));
  const auto offsets = run_candor({"tokenize", run, "--input", "-", "--offsets"}, {.input = "a"});
  CHECK(offsets.exit_code == 2);
  CHECK(offsets.err ==
        "error: --offsets: the model cleans texts before it cuts them, which loses places; give "
        "--ids or --tokens\n");
}
