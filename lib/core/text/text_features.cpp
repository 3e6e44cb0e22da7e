// SPDX-License-Identifier: Apache-2.0
#include "core/text/text_features.h"

#include <candor/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/config/read.h"
#include "core/config/write.h"

namespace candor {
namespace {

constexpr std::uint64_t kHashSeed = 0xCA4D02;

// Memory of one thread, kept from text to text.
struct Scratch {
  TermBuffer buffer;
  // Per index: 1 + its place among the terms of the text at hand; all 0 between two texts.
  std::vector<std::uint32_t> places;
};

Scratch& scratch_for(std::int64_t size) {
  static thread_local Scratch scratch;
  if (scratch.places.size() < static_cast<std::size_t>(size)) {
    scratch.places.resize(static_cast<std::size_t>(size));
  }
  return scratch;
}

// The places of `terms` go back to 0 whatever happens, for the thread's next text.
struct PlacesReset {
  Scratch& scratch;
  const std::vector<WeightedTerm>& terms;

  ~PlacesReset() { now(); }
  void now() const {
    for (const auto& term : terms) scratch.places[static_cast<std::size_t>(term.index)] = 0;
  }
};

void count(std::int64_t index, float by, Scratch& scratch, std::vector<WeightedTerm>& terms) {
  auto& place = scratch.places[static_cast<std::size_t>(index)];
  if (place == 0) {
    terms.push_back({index, 0.0f});
    place = static_cast<std::uint32_t>(terms.size());
  }
  terms[place - 1].weight += by;
}

struct Hashed {
  std::int64_t index;
  float sign;
};

Hashed hashed(std::string_view term, std::int64_t bits) {
  const auto hash = term_hash(term, kHashSeed);
  return {static_cast<std::int64_t>(hash & ((1ull << bits) - 1)), hash >> 63 == 0 ? 1.0f : -1.0f};
}

// 1 + ln |count| with the sign of the count, which is a whole number other than 0.
float sublinear(float count) { return std::copysign(1.0f + std::log(std::abs(count)), count); }

// Counts, for each number, the texts in which it occurs.
class TextCounter {
 public:
  void start_text() { ++text_; }
  void add(std::size_t index) {
    if (index >= last_.size()) {
      last_.resize(index + 1);
      counts_.resize(index + 1);
    }
    if (last_[index] == text_) return;
    last_[index] = text_;
    ++counts_[index];
  }
  std::vector<std::int64_t>& counts() { return counts_; }

 private:
  std::int64_t text_ = 0;
  std::vector<std::int64_t> last_;  // 1 + the last text with it
  std::vector<std::int64_t> counts_;
};

[[noreturn]] void bad(const std::string& at, const std::string& what) {
  throw Error(ErrorKind::model, "preprocess.json: " + at + ": " + what);
}

std::vector<std::int64_t> counts_of(const Json& json, const std::string& at, std::int64_t texts) {
  if (!json.is_array()) bad(at, "texts_with is no list");
  std::vector<std::int64_t> counts;
  for (const auto& count : json) {
    if (!count.is_number_integer() || count < 0 || count > texts) {
      bad(at, "texts_with holds something that is no count of texts");
    }
    counts.push_back(count.get<std::int64_t>());
  }
  return counts;
}

}  // namespace

TextFeatures::TextFeatures(const TextCleanConfig& clean, const WordsConfig& words,
                           StopWords stop_words)
    : words_(words), reader_(clean, words, std::move(stop_words)) {}

TextFeatures TextFeatures::fit(const TextCleanConfig& clean, const WordsConfig& words,
                               std::span<const std::string_view> texts) {
  TextFeatures features(clean, words,
                        words.stop_words ? StopWords::load(*words.stop_words) : StopWords());
  features.texts_ = static_cast<std::int64_t>(texts.size());
  if (words.hashing) {
    features.fit_hashing(texts);
  } else {
    features.fit_vocabulary(texts);
  }
  features.finish();
  return features;
}

void TextFeatures::fit_vocabulary(std::span<const std::string_view> texts) {
  TermTable all;
  TextCounter counter;
  TermBuffer buffer;
  for (const auto text : texts) {
    counter.start_text();
    reader_.read(text, buffer, [&](std::string_view term) { counter.add(all.add(term)); });
  }
  const auto& counts = counter.counts();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (counts[i] >= words_.vocabulary.min_count) kept.push_back(i);
  }
  if (kept.empty()) {
    throw Error(ErrorKind::data, "no term occurs in " +
                                     std::to_string(words_.vocabulary.min_count) +
                                     " training texts; lower data.text.words.vocabulary.min_count");
  }
  const auto in_order = [&](std::size_t a, std::size_t b) { return all.term(a) < all.term(b); };
  const auto size = static_cast<std::size_t>(words_.vocabulary.size);
  if (kept.size() > size) {
    std::sort(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) {
      return counts[a] != counts[b] ? counts[a] > counts[b] : in_order(a, b);
    });
    kept.resize(size);
  }
  std::sort(kept.begin(), kept.end(), in_order);
  for (const auto i : kept) {
    vocabulary_.add(all.term(i));
    if (words_.weighting == Weighting::tfidf) texts_with_.push_back(counts[i]);
  }
}

void TextFeatures::fit_hashing(std::span<const std::string_view> texts) {
  if (words_.weighting != Weighting::tfidf) return;
  TextCounter counter;
  TermBuffer buffer;
  for (const auto text : texts) {
    counter.start_text();
    reader_.read(text, buffer, [&](std::string_view term) {
      counter.add(static_cast<std::size_t>(hashed(term, *words_.hashing).index));
    });
  }
  texts_with_ = std::move(counter.counts());
  texts_with_.resize(std::size_t{1} << *words_.hashing);
}

void TextFeatures::finish() {
  size_ = words_.hashing ? std::int64_t{1} << *words_.hashing
                         : static_cast<std::int64_t>(vocabulary_.size());
  for (const auto count : texts_with_) {
    const auto share = (1.0 + static_cast<double>(texts_)) / (1.0 + static_cast<double>(count));
    inverse_frequency_.push_back(static_cast<float>(std::log(share) + 1.0));
  }
}

void TextFeatures::apply(std::string_view text, std::vector<WeightedTerm>& terms) const {
  terms.clear();
  auto& scratch = scratch_for(size_);
  const PlacesReset reset{scratch, terms};
  reader_.read(text, scratch.buffer, [&](std::string_view term) {
    if (words_.hashing) {
      const auto [index, sign] = hashed(term, *words_.hashing);
      count(index, sign, scratch, terms);
    } else if (const auto index = vocabulary_.find(term); index >= 0) {
      count(index, 1.0f, scratch, terms);
    }
  });
  reset.now();
  weigh(terms);
}

void TextFeatures::weigh(std::vector<WeightedTerm>& terms) const {
  std::erase_if(terms, [](const WeightedTerm& term) { return term.weight == 0.0f; });
  if (words_.weighting == Weighting::binary) {
    for (auto& term : terms) term.weight = term.weight > 0 ? 1.0f : -1.0f;
  }
  if (words_.sublinear && words_.weighting != Weighting::binary) {
    for (auto& term : terms) term.weight = sublinear(term.weight);
  }
  if (words_.weighting != Weighting::tfidf) return;
  double squares = 0.0;
  for (auto& term : terms) {
    term.weight *= inverse_frequency_[static_cast<std::size_t>(term.index)];
    squares += static_cast<double>(term.weight) * static_cast<double>(term.weight);
  }
  const auto scale = squares > 0.0 ? static_cast<float>(1.0 / std::sqrt(squares)) : 0.0f;
  for (auto& term : terms) term.weight *= scale;
}

Json TextFeatures::to_json() const {
  auto words = words_;
  words.stop_words.reset();  // the list itself follows: the model needs no other file
  Json json;
  json["clean"] = reader_.normalizer().to_json();
  json["words"] = section_json(words);
  json["stop_words"] = reader_.stop_words().to_json();
  json["texts"] = texts_;
  json["texts_with"] = texts_with_;
  json["vocabulary"] = Json::array();
  for (std::size_t i = 0; i < vocabulary_.size(); ++i) {
    json["vocabulary"].push_back(vocabulary_.term(i));
  }
  return json;
}

TextFeatures TextFeatures::from_json(const Json& json, const std::string& at) {
  for (const auto* key : {"clean", "words", "stop_words", "texts", "texts_with", "vocabulary"}) {
    if (!json.is_object() || !json.contains(key)) bad(at, std::string(key) + " is missing");
  }
  Problems problems("preprocess.json", ErrorKind::model);
  const auto clean = read_section<TextCleanConfig>(json["clean"], at + "/clean", problems);
  const auto words = read_section<WordsConfig>(json["words"], at + "/words", problems);
  problems.raise();
  const auto& n = words.ngrams;
  if (n.size() != 2 || n[0] > n[1]) bad(at, "ngrams is no range");
  TextFeatures features(clean, words, StopWords::from_json(json["stop_words"]));
  if (!json["texts"].is_number_integer() || json["texts"] < 0) bad(at, "texts is no count");
  features.texts_ = json["texts"].get<std::int64_t>();
  features.texts_with_ = counts_of(json["texts_with"], at, features.texts_);
  if (!json["vocabulary"].is_array()) bad(at, "vocabulary is no list");
  for (const auto& term : json["vocabulary"]) {
    if (!term.is_string()) bad(at, "vocabulary holds something that is no text");
    features.vocabulary_.add(term.get_ref<const std::string&>());
  }
  if (features.vocabulary_.size() != json["vocabulary"].size()) bad(at, "a term stands twice");
  features.finish();
  const auto expected = words.weighting == Weighting::tfidf ? features.size_ : 0;
  if (static_cast<std::int64_t>(features.texts_with_.size()) != expected) {
    bad(at, "texts_with and vocabulary differ in length");
  }
  return features;
}

}  // namespace candor
