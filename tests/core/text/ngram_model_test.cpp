// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/text/ngram_model.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;

namespace {

using Tokens = std::vector<std::uint32_t>;

TokenDocuments documents(const std::vector<Tokens>& all) {
  TokenDocuments result;
  for (const auto& document : all) result.add(document);
  return result;
}

// A text with repeats: each token follows from the one before, or is drawn.
Tokens chain(std::size_t length, std::uint32_t vocabulary, std::uint64_t seed) {
  const RandomStream stream(seed, "test/ngram");
  Tokens tokens = {0};
  for (std::uint64_t i = 1; tokens.size() < length; ++i) {
    const auto drawn = static_cast<std::uint32_t>(stream.below(2 * i, vocabulary));
    const auto follows = (tokens.back() * 5 + 3) % vocabulary;
    tokens.push_back(stream.uniform(2 * i + 1) < 0.6 ? follows : drawn);
  }
  return tokens;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

TEST_CASE("n-grams are counted as a scan of the text counts them", "[text]") {
  const std::vector<Tokens> texts = {chain(300, 6, 1), {}, chain(1, 6, 2), chain(77, 6, 3)};
  const NgramCounts counts(documents(texts), 4);
  std::map<Tokens, std::map<std::uint32_t, std::uint32_t>> expected;
  for (const auto& text : texts) {
    for (std::size_t end = 0; end < text.size(); ++end) {
      for (std::size_t length = 0; length <= std::min<std::size_t>(end, 3); ++length) {
        const auto at = text.begin() + static_cast<std::ptrdiff_t>(end);
        ++expected[Tokens(at - static_cast<std::ptrdiff_t>(length), at)][text[end]];
      }
    }
  }
  std::size_t distinct = 0;
  for (const auto& [context, followers] : expected) distinct += followers.size();
  CHECK(counts.size() == distinct);
  const auto query = chain(200, 7, 4);  // token 6 occurs nowhere in the texts
  auto history = counts.begin();
  for (std::size_t end = 0; end < query.size(); ++end) {
    const auto before = history;
    std::array<std::uint32_t, NgramCounts::kHighestOrder> found{};
    counts.advance(history, query[end], found);
    for (int length = 0; length < 4 && std::cmp_less_equal(length, end); ++length) {
      const auto at = query.begin() + static_cast<std::ptrdiff_t>(end);
      const auto known = expected.find(Tokens(at - length, at));
      REQUIRE((length <= before.longest()) == (known != expected.end()));
      if (known == expected.end()) break;
      const auto followers = counts.followers(before, length);
      std::uint32_t total = 0;
      for (const auto& [token, count] : known->second) total += count;
      REQUIRE(followers.total == total);
      REQUIRE(followers.distinct == known->second.size());
      const auto count = known->second.find(query[end]);
      REQUIRE(found[static_cast<std::size_t>(length)] ==
              (count == known->second.end() ? 0 : count->second));
    }
  }
}

TEST_CASE("the probabilities after any history sum to 1", "[text]") {
  for (const int order : {1, 2, 3, 6}) {
    NgramModel model(documents({chain(500, 9, 1), chain(40, 9, 2)}), order, 11);
    model.fit_weights(documents({chain(200, 9, 3)}));
    const auto text = chain(100, 11, 4);  // 9 and 10 were never counted
    for (std::size_t length = 0; length <= text.size(); length += 3) {
      const auto probabilities = model.distribution(std::span(text).first(length));
      REQUIRE(probabilities.size() == 11);
      for (const auto p : probabilities) REQUIRE(p > 0.0);
      REQUIRE(sum(probabilities) == Approx(1.0).epsilon(1e-12));
    }
  }
}

TEST_CASE("the losses are those of the distributions, from the second token on", "[text]") {
  NgramModel model(documents({chain(400, 9, 1)}), 3, 9);
  model.fit_weights(documents({chain(100, 9, 2)}));
  const auto text = chain(30, 9, 3);
  const auto losses = model.score(text);
  REQUIRE(losses.size() == text.size() - 1);
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto probabilities = model.distribution(std::span(text).first(i));
    CHECK(losses[i - 1] == Approx(-std::log(probabilities[text[i]])));
  }
  CHECK(model.score({}).empty());
  CHECK(model.score(Tokens{1}).empty());
}

TEST_CASE("expectation-maximisation never makes held-out text less likely", "[text]") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    NgramModel model(documents({chain(300 + 40 * seed, 8, 2 * seed)}), 1 + seed % 6, 8);
    const auto rounds = model.fit_weights(documents({chain(150, 8, 2 * seed + 1), {3}}), 40);
    REQUIRE(rounds.size() >= 2);
    for (std::size_t i = 1; i < rounds.size(); ++i) CHECK(rounds[i] >= rounds[i - 1] - 1e-12);
    CHECK(rounds.back() > rounds.front());
  }
}

TEST_CASE("of order 1 the loss on its own text is the entropy of its tokens", "[text]") {
  const auto text = chain(20000, 10, 5);
  std::map<std::uint32_t, double> counts;
  for (const auto token : text) counts[token] += 1.0;
  double entropy = 0.0;
  for (const auto& [token, count] : counts) {
    const auto share = count / static_cast<double>(text.size());
    entropy -= share * std::log(share);
  }
  NgramModel model(documents({text}), 1, 10);
  model.fit_weights(documents({text}), 2000);
  CHECK(mean(model.score(text)) == Approx(entropy).margin(2e-3));
}

TEST_CASE("a chain of order 2 is learned down to its entropy", "[text]") {
  // Of 8 tokens one follows with probability 0.6 + 0.4 / 8, the others with 0.4 / 8 each.
  const double likely = 0.65, other = 0.05;
  const auto entropy = -likely * std::log(likely) - 7 * other * std::log(other);
  NgramModel model(documents({chain(200000, 8, 1)}), 2, 8);
  model.fit_weights(documents({chain(20000, 8, 2)}));
  CHECK(mean(model.score(chain(50000, 8, 3))) == Approx(entropy).epsilon(0.01));
}

TEST_CASE("n-grams never cross from one document to the next", "[text]") {
  const NgramModel model(documents({{1, 2}, {3, 4}}), 2, 5);
  const auto after_two = model.distribution(Tokens{2});
  const auto after_nothing = model.distribution({});
  CHECK(after_two == after_nothing);  // nothing follows a 2
}

TEST_CASE("without text to count or to hold out every token is as likely", "[text]") {
  NgramModel model(documents({}), 3, 4);
  CHECK(model.fit_weights(documents({{1, 2, 3}})).size() >= 1);
  CHECK(model.score(Tokens{1, 2, 3}) == std::vector<double>(2, std::log(4.0)));
  NgramModel counted(documents({{1, 1, 1}}), 2, 4);
  CHECK(counted.fit_weights(documents({{1}})).empty());
  CHECK(sum(counted.distribution(Tokens{1})) == Approx(1.0));
}

TEST_CASE("an order that cannot be counted is refused", "[text]") {
  for (const int order : {0, 17}) {
    CHECK_THROWS_WITH(NgramCounts(documents({}), order), "n-grams have 1 to 16 tokens");
  }
}

TEST_CASE("likelihoods and losses equal those of a plain implementation", "[text]") {
  const auto path = test::source_dir() + "/tests/golden/ngram/ngram.json";
  const auto golden = parse_json_file(path, ErrorKind::failed);
  const auto read = [&](const char* key) {
    return documents(golden.at(key).get<std::vector<Tokens>>());
  };
  NgramModel model(read("training"), golden.at("order").get<int>(),
                   golden.at("vocabulary").get<std::int64_t>());
  const auto rounds = model.fit_weights(read("held_out"), golden.at("rounds").get<int>());
  const auto expected = golden.at("log_likelihood").get<std::vector<double>>();
  REQUIRE(rounds.size() == expected.size());
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    CHECK(rounds[i] == Approx(expected[i]).epsilon(1e-6));
  }
  const auto losses = model.score(golden.at("test").get<Tokens>());
  const auto expected_losses = golden.at("losses").get<std::vector<double>>();
  REQUIRE(losses.size() == expected_losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CHECK(losses[i] == Approx(expected_losses[i]).epsilon(1e-5));
  }
}
