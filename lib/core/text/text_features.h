// SPDX-License-Identifier: Apache-2.0
// Texts to sparse vectors of weighted terms. Fitted on training texts.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/text/term_reader.h"
#include "core/text/term_table.h"

namespace candor {

struct WeightedTerm {
  std::int64_t index = 0;
  float weight = 0.0f;
};

class TextFeatures {
 public:
  // Learns the vocabulary, or with hashing only how many texts each number occurs in. Terms of
  // fewer than vocabulary.min_count texts are not stored; of the others the vocabulary.size that
  // occur in most texts (the earlier in byte order where two are equal), numbered in byte order.
  // Throws Error{data} when no term is left.
  static TextFeatures fit(const TextCleanConfig& clean, const WordsConfig& words,
                          std::span<const std::string_view> texts);

  // Numbers of terms: indices are in [0, size()).
  std::int64_t size() const { return size_; }

  // Replaces `terms` by those of `text`, each index once, in order of first occurrence; unknown
  // terms count for nothing. Weights:
  //   binary  1
  //   count   how often the term occurs, or with `sublinear` 1 + ln of that
  //   tfidf   that count * (ln((1 + n) / (1 + d)) + 1) for n training texts, d of them with the
  //   term,
  //           scaled so that the squares add up to 1 (Salton and Buckley 1988; scikit-learn's
  //           TfidfVectorizer with its defaults)
  // With hashing, a term counts +1 or -1 by one bit of its hash (Weinberger et al. 2009), so that
  // terms that meet in one number cancel out on average; weights that add up to 0 are left out, and
  // `sublinear` keeps the sign.
  // Linear in the length of the text. May be called from several threads.
  void apply(std::string_view text, std::vector<WeightedTerm>& terms) const;

  Json to_json() const;
  static TextFeatures from_json(const Json& json, const std::string& at);  // throws Error{model}

 private:
  TextFeatures(const TextCleanConfig& clean, const WordsConfig& words, StopWords stop_words);
  void fit_vocabulary(std::span<const std::string_view> texts);
  void fit_hashing(std::span<const std::string_view> texts);
  void weigh(std::vector<WeightedTerm>& terms) const;
  void finish();

  WordsConfig words_;
  TermReader reader_;
  TermTable vocabulary_;
  std::int64_t size_ = 0;
  std::int64_t texts_ = 0;                // that were fitted
  std::vector<std::int64_t> texts_with_;  // per index; tfidf only
  std::vector<float> inverse_frequency_;  // per index; tfidf only
};

}  // namespace candor
