// SPDX-License-Identifier: Apache-2.0
// Byte pair encoding (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword
// Units"), with the options of Hugging Face's BPE model and the same tokens.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/text/subword/pair_table.h"
#include "core/text/subword/subword_model.h"
#include "core/text/subword/token_map.h"

namespace candor {

struct BpeOptions {
  bool bytes = false;                    // symbols are bytes, and tokens are bytes; else characters
  std::optional<std::uint32_t> unknown;  // none: what the vocabulary lacks is dropped
  bool fuse_unknown = false;             // neighbouring unknown characters are one token
  bool byte_fallback = false;            // unknown characters become <0x..> tokens
  bool ignore_merges = false;  // a word that is a token is that token, whatever its merges
  std::string prefix;          // of every symbol but a word's first
  std::string suffix;          // of a word's last symbol
};

// One line of the list of merges, by ids.
struct BpeMerge {
  std::uint32_t left, right, whole;
};

class BpeModel : public SubwordModel {
 public:
  // `tokens` by id: bytes where `options.bytes`. `merges` in the order of their ranks.
  BpeModel(const std::vector<std::string>& tokens, const std::vector<BpeMerge>& merges,
           BpeOptions options);

  void encode(std::string_view word, std::vector<WordToken>& tokens) const override;
  // The same; returns how many pairs were looked up, a measure of the work that grows with the
  // word's length and no faster.
  std::size_t encode_counted(std::string_view word, std::vector<WordToken>& tokens) const;

 private:
  struct Unknown {
    bool open = false;
    std::uint32_t length = 0;
  };
  void add_symbols(std::string_view word, std::vector<WordToken>& symbols) const;
  void add_unknown(std::string_view symbol, std::size_t length, Unknown& unknown,
                   std::vector<WordToken>& symbols) const;
  bool add_bytes(std::string_view symbol, std::vector<WordToken>& symbols) const;
  std::int32_t symbol_id(std::string_view symbol, bool first, bool last, std::string& text) const;
  // Both return how many pairs they looked up.
  std::size_t merge_short(std::vector<WordToken>& symbols, std::size_t begin) const;
  std::size_t merge_long(std::vector<WordToken>& symbols, std::size_t begin) const;

  BpeOptions options_;
  TokenMap ids_;
  PairTable merges_;
  std::array<std::int32_t, 256> byte_ids_{};      // of single bytes; TokenMap::kNone where none
  std::array<std::int32_t, 256> fallback_ids_{};  // of <0x..>
};

}  // namespace candor
