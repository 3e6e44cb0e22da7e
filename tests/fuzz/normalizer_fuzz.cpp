// SPDX-License-Identifier: Apache-2.0
// Cleaning, segmentation and terms of any bytes. The first byte chooses the steps.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/utf8.h"
#include "core/text/normalizer.h"
#include "core/text/text_features.h"

using namespace candor;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

TextCleanConfig clean_of(unsigned bits) {
  TextCleanConfig clean;
  clean.unicode = static_cast<UnicodeForm>(bits % 5);
  clean.case_fold = (bits & 8) != 0;
  clean.strip_accents = (bits & 16) != 0;
  clean.strip_control = clean.strip_markup = (bits & 32) != 0;
  clean.strip_urls = (bits & 64) != 0;
  clean.collapse_whitespace = (bits & 128) != 0;
  return clean;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto clean = clean_of(data[0]);
  const Normalizer normalizer(clean);
  const auto cleaned = normalizer.apply(text);
  require(!normalizer.any() || !find_invalid_utf8(cleaned));

  WordsConfig words;
  words.unit = static_cast<WordUnit>(data[0] % 3);
  words.ngrams = {1, 3};
  words.vocabulary.min_count = 1;
  if ((data[0] & 4) != 0) words.hashing = 8;
  const std::string_view texts[] = {text, "a seed of text"};
  const auto features = TextFeatures::fit(clean, words, texts);
  std::vector<WeightedTerm> terms;
  features.apply(text, terms);
  for (const auto& term : terms) require(term.index >= 0 && term.index < features.size());
  require(TextFeatures::from_json(features.to_json(), "/text").size() == features.size());
  return 0;
}
