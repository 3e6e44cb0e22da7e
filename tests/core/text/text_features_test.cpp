// SPDX-License-Identifier: Apache-2.0
#include "core/text/text_features.h"

#include <candor/error.h>

#include <cmath>
#include <map>
#include <thread>

#include "core/config/fields.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using TermWeights = std::map<std::string, double>;

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

TextFeatures fit(const WordsConfig& words, const std::vector<std::string>& texts,
                 const TextCleanConfig& clean = {}) {
  return TextFeatures::fit(clean, words, views(texts));
}

// Term -> weight, by the vocabulary in the JSON.
TermWeights weights(const TextFeatures& features, std::string_view text) {
  const auto json = features.to_json();
  std::vector<WeightedTerm> terms;
  features.apply(text, terms);
  TermWeights result;
  for (const auto& term : terms) {
    const auto name = json["vocabulary"][static_cast<std::size_t>(term.index)].get<std::string>();
    CHECK(result.emplace(name, term.weight).second);
  }
  return result;
}

template <class E>
E named(const Json& name) {
  for (std::size_t i = 0; i < EnumNames<E>::values.size(); ++i) {
    if (name == EnumNames<E>::values[i]) return static_cast<E>(i);
  }
  FAIL("unknown name");
  return {};
}

WordsConfig config_of(const Json& json) {
  WordsConfig words;
  words.unit = named<WordUnit>(json["unit"]);
  words.weighting = named<Weighting>(json["weighting"]);
  words.ngrams = json["ngrams"].get<std::vector<std::int64_t>>();
  words.vocabulary.min_count = json["min_count"].get<std::int64_t>();
  return words;
}

WordsConfig counts() {
  WordsConfig words;
  words.weighting = Weighting::count;
  words.ngrams = {1, 1};
  words.vocabulary.min_count = 1;
  return words;
}

}  // namespace

TEST_CASE("Terms and weights are those of scikit-learn") {
  const auto cases =
      Json::parse(test::slurp(test::source_dir() + "/tests/golden/words/tfidf.json"));
  REQUIRE(cases.size() == 24);
  for (const auto& expected : cases) {
    const auto texts = expected["texts"].get<std::vector<std::string>>();
    const auto features = fit(config_of(expected), texts);
    CHECK(features.to_json()["vocabulary"] == expected["vocabulary"]);
    for (std::size_t i = 0; i < expected["rows"].size(); ++i) {
      INFO(expected["unit"] << " " << expected["weighting"] << ": " << texts[i]);
      const auto found = weights(features, texts[i]);
      CHECK(found.size() == expected["rows"][i].size());
      for (const auto& [term, weight] :
           expected["rows"][i].get<std::vector<std::pair<std::string, double>>>()) {
        REQUIRE(found.contains(term));
        CHECK(std::abs(found.at(term) - weight) < 1e-6);
      }
    }
  }
}

TEST_CASE("Rare terms are never stored, and the limit keeps what most texts have") {
  auto words = counts();
  words.vocabulary = {2, 2};
  const auto features = fit(words, {"b a", "b a secret", "b c", "c", "a"});
  CHECK(features.to_json()["vocabulary"] == Json{"a", "b"});
  CHECK(features.to_json().dump().find("secret") == std::string::npos);
  CHECK(features.size() == 2);
  CHECK(weights(features, "secret c b b") == TermWeights{{"b", 2.0}});
}

TEST_CASE("A term that comes often in one text is in one text") {
  auto words = counts();
  words.vocabulary.min_count = 2;
  CHECK(fit(words, {"win win win", "x y", "x"}).to_json()["vocabulary"] == Json{"x"});
}

TEST_CASE("Cleaning comes before the terms, in training and afterwards") {
  TextCleanConfig clean;
  clean.case_fold = true;
  clean.strip_accents = true;
  const auto features = fit(counts(), {"CAFÉ"}, clean);
  CHECK(weights(features, "Cafe café") == TermWeights{{"cafe", 2.0}});
}

TEST_CASE("Stop words are gone before n-grams are made") {
  auto words = counts();
  words.ngrams = {2, 2};
  words.stop_words = "english";
  CHECK(fit(words, {"Win the prize"}).to_json()["vocabulary"] == Json{"Win prize"});
}

TEST_CASE("Hashing stores no term, fits every term and keeps to its range") {
  auto words = counts();
  words.hashing = 6;
  const auto features = fit(words, {"alpha beta", "gamma"});
  CHECK(features.size() == 64);
  CHECK(features.to_json()["vocabulary"].empty());
  std::vector<WeightedTerm> terms, again;
  features.apply("alpha delta epsilon alpha", terms);
  float sum = 0;
  for (const auto& term : terms) {
    CHECK(term.index >= 0);
    CHECK(term.index < 64);
    sum += std::abs(term.weight);
  }
  CHECK(sum > 0);
  features.apply("delta alpha alpha epsilon", again);
  CHECK(again.size() == terms.size());
}

TEST_CASE("Hash signs come out about even, and numbers spread") {
  auto words = counts();
  words.hashing = 10;
  const auto features = fit(words, {"x"});
  std::vector<WeightedTerm> terms;
  std::map<std::int64_t, int> hits;
  double sum = 0;
  for (int i = 0; i < 4000; ++i) {
    features.apply("term" + std::to_string(i), terms);
    REQUIRE(terms.size() == 1);
    sum += terms[0].weight;
    ++hits[terms[0].index];
  }
  CHECK(std::abs(sum) < 4 * std::sqrt(4000.0));
  // 1024 numbers, 4000 terms: 1024 * (1 - e^-3.9) = 1003 are hit.
  CHECK(hits.size() > 980);
  CHECK(hits.size() < 1022);
}

TEST_CASE("Hash numbers are the same on every machine and for ever") {
  auto words = counts();
  words.hashing = 20;
  const auto features = fit(words, {"x"});
  std::vector<WeightedTerm> terms;
  features.apply("prize international中文", terms);
  std::vector<std::int64_t> indices;
  for (const auto& term : terms) {
    indices.push_back(term.weight > 0 ? term.index : -term.index);
  }
  // Worked out by the same formula in Python.
  CHECK(indices == std::vector<std::int64_t>{-561676, -1028438, -350773});
}

TEST_CASE("TF-IDF with hashing has length 1") {
  WordsConfig words;
  words.hashing = 12;
  const auto features = fit(words, {"a b c", "a b", "a"});
  std::vector<WeightedTerm> terms;
  features.apply("a b b unknown", terms);
  double squares = 0;
  for (const auto& term : terms) squares += term.weight * term.weight;
  CHECK(squares == Approx(1.0));
  features.apply("", terms);
  CHECK(terms.empty());
}

TEST_CASE("Bytes that are not UTF-8 count as U+FFFD") {
  auto words = counts();
  words.unit = WordUnit::characters;
  CHECK(weights(fit(words, {"a\xFF"}), "\xFE\xFD") == TermWeights{{"\uFFFD", 2.0}});
}

TEST_CASE("Features out of their JSON give the same weights") {
  for (const bool hashing : {false, true}) {
    WordsConfig words;
    words.unit = WordUnit::characters_in_words;
    words.ngrams = {2, 4};
    words.vocabulary.min_count = 1;
    if (hashing) words.hashing = 8;
    TextCleanConfig clean;
    clean.case_fold = true;
    const auto features = fit(words, {"Free prize", "call me", "prize call"}, clean);
    const auto again =
        TextFeatures::from_json(Json::parse(features.to_json().dump()), "/host/text/message");
    CHECK(again.to_json() == features.to_json());
    std::vector<WeightedTerm> a, b;
    features.apply("FREE call prizes", a);
    again.apply("FREE call prizes", b);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      CHECK(a[i].index == b[i].index);
      CHECK(a[i].weight == b[i].weight);
    }
  }
}

TEST_CASE("Threads that share features disturb each other in nothing") {
  const auto features = fit(counts(), {"a b c d e f g h"});
  std::vector<std::vector<WeightedTerm>> found(4);
  std::vector<std::thread> threads;
  for (auto& terms : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) features.apply("h g a a b c d d d", terms);
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& terms : found) {
    REQUIRE(terms.size() == 6);
    CHECK(terms[0].index == 7);
    CHECK(terms[2].weight == 2.0f);
    CHECK(terms[5].weight == 3.0f);
  }
}

TEST_CASE("Texts without a term that is common enough are an error") {
  WordsConfig words;
  const auto error = error_of([&] { fit(words, {"one", "two"}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "no term occurs in 2 training texts; lower data.text.words.vocabulary.min_count");
}

TEST_CASE("A file of features that was changed is refused") {
  WordsConfig words;
  words.vocabulary.min_count = 1;
  const auto good = fit(words, {"a b", "b"}).to_json();
  const auto refusal = [&](const std::function<void(Json&)>& change) {
    auto json = good;
    change(json);
    const auto error = error_of([&] { TextFeatures::from_json(json, "/text"); });
    return error ? std::string(error->what()) : "";
  };
  CHECK(refusal([](Json& j) { j.erase("texts"); }) == "preprocess.json: /text: texts is missing");
  CHECK(refusal([](Json& j) { j["texts_with"].push_back(1); }) ==
        "preprocess.json: /text: texts_with and vocabulary differ in length");
  CHECK(refusal([](Json& j) { j["texts_with"][0] = 99; }) ==
        "preprocess.json: /text: texts_with holds something that is no count of texts");
  CHECK(refusal([](Json& j) { j["vocabulary"][0] = "b"; }) ==
        "preprocess.json: /text: a term stands twice");
  CHECK(refusal([](Json& j) { j["vocabulary"][0] = 1; }) ==
        "preprocess.json: /text: vocabulary holds something that is no text");
  CHECK(refusal([](Json& j) {
          j["words"]["ngrams"] = {3, 2};
        }) == "preprocess.json: /text: ngrams is no range");
  CHECK(refusal([](Json& j) { j["words"]["hashing"] = 60; }) ==
        "preprocess.json: /text/words/hashing: found 60, expected a whole number in [4, 20]");
}

TEST_CASE("sublinear counts a term that comes often little more") {
  auto words = counts();
  words.sublinear = true;
  const std::vector<std::string> texts = {"a a a b", "a c", "b"};
  const auto weighed = weights(fit(words, texts), "a a a b");
  CHECK(weighed.at("a") == Approx(1.0 + std::log(3.0)));
  CHECK(weighed.at("b") == Approx(1.0));

  // scikit-learn's TfidfVectorizer(sublinear_tf=True): idf = ln((1 + n) / (1 + d)) + 1.
  words.weighting = Weighting::tfidf;
  const double idf = std::log(4.0 / 3.0) + 1.0;
  const double a = (1.0 + std::log(3.0)) * idf, b = idf;
  const auto scaled = weights(fit(words, texts), "a a a b");
  CHECK(scaled.at("a") == Approx(a / std::sqrt(a * a + b * b)));
  CHECK(scaled.at("b") == Approx(b / std::sqrt(a * a + b * b)));

  words.weighting = Weighting::binary;
  CHECK(weights(fit(words, texts), "a a a b").at("a") == 1.0);
}

TEST_CASE("sublinear keeps the sign of hashed terms, and a file without it has it off") {
  auto words = counts();
  words.hashing = 4;
  words.sublinear = true;
  const auto features = fit(words, {"a"});
  std::vector<WeightedTerm> once, thrice;
  for (const std::string term : {"a", "b", "c", "d", "e"}) {
    features.apply(term, once);
    features.apply(term + " " + term + " " + term, thrice);
    REQUIRE((once.size() == 1 && thrice.size() == 1));
    CHECK(thrice[0].weight == Approx(once[0].weight * (1.0 + std::log(3.0))));
  }
  auto json = features.to_json();
  const auto back = TextFeatures::from_json(json, "/text");
  back.apply("a a a", once);
  features.apply("a a a", thrice);
  CHECK(once[0].weight == thrice[0].weight);
  json["words"].erase("sublinear");
  TextFeatures::from_json(json, "/text").apply("a a a", once);
  CHECK(std::abs(once[0].weight) == 3.0f);
}
