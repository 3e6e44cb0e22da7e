// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/base/random.h"
#include "core/text/subword/expected_counts.h"
#include "core/text/subword/seed_pieces.h"
#include "core/text/subword/unigram_model.h"
#include "core/text/subword/unigram_trainer.h"
#include "core/text/tokenizer.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

std::string random_word(const RandomStream& stream, std::uint64_t most) {
  std::string word;
  const auto length = 1 + stream.below(0, most);
  for (std::uint64_t i = 1; i <= length; ++i) word += static_cast<char>('a' + stream.below(i, 3));
  return word;
}

std::map<std::string, std::uint64_t> random_words(const RandomStream& stream, std::uint64_t count,
                                                  std::uint64_t most) {
  std::map<std::string, std::uint64_t> words;
  for (std::uint64_t i = 0; i < count; ++i) {
    words[random_word(stream.at(i), most)] += 1 + stream.below(i, 4);
  }
  return words;
}

std::vector<CountedWord> counted(const std::map<std::string, std::uint64_t>& words) {
  std::vector<CountedWord> result;
  for (const auto& [word, count] : words) result.push_back({word, count});
  return result;
}

// Calls visit(pieces of one segmentation) for every segmentation of `text`.
template <class Visit>
void segmentations(const std::string& text, const std::map<std::string, std::size_t>& pieces,
                   std::vector<std::size_t>& path, Visit&& visit) {
  if (text.empty()) return visit(path);
  for (const auto& [piece, id] : pieces) {
    if (!text.starts_with(piece)) continue;
    path.push_back(id);
    segmentations(text.substr(piece.size()), pieces, path, visit);
    path.pop_back();
  }
}

const std::vector<std::string> kPieces = {"a", "b", "c", "ab", "bc", "abc", "ca", "aa"};
const std::vector<double> kProbabilities = {0.2, 0.15, 0.1, 0.2, 0.1, 0.1, 0.05, 0.1};

std::map<std::string, std::size_t> piece_ids() {
  std::map<std::string, std::size_t> ids;
  for (std::size_t i = 0; i < kPieces.size(); ++i) ids[kPieces[i]] = i;
  return ids;
}

std::vector<std::string> all_bytes() {
  std::vector<std::string> bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.emplace_back(1, static_cast<char>(byte));
  return bytes;
}

TokenizerConfig unigram(std::int64_t size, Pretokenizer pretokenizer) {
  TokenizerConfig config;
  config.type = TokenizerType::unigram;
  config.size = size;
  config.pretokenizer = pretokenizer;
  return config;
}

std::string prose() {
  std::string text;
  const RandomStream stream(9, "prose");
  const std::vector<std::string> words = {"harbour",      "ships",   "sailing", "sail",
                                          "the",          "night",   "nightly", "caf\u00E9",
                                          "\u6D77\u6E2F", "shipping"};
  for (std::uint64_t i = 0; i < 3000; ++i) {
    text += words[stream.below(i, words.size())];
    text += stream.below(100'000 + i, 9) == 0 ? "\n" : " ";
  }
  return text;
}

}  // namespace

TEST_CASE("Expected counts and likelihood are those over all segmentations", "[text]") {
  const auto words = random_words(RandomStream(1, "words"), 40, 9);
  std::vector<double> counts(kPieces.size());
  double likelihood = 0.0;
  for (const auto& [word, count] : words) {
    std::vector<double> sums(kPieces.size());
    double total = 0.0;
    std::vector<std::size_t> path;
    segmentations(word, piece_ids(), path, [&](const auto& ids) {
      double p = 1.0;
      for (const auto id : ids) p *= kProbabilities[id];
      for (const auto id : ids) sums[id] += p;
      total += p;
    });
    likelihood += static_cast<double>(count) * std::log(total);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      counts[i] += static_cast<double>(count) * sums[i] / total;
    }
  }
  const auto found = expected_counts(counted(words), PieceTrie(kPieces), kProbabilities, kPieces);
  CHECK(found.log_likelihood == Approx(likelihood).epsilon(1e-12));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    CHECK(found.counts[i] == Approx(counts[i]).epsilon(1e-12));
  }
}

TEST_CASE("Words that leave the range of doubles are summed in logarithms", "[text]") {
  // The rare piece is 10^-12 times as probable as the average byte, 900 times over.
  const std::vector<std::string> pieces = {"a", "b"};
  const std::vector<double> probabilities = {1.0 - 1e-12, 1e-12};
  const std::string word(900, 'b');
  const auto found = expected_counts({{word, 2}}, PieceTrie(pieces), probabilities, pieces);
  CHECK(found.log_likelihood == Approx(2 * 900 * std::log(1e-12)).epsilon(1e-12));
  CHECK(found.counts[1] == Approx(1800).epsilon(1e-9));
}

TEST_CASE("A round of expectation-maximisation never lowers the likelihood", "[text]") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto words = random_words(RandomStream(seed, "rounds"), 200, 12);
    const auto learned = learn_unigram(counted(words), all_bytes(), 290, true);
    REQUIRE(learned.rounds.size() >= 2);
    for (const auto& round : learned.rounds) {
      for (std::size_t i = 1; i < round.log_likelihoods.size(); ++i) {
        // Rounding aside.
        const auto slack = 1e-12 * std::abs(round.log_likelihoods[i]);
        CHECK(round.log_likelihoods[i] >= round.log_likelihoods[i - 1] - slack);
      }
      CHECK(round.log_likelihoods.back() > round.log_likelihoods.front());
    }
    CHECK(learned.pieces.size() <= 290);
  }
}

TEST_CASE("Seeds are the repeated substrings that end where their continuations differ", "[text]") {
  const auto words = random_words(RandomStream(3, "seeds"), 30, 9);
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, std::map<char, std::uint64_t>> next;
  for (const auto& [word, count] : words) {
    for (std::size_t begin = 0; begin < word.size(); ++begin) {
      for (std::size_t length = 2; begin + length <= word.size(); ++length) {
        const auto piece = word.substr(begin, length);
        counts[piece] += count;
        next[piece][begin + length < word.size() ? word[begin + length] : '\0'] += count;
      }
    }
  }
  std::map<std::string, std::uint64_t> expected, found;
  for (const auto& [piece, count] : counts) {
    const bool ends = next[piece].contains('\0') || next[piece].size() > 1;
    if (count >= 2 && ends) expected[piece] = count;
  }
  for (const auto& seed : seed_pieces(counted(words), true, 100'000)) found[seed.text] = seed.count;
  CHECK(found == expected);
  const auto most = seed_pieces(counted(words), true, 5);
  REQUIRE(most.size() == 5);
  for (std::size_t i = 1; i < most.size(); ++i) {
    CHECK(most[i - 1].count * most[i - 1].text.size() >= most[i].count * most[i].text.size());
  }
}

TEST_CASE("The segmentation found is the most probable of all", "[text]") {
  std::vector<double> scores;
  for (const auto p : kProbabilities) scores.push_back(std::log(p));
  UnigramOptions options;
  options.bytes = true;
  const UnigramModel model(kPieces, scores, options);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto word = random_word(RandomStream(seed, "best"), 10);
    double best = -std::numeric_limits<double>::infinity();
    std::vector<std::size_t> path;
    segmentations(word, piece_ids(), path, [&](const auto& ids) {
      double score = 0.0;
      for (const auto id : ids) score += scores[id];
      best = std::max(best, score);
    });
    std::vector<WordToken> tokens;
    model.encode(word, tokens);
    double score = 0.0;
    std::string text;
    for (const auto& token : tokens) {
      score += scores[token.id];
      text += kPieces[token.id];
    }
    CHECK(text == word);
    CHECK(score == Approx(best).epsilon(1e-12));
  }
}

TEST_CASE("A learned Unigram gives any text back, by bytes or by characters", "[text]") {
  const auto text = prose();
  for (const auto pretokenizer :
       {Pretokenizer::gpt2, Pretokenizer::llama3, Pretokenizer::metaspace}) {
    const auto tokenizer = train_tokenizer(unigram(700, pretokenizer), text);
    const auto loaded = load_tokenizer(Json::parse(tokenizer->to_json().dump()));
    for (const std::string sample : {"the ships", "nightly caf\u00E9s", "\u00FF\U0001F600 unseen",
                                     "two  blanks\n and <unk>"}) {
      CHECK(tokenizer->decode(tokenizer->encode(sample)) == sample);
      CHECK(loaded->encode(sample) == tokenizer->encode(sample));
    }
    CHECK(tokenizer->encode("the ships").size() <= 3);
  }
}

TEST_CASE("Characters are kept whole where words are cut at blanks", "[text]") {
  const auto error =
      test::error_of([] { train_tokenizer(unigram(700, Pretokenizer::metaspace), "abc\xFF"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(error->what() ==
        std::string("the training text is not valid UTF-8 at byte 3; convert it, or set "
                    "data.tokenizer.pretokenizer to gpt2"));
  CHECK(train_tokenizer(unigram(700, Pretokenizer::gpt2), "abc abc\xFF")->decode({0}).size() > 0);
}
