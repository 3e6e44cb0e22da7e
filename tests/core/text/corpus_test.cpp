// SPDX-License-Identifier: Apache-2.0
#include "core/text/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/text/corpus_tokens.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;
using Ids = std::vector<std::int64_t>;

const DocumentRules kLines{DocumentUnit::line};

// "document 0", "document 1", ...; one a line.
std::string numbered(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "document " + std::to_string(i) + "\n";
  return text;
}

SplitConfig fractions(std::optional<double> validation, std::optional<double> test,
                      std::uint64_t seed = 0) {
  SplitConfig split;
  split.validation = validation;
  split.test = test;
  split.seed = seed;
  return split;
}

std::map<CorpusPart, std::set<std::string>> parts_of(const Corpus& corpus,
                                                     const SplitConfig& config) {
  const auto parts = split_documents(corpus.keys(), config);
  std::map<CorpusPart, std::set<std::string>> result;
  corpus.read([&](std::int64_t index, std::string_view text) {
    result[parts[static_cast<std::size_t>(index)]].emplace(text);
  });
  return result;
}

Ids ids_of(const TokenStore& store) {
  Ids ids(static_cast<std::size_t>(store.tokens()));
  store.copy(0, store.tokens(), ids.data());
  return ids;
}

CorpusTokens all_tokens(const Corpus& corpus, const CorpusSplit& split, const TokenCache* cache) {
  const auto tokenizer = train_tokenizer({TokenizerType::bytes}, "");
  return tokenise(corpus, split, *tokenizer,
                  {CorpusPart::train, CorpusPart::validation, CorpusPart::test}, cache);
}

std::set<fs::path> files_in(const fs::path& folder) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  return files;
}

}  // namespace

TEST_CASE("a corpus is read in the order of its files, and entries have their hashes", "[text]") {
  const test::TempDir folder;
  const auto file = folder.write("z.txt", "last\n");
  folder.write("texts/b.txt", "b1\nb2\n");
  folder.write("texts/a.txt", "a1\n\n");
  const auto root = (folder / "texts").string();
  const Corpus corpus({root, file}, kLines);
  Texts texts;
  corpus.read([&](std::int64_t index, std::string_view text) {
    CHECK(index == static_cast<std::int64_t>(texts.size()));
    texts.emplace_back(text);
  });
  CHECK(texts == Texts{"a1", "b1", "b2", "last"});
  CHECK(corpus.documents() == 4);
  CHECK(corpus.empty_documents() == 1);
  REQUIRE(corpus.entries().size() == 2);
  CHECK(corpus.entries()[0].sha256 ==
        sha256("a.txt " + sha256("a1\n\n") + "\nb.txt " + sha256("b1\nb2\n") + "\n"));
  CHECK(corpus.entries()[0].bytes == 10);
  CHECK(corpus.entries()[1].sha256 == sha256("last\n"));
}

TEST_CASE("texts are cleaned before anything else", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.txt", "  one\n   \ntwo\n");
  const Corpus corpus({path}, kLines, [](std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(' '), text.size());
    return std::string(text.substr(begin));
  });
  CHECK(corpus.documents() == 2);
  CHECK(corpus.empty_documents() == 1);
  Texts texts;
  corpus.read([&](std::int64_t, std::string_view text) { texts.emplace_back(text); });
  CHECK(texts == Texts{"one", "two"});
}

TEST_CASE("a corpus without text is refused", "[text]") {
  const test::TempDir folder;
  const auto refusal = [](const std::vector<std::string>& paths) {
    const auto error = test::error_of([&] { Corpus(paths, kLines); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::data);
    return std::string(error->what());
  };
  const auto empty = folder.write("texts/empty.txt", "");
  CHECK(refusal({empty}) == empty + ": the file is empty; a text is expected");
  folder.write("texts/more.txt", "\n\n");
  const auto root = (folder / "texts").string();
  CHECK(refusal({root}) == root + ": no text in any of the files; a text is expected");
}

TEST_CASE("a file that changes between two readings ends the run", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.txt", "one\ntwo\n");
  const Corpus corpus({path}, kLines);
  for (const char* other : {"one\n", "one\ntwo\nthree\n", "one\ntwO\n", ""}) {
    std::ofstream(path, std::ios::trunc) << other;
    const auto error = test::error_of([&] { corpus.read([](std::int64_t, std::string_view) {}); });
    REQUIRE(error);
    CHECK(std::string(error->what()) ==
          path + ": has changed while it was read; try again when nothing writes to it");
  }
}

TEST_CASE("documents are split by the fractions, each into one part", "[text]") {
  const test::TempDir folder;
  const Corpus corpus({folder.write("a.txt", numbered(200))}, kLines);
  const auto parts = parts_of(corpus, fractions(0.1, 0.25));
  CHECK(parts.at(CorpusPart::train).size() == 130);
  CHECK(parts.at(CorpusPart::validation).size() == 20);
  CHECK(parts.at(CorpusPart::test).size() == 50);
  CHECK(parts_of(corpus, fractions(0.1, 0.25)) == parts);
  CHECK(parts_of(corpus, fractions(0.1, 0.25, 1)) != parts);
  // The test documents know nothing of the validation fraction.
  CHECK(parts_of(corpus, fractions(0.4, 0.25)).at(CorpusPart::test) == parts.at(CorpusPart::test));
}

TEST_CASE("a split does not depend on the order of documents or on how files are cut", "[text]") {
  const test::TempDir folder;
  const auto lines = numbered(60);
  const auto middle = lines.find("document 20");
  const Corpus one({folder.write("one.txt", lines)}, kLines);
  const Corpus two({folder.write("two/b.txt", lines.substr(0, middle)),
                    folder.write("two/a.txt", lines.substr(middle))},
                   kLines);
  const auto config = fractions(0.2, 0.2, 5);
  CHECK(parts_of(one, config) == parts_of(two, config));
}

TEST_CASE("documents with the same text are never on both sides", "[text]") {
  const test::TempDir folder;
  std::string text;
  for (int i = 0; i < 400; ++i) text += "line " + std::to_string(i % 40) + "\n";
  const Corpus corpus({folder.write("a.txt", text)}, kLines);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto parts = parts_of(corpus, fractions(0.2, 0.3, seed));
    std::size_t distinct = 0;
    for (const auto& [part, texts] : parts) distinct += texts.size();
    CHECK(distinct == 40);
    CHECK(parts.size() == 3);
  }
}

TEST_CASE("of a single document the parts are contiguous and cut no character", "[text]") {
  const test::TempDir folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "\u00e9";
  const Corpus corpus({folder.write("a.txt", text)}, {});
  const CorpusSplit split(corpus, fractions(0.11, 0.23));
  std::string train, validation, test;
  split.for_parts(0, text, [&](CorpusPart part, std::string_view piece) {
    (part == CorpusPart::train ? train : part == CorpusPart::test ? test : validation) = piece;
  });
  CHECK(train + test + validation == text);
  CHECK(train.size() == 66);
  CHECK(test.size() == 24);
  CHECK(split.size(CorpusPart::train) == 66);
  CHECK(split.digest() == sha256("66 90 100"));
}

TEST_CASE("tokens and bytes are those of each part's documents", "[text]") {
  const test::TempDir folder;
  const Corpus corpus({folder.write("a.txt", "ab\nc\ndef\n")}, kLines);
  const auto tokens = all_tokens(corpus, CorpusSplit(corpus, CorpusPart::train), nullptr);
  REQUIRE(tokens.parts[0]);
  CHECK_FALSE(tokens.parts[1]);
  CHECK(ids_of(*tokens.parts[0]) == Ids{'a', 'b', 'c', 'd', 'e', 'f'});
  CHECK(tokens.parts[0]->documents() == 3);
  CHECK(tokens.parts[0]->predicted() == 3);
  CHECK(tokens.parts[0]->bytes() == 3);
  CHECK(tokens.caches.empty());
}

TEST_CASE("the token cache gives what tokenising gives, and is made once", "[text]") {
  const test::TempDir folder;
  const Corpus corpus({folder.write("a.txt", numbered(50))}, kLines);
  const CorpusSplit split(corpus, fractions(0.2, 0.2));
  const TokenCache cache{(folder / "cache" / "tokens").string(), "line"};
  const auto memory = all_tokens(corpus, split, nullptr);
  const auto written = all_tokens(corpus, split, &cache);
  CHECK_FALSE(written.cached);
  CHECK(written.caches.size() == 3);
  const auto read = all_tokens(corpus, split, &cache);
  CHECK(read.cached);
  CHECK(read.caches == written.caches);
  for (std::size_t part = 0; part < 3; ++part) {
    CHECK(ids_of(*memory.parts[part]) == ids_of(*written.parts[part]));
    CHECK(ids_of(*memory.parts[part]) == ids_of(*read.parts[part]));
    CHECK(memory.parts[part]->bytes() == read.parts[part]->bytes());
  }
}

TEST_CASE("another file, split, tokenizer or setting has a token cache of its own", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.txt", numbered(50));
  const TokenCache cache{(folder / "cache").string(), "line"};
  const auto config = fractions(0.2, std::nullopt);
  const auto make = [&](const TokenCache& at, const SplitConfig& split) {
    const Corpus corpus({path}, kLines);
    return all_tokens(corpus, CorpusSplit(corpus, split), &at);
  };
  CHECK_FALSE(make(cache, config).cached);
  CHECK(make(cache, config).cached);
  CHECK_FALSE(make({cache.folder, "other"}, config).cached);
  CHECK_FALSE(make(cache, fractions(0.2, std::nullopt, 3)).cached);
  {
    const Corpus corpus({path}, kLines);
    const auto characters = train_tokenizer({TokenizerType::characters}, numbered(50));
    CHECK_FALSE(
        tokenise(corpus, CorpusSplit(corpus, config), *characters, {CorpusPart::train}, &cache)
            .cached);
  }
  folder.write("a.txt", numbered(51));
  CHECK_FALSE(make(cache, config).cached);
}

TEST_CASE("a damaged token cache is made anew", "[text]") {
  const test::TempDir folder;
  const Corpus corpus({folder.write("a.txt", numbered(50))}, kLines);
  const CorpusSplit split(corpus, CorpusPart::train);
  const TokenCache cache{(folder / "cache").string(), "line"};
  const auto expected = ids_of(*all_tokens(corpus, split, &cache).parts[0]);
  const auto files = files_in(folder / "cache");
  REQUIRE(files.size() == 1);
  const auto whole = test::slurp(*files.begin());
  for (const auto& damaged : {std::string(), whole.substr(0, 100), "x" + whole.substr(1)}) {
    std::ofstream(*files.begin(), std::ios::binary | std::ios::trunc) << damaged;
    const auto tokens = all_tokens(corpus, split, &cache);
    CHECK_FALSE(tokens.cached);
    CHECK(ids_of(*tokens.parts[0]) == expected);
    CHECK(test::slurp(*files.begin()) == whole);
  }
}

TEST_CASE("a file that changes while its tokens are written leaves no token cache", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.txt", numbered(50));
  const Corpus corpus({path}, kLines);
  const CorpusSplit split(corpus, CorpusPart::train);
  folder.write("a.txt", numbered(49));
  const TokenCache cache{(folder / "cache").string(), "line"};
  CHECK_THROWS_AS(all_tokens(corpus, split, &cache), Error);
  CHECK(fs::is_empty(folder / "cache"));
}
