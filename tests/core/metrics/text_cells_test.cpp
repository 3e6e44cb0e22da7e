// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text_cells.h"

#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "core/metrics/paired_text.h"
#include "core/text/corpus_tokens.h"
#include "support/catch.h"

using namespace candor;

namespace {

TokenStore store_of(const std::vector<std::string>& documents, const Tokenizer& tokenizer) {
  TokenWriter writer(tokenizer.size());
  for (const auto& text : documents) {
    const auto one = tokenise_one(text, tokenizer);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(one.tokens()));
    one.copy(0, one.tokens(), ids.data());
    writer.add(ids);
    writer.end_document(one.bytes_of(0));
  }
  return writer.finish();
}

// Token i of the text loses 1 + i / 1000 nats.
Scored scored_of(const TokenStore& store) {
  Scored scored;
  scored.kind = OutputKind::language_model;
  for (std::int64_t i = 0; i < store.predicted(); ++i) {
    scored.nll.push_back(1.0 + static_cast<double>(i) / 1000.0);
  }
  return scored;
}

std::vector<TextCell> cells_of(const std::vector<std::string>& documents,
                               const TokenizerConfig& config, const std::string& learned) {
  const auto tokenizer = train_tokenizer(config, learned);
  const auto store = store_of(documents, *tokenizer);
  return text_cells(store, *tokenizer, scored_of(store));
}

TokenizerConfig bpe() {
  TokenizerConfig config;
  config.type = TokenizerType::bpe;
  config.size = 300;
  return config;
}

std::string prose(std::size_t bytes, std::uint64_t seed) {
  const RandomStream stream(seed, "test/prose");
  const std::vector<std::string> words = {"the ", "harbour ", "of ", "caf\u00e9 ", "night\n"};
  std::string text;
  for (std::uint64_t i = 0; text.size() < bytes; ++i) text += words[stream.below(i, words.size())];
  return text;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("cells hold every predicted token and every byte once, whatever the tokenizer",
          "[metrics]") {
  const std::vector<std::string> documents = {prose(5000, 1), "a", prose(700, 2)};
  for (const auto& config : {TokenizerConfig{}, TokenizerConfig{TokenizerType::bytes}, bpe()}) {
    const auto tokenizer = train_tokenizer(config, prose(4000, 3));
    const auto store = store_of(documents, *tokenizer);
    const auto scored = scored_of(store);
    const auto cells = text_cells(store, *tokenizer, scored);
    std::int64_t tokens = 0, bytes = 0;
    double nll = 0.0;
    for (const auto& cell : cells) {
      tokens += cell.tokens;
      bytes += cell.bytes;
      nll += cell.nll;
      CHECK(cell.byte % 64 == 0);
      CHECK(cell.tokens > 0);
      CHECK(cell.document != 1);  // one token predicts nothing
    }
    CHECK(tokens == store.predicted());
    CHECK(bytes == store.bytes());
    CHECK(nll == Approx(sum(scored.nll)));
    CHECK(cells.size() == (documents[0].size() + 63) / 64 + (documents[2].size() + 63) / 64);
  }
}

TEST_CASE("two tokenizers have the same cells of a text", "[metrics]") {
  const std::vector<std::string> documents = {prose(9000, 5)};
  const auto characters = cells_of(documents, {}, documents[0]);
  const auto pairs = cells_of(documents, bpe(), documents[0]);
  REQUIRE(characters.size() == pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    CHECK(characters[i].byte == pairs[i].byte);
    // A token that crosses the end of a cell belongs to the next.
    CHECK(std::abs(characters[i].bytes - pairs[i].bytes) <= 16);
  }
}

TEST_CASE("tokens that spell nothing share the bytes that the others leave", "[metrics]") {
  // Characters learned from "ab" alone: every \u20ac, three bytes, is unknown.
  std::string text = "a";
  for (int i = 0; i < 300; ++i) text += "\u20acb";
  const auto cells = cells_of({text}, {}, "ab");
  std::int64_t bytes = 0;
  for (const auto& cell : cells) bytes += cell.bytes;
  CHECK(bytes == 1200);
  CHECK(cells.size() == 19);
  CHECK(cells[1].bytes == Approx(64).margin(3));
  CHECK(cells[1].tokens == Approx(32).margin(2));
}

TEST_CASE("twenty documents are a cell each", "[metrics]") {
  std::vector<std::string> documents;
  for (std::uint64_t d = 0; d < 20; ++d) documents.push_back(prose(600, d));
  documents[7] = "x";
  const auto cells = cells_of(documents, bpe(), prose(4000, 3));
  REQUIRE(cells.size() == 19);
  CHECK(cells[6].document == 6);
  CHECK(cells[7].document == 8);
  CHECK(cells[7].byte == 0);
}

TEST_CASE("a long text has wider cells, not more of them", "[metrics]") {
  const std::string text(5'000'000, 'a');
  const auto cells = cells_of({text}, {TokenizerType::bytes}, "a");
  CHECK(cells.size() == 9766);
  CHECK(cells[1].byte == 512);
}

namespace {

// Cells with `tokens` tokens of 4 bytes each; a cell loses `nats` a token, and what `noise` adds.
std::vector<TextCell> made_cells(std::int64_t documents, std::int64_t cells, double nats,
                                 std::uint64_t seed, double noise, std::int64_t tokens = 60) {
  const RandomStream shared(1, "test/shared"), own(seed, "test/own");
  std::vector<TextCell> result;
  std::uint64_t at = 0;
  for (std::int64_t d = 0; d < documents; ++d) {
    for (std::int64_t c = 0; c < cells; ++c, ++at) {
      const auto loss = nats + 0.3 * shared.normal(at) + noise * own.normal(at);
      result.push_back({d, 256 * c, 240, tokens, static_cast<double>(tokens) * loss});
    }
  }
  return result;
}

}  // namespace

TEST_CASE("the difference of two texts is that of their metrics, and its interval is paired",
          "[metrics]") {
  for (const std::int64_t documents : {1, 40}) {
    const auto a = made_cells(documents, 200 / documents, 2.0, 2, 0.02);
    const auto b = made_cells(documents, 200 / documents, 1.9, 3, 0.02);
    const auto pair = pair_cells(a, b);
    CHECK(pair.size() == (documents == 1 ? 200 : 40));
    CHECK(pair.documents == (documents == 40));
    const auto nats = compare_texts("cross_entropy", pair, 0.95);
    CHECK(*nats.value == Approx(sum(pair.other.nll) / sum(pair.other.tokens) -
                                sum(pair.first.nll) / sum(pair.first.tokens)));
    CHECK(nats.method == (documents == 40 ? "document bootstrap" : "block bootstrap"));
    CHECK(*nats.low < *nats.value);
    CHECK(*nats.value < *nats.high);
    // What both have in common is gone: each alone is known to about 0.08.
    CHECK(*nats.high - *nats.low < 0.02);
    CHECK(*nats.value == Approx(-0.1).margin(0.01));
    CHECK(*nats.p < 0.01);
    const auto bits = compare_texts("bits_per_byte", pair, 0.95);
    CHECK(*bits.value == Approx(*nats.value / std::log(2.0) / 4.0));
    CHECK(*bits.p == Approx(*nats.p));
    const auto perplexity = compare_texts("perplexity", pair, 0.95);
    CHECK(*perplexity.value == Approx(std::exp(sum(pair.other.nll) / sum(pair.other.tokens)) -
                                      std::exp(sum(pair.first.nll) / sum(pair.first.tokens))));
    const auto back = compare_texts("cross_entropy", pair_cells(b, a), 0.95);
    CHECK(*back.value == Approx(-*nats.value));
    CHECK(*back.p == Approx(*nats.p));
  }
}

TEST_CASE("models that are equally good on texts are told apart about as often as the level says",
          "[metrics]") {
  for (const std::int64_t documents : {1, 30}) {
    int rejected = 0, held = 0;
    constexpr int kRepeats = 200;
    for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
      // Half as many tokens: another tokenizer, twice the loss of each.
      const auto a = made_cells(documents, 90 / documents, 2.0, 100 + 2 * repeat, 0.1);
      auto b = made_cells(documents, 90 / documents, 2.0, 101 + 2 * repeat, 0.1);
      for (auto& cell : b) cell.tokens /= 2;
      const auto bits = compare_texts("bits_per_byte", pair_cells(a, b), 0.95);
      rejected += *bits.p < 0.05;
      held += *bits.low <= 0.0 && 0.0 <= *bits.high;
    }
    INFO(documents);
    CHECK(rejected < 0.1 * kRepeats);
    CHECK(held > 0.9 * kRepeats);
  }
}

TEST_CASE("a part in which one model has no token counts nothing for it", "[metrics]") {
  const auto a = made_cells(1, 50, 2.0, 2, 0.1);
  auto b = a;
  b.erase(b.begin() + 10);
  const auto pair = pair_cells(a, b);
  REQUIRE(pair.size() == 50);
  CHECK(pair.other.tokens[10] == 0.0);
  CHECK_FALSE(pair.identical());
  CHECK(pair_cells(a, a).identical());
  CHECK(compare_texts("cross_entropy", pair_cells(a, a), 0.95).method == "none");
}

TEST_CASE("which metrics parts of a text tell", "[metrics]") {
  for (const auto& name : metric_names(TaskType::language_model)) {
    INFO(name);
    CHECK(told_by_cells(name) == (name != "predictive_entropy"));
    CHECK(is_per_token(name) == (name != "bits_per_byte"));
  }
  CHECK_FALSE(told_by_cells("accuracy"));
}
