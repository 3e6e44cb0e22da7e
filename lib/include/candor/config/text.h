// SPDX-License-Identifier: Apache-2.0
// Text: cleaning, words and terms, tokenizers, corpora. A part of config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <candor/config/data.h>

namespace candor {

enum class UnicodeForm { none, nfc, nfd, nfkc, nfkd };

// Cleaning of text before anything else reads it, in this order: markup, addresses, control
// characters, normal form with case and accents, white space.
struct TextCleanConfig {
  UnicodeForm unicode = UnicodeForm::none;  // normal form (Unicode Standard Annex 15)
  bool case_fold = false;                   // full case folding
  bool strip_accents = false;               // combining diacritical marks, from letters too
  bool strip_control = false;               // control and invisible format characters
  bool strip_markup = false;                // HTML and XML; entities become characters
  bool strip_urls = false;                  // each becomes a space
  bool collapse_whitespace = false;         // runs become a space, or a line feed if they hold one
};

enum class WordUnit { words, characters, characters_in_words };
enum class Weighting { count, binary, tfidf };

struct VocabularyConfig {
  std::int64_t size = 50000;   // terms, those in most training rows first
  std::int64_t min_count = 2;  // training rows; rarer terms are never stored
};

// Text to weighted terms.
struct WordsConfig {
  WordUnit unit = WordUnit::words;
  std::vector<std::int64_t> ngrams = {1, 2};  // shortest and longest run of units that is a term
  std::optional<std::string> stop_words;      // "english", "chinese" or a file of one word per line
  Weighting weighting = Weighting::tfidf;
  bool sublinear = false;  // 1 + ln(count) in place of count
  VocabularyConfig vocabulary;
  std::optional<std::int64_t> hashing;  // bits: terms to 2^bits numbers instead of a vocabulary
};

enum class TokenizerType { characters, bytes, bpe, unigram, file };
enum class Pretokenizer { gpt2, llama3, metaspace };

struct TokenizerConfig {
  TokenizerType type = TokenizerType::characters;
  std::int64_t size = 8192;  // tokens of a learned vocabulary (bpe, unigram), special ones included
  // How text is cut into words before a vocabulary is learned: by the pattern of GPT-2 or Llama 3,
  // over bytes, or (unigram) at blanks, over characters. Empty: gpt2.
  std::optional<Pretokenizer> pretokenizer;
  std::optional<std::string> file;          // type file: a Hugging Face tokenizer.json
  std::vector<std::string> special_tokens;  // bpe, unigram: the first ids; never found in text
};

enum class DocumentUnit { file, line, blank_line, json_lines };

struct TextData {
  static constexpr const char* kType = "text";
  FilesConfig files;
  // What one document is: a file, a line, what stands between blank lines, or a JSON object on a
  // line, of which `field` is the text.
  DocumentUnit documents = DocumentUnit::file;
  std::string field = "text";
  // Training windows hold tokens of several documents anyway; true lets the model look from one
  // into the next and predict its first token.
  bool cross_documents = false;
  TextCleanConfig clean;  // of every document, and of every text that a model is asked about
  TokenizerConfig tokenizer;
  // By document where there are several; of a single one the parts are contiguous: training, then
  // test, then validation last.
  SplitConfig split;
  std::optional<std::string> cache;  // folder for token files; empty: tokens are kept in memory
  // documents json_lines: other fields by whose values the report is broken down.
  std::vector<std::string> groups;
};

}  // namespace candor
