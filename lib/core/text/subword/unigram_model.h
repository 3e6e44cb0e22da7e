// SPDX-License-Identifier: Apache-2.0
// The most probable segmentation of a word under a unigram language model of pieces (Kudo 2018,
// "Subword Regularization", arXiv 1804.10959), with the same tokens as Hugging Face's Unigram.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/text/subword/piece_trie.h"
#include "core/text/subword/subword_model.h"

namespace candor {

struct UnigramOptions {
  bool bytes = false;  // pieces are bytes, and a character is one byte; else UTF-8
  // What stands for characters without a piece; needed unless every byte or character has one.
  std::optional<std::uint32_t> unknown;
  bool byte_fallback = false;  // characters without a piece become <0x..> tokens where these exist
};

class UnigramModel : public SubwordModel {
 public:
  // Pieces by id, empty where a token is never to come out of a text; log-probabilities by id.
  UnigramModel(const std::vector<std::string>& pieces, std::vector<double> scores,
               UnigramOptions options);

  // Work: the word's bytes times the longest piece.
  void encode(std::string_view word, std::vector<WordToken>& tokens) const override;

 private:
  // The best way to a place in the word: where its last piece begins, and which one that is.
  struct Best {
    double score = 0.0;
    std::uint32_t start = 0;
    std::uint32_t id = 0;
    bool reached = false;
  };
  void find_best(std::string_view word, std::vector<Best>& best) const;
  void add_unknown(std::string_view text, std::vector<WordToken>& tokens) const;

  UnigramOptions options_;
  PieceTrie trie_;
  std::vector<double> scores_;
  double unknown_score_;
  std::array<std::optional<std::uint32_t>, 256> fallback_ids_;
};

}  // namespace candor
