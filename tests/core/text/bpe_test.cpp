// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <map>
#include <numeric>

#include "core/base/random.h"
#include "core/text/subword/bpe_model.h"
#include "core/text/subword/bpe_trainer.h"
#include "core/text/tokenizer.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Ids = std::vector<std::int64_t>;

TokenizerConfig bpe(std::int64_t size, std::vector<std::string> special = {}) {
  TokenizerConfig config;
  config.type = TokenizerType::bpe;
  config.size = size;
  config.special_tokens = std::move(special);
  return config;
}

// Words of few letters, so that pairs repeat.
std::string random_words(const RandomStream& stream, std::uint64_t letters, std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    text += stream.below(2 * i, 5) == 0 ? ' '
                                        : static_cast<char>('a' + stream.below(2 * i + 1, letters));
  }
  return text;
}

// The textbook: while a pair can merge, merge the first of the lowest rank.
std::vector<std::uint32_t> slow_merge(std::vector<std::uint32_t> ids,
                                      const std::vector<BpeMerge>& merges) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> ranks;
  for (std::size_t i = 0; i < merges.size(); ++i) ranks[{merges[i].left, merges[i].right}] = i;
  while (true) {
    std::size_t best = merges.size(), place = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = ranks.find({ids[i], ids[i + 1]});
      if (found == ranks.end() || found->second >= best) continue;
      best = found->second;
      place = i;
    }
    if (best == merges.size()) return ids;
    ids[place] = merges[best].whole;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

// The textbook of training: count all pairs anew for each merge.
LearnedBpe slow_learn(const std::map<std::string, std::uint64_t>& words, std::size_t size) {
  auto learned = learn_bpe({}, 256);
  std::vector<std::pair<std::vector<std::uint32_t>, std::uint64_t>> split;
  for (const auto& [word, count] : words) {
    std::vector<std::uint32_t> ids;
    for (const char byte : word) {
      const auto at = std::find(learned.tokens.begin(), learned.tokens.end(), std::string(1, byte));
      ids.push_back(static_cast<std::uint32_t>(at - learned.tokens.begin()));
    }
    split.emplace_back(ids, count);
  }
  while (learned.tokens.size() < size) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> counts;
    for (const auto& [ids, count] : split) {
      for (std::size_t i = 0; i + 1 < ids.size(); ++i) counts[{ids[i], ids[i + 1]}] += count;
    }
    const auto best =
        std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
          return a.second < b.second;  // of equal ones the first: the smaller pair
        });
    if (best == counts.end() || best->second < 2) break;
    const auto [left, right] = best->first;
    const auto id = static_cast<std::uint32_t>(learned.tokens.size());
    learned.tokens.push_back(learned.tokens[left] + learned.tokens[right]);
    learned.merges.push_back({left, right, id});
    for (auto& entry : split) entry.first = slow_merge(entry.first, {{left, right, id}});
  }
  return learned;
}

std::vector<CountedWord> counted(const std::map<std::string, std::uint64_t>& words) {
  std::vector<CountedWord> result;
  for (const auto& [word, count] : words) result.push_back({word, count});
  return result;
}

std::map<std::string, std::uint64_t> random_counts(const RandomStream& stream) {
  std::map<std::string, std::uint64_t> words;
  for (std::uint64_t i = 0; i < 30; ++i) {
    auto word = random_words(stream.at(i), 3, 1 + stream.below(i, 9));
    if (!word.empty()) words[word] += 1 + stream.below(100 + i, 5);
  }
  return words;
}

}  // namespace

TEST_CASE("Learning merges the most frequent pair, and of equal ones the smallest", "[text]") {
  const RandomStream stream(1, "learn");
  for (std::uint64_t round = 0; round < 60; ++round) {
    const auto words = random_counts(stream.at(round));
    const auto fast = learn_bpe(counted(words), 300);
    const auto slow = slow_learn(words, 300);
    REQUIRE(fast.tokens == slow.tokens);
    REQUIRE(fast.merges.size() == slow.merges.size());
  }
}

TEST_CASE("Encoding merges as the textbook does, in short words and long ones", "[text]") {
  const RandomStream stream(2, "encode");
  for (std::uint64_t round = 0; round < 60; ++round) {
    const auto learned = learn_bpe(counted(random_counts(stream.at(round))), 290);
    BpeOptions options;
    options.bytes = true;
    const BpeModel model(learned.tokens, learned.merges, options);
    for (const std::uint64_t length : {1, 2, 7, 30, 48, 49, 50, 200}) {
      const auto word = random_words(stream.at(1000 + round), 3, length);
      std::vector<WordToken> tokens;
      model.encode(word, tokens);
      std::vector<std::uint32_t> fast, start;
      std::size_t bytes = 0;
      for (const auto& token : tokens) {
        fast.push_back(token.id);
        bytes += token.length;
      }
      for (const char byte : word) {
        const auto at =
            std::find(learned.tokens.begin(), learned.tokens.end(), std::string(1, byte));
        start.push_back(static_cast<std::uint32_t>(at - learned.tokens.begin()));
      }
      REQUIRE(fast == slow_merge(start, learned.merges));
      CHECK(bytes == word.size());
    }
  }
}

TEST_CASE("Work grows with a word's length and no faster, however it repeats", "[text]") {
  const auto learned =
      learn_bpe({{"aaaaaaaaaaaaaaaa", 9}, {"                ", 9}, {"abababab", 9}}, 270);
  BpeOptions options;
  options.bytes = true;
  const BpeModel model(learned.tokens, learned.merges, options);
  for (const std::string unit : {"a", " ", "ab", "xyz"}) {
    std::string word;
    while (word.size() < 100'000) word += unit;
    std::vector<WordToken> tokens;
    const auto once = model.encode_counted(word, tokens);
    const auto twice = model.encode_counted(word + word, tokens);
    CHECK(once <= 4 * word.size());
    CHECK(twice <= 2 * once + 100);
  }
}

TEST_CASE("Any bytes survive a byte-level vocabulary, and no token crosses a word", "[text]") {
  const RandomStream stream(3, "bytes");
  for (const auto pretokenizer : {Pretokenizer::gpt2, Pretokenizer::llama3}) {
    auto config = bpe(400);
    config.pretokenizer = pretokenizer;
    const auto tokenizer = train_tokenizer(config, random_words(stream, 4, 5000));
    for (std::uint64_t round = 0; round < 50; ++round) {
      std::string text;
      for (std::uint64_t i = 0; i < 80; ++i) {
        text += static_cast<char>(stream.at(round).below(i, round % 2 == 0 ? 256 : 100));
      }
      const auto ids = tokenizer->encode(text);
      CHECK(tokenizer->decode(ids) == text);
      std::string pieces;
      for (const auto id : ids) pieces += tokenizer->piece(id);
      CHECK(pieces == text);
      for (const auto& span : tokenizer->encode_spans(text, {})) {
        CHECK(tokenizer->piece(span.id) == text.substr(span.begin, span.end - span.begin));
      }
    }
  }
}

TEST_CASE("Encoding again, or in another order, gives the same ids as a fresh tokenizer",
          "[text]") {
  const RandomStream stream(4, "cache");
  const auto text = random_words(stream, 5, 20000);
  const auto tokenizer = train_tokenizer(bpe(350), text);
  const auto json = tokenizer->to_json();
  tokenizer->encode(text);
  for (std::size_t at = 0; at + 40 < text.size(); at += 397) {
    const auto part = text.substr(at, 40);
    REQUIRE(tokenizer->encode(part) == load_tokenizer(json)->encode(part));
  }
}

TEST_CASE("Learning from parts gives the file of the whole; special tokens come first", "[text]") {
  const auto text = random_words(RandomStream(5, "parts"), 6, 30000);
  const auto config = bpe(330, {"<|end|>", "<|pad|>"});
  const auto whole = train_tokenizer(config, text);
  const auto trainer = make_tokenizer_trainer(config);
  for (std::string rest = text; !rest.empty();) {
    const auto end = last_cut(std::string_view(rest).substr(0, 5000));
    const auto length = end == 0 || rest.size() <= 5000 ? rest.size() : end;
    trainer->add(rest.substr(0, length));
    rest.erase(0, length);
  }
  CHECK(trainer->finish()->to_json() == whole->to_json());
  CHECK(whole->size() == 330);
  CHECK(whole->token(1) == "<|pad|>");
  CHECK(whole->encode("<|end|>", {.allow_special = true}) == Ids{0});
  for (const auto id : whole->encode("a<|end|>b<|pad|>")) CHECK(id > 1);
}

TEST_CASE("A size without room for the bytes is refused", "[text]") {
  const auto error = test::error_of([] { train_tokenizer(bpe(256, {"<s>"}), "abc"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(error->what() ==
        std::string("data.tokenizer.size is 256, but the vocabulary needs 257 tokens for its "
                    "special tokens and single characters alone; raise it"));
  const auto empty = test::error_of([] { train_tokenizer(bpe(300), ""); });
  REQUIRE(empty);
  CHECK(empty->what() == std::string("the training text is empty"));
}
