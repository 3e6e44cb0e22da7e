// SPDX-License-Identifier: Apache-2.0
// Fields of text. A part of core/config/fields.h.
#pragma once

#include <candor/config/text.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(UnicodeForm, "none", "nfc", "nfd", "nfkc", "nfkd");
CANDOR_ENUM_NAMES(WordUnit, "words", "characters", "characters_in_words");
CANDOR_ENUM_NAMES(Weighting, "count", "binary", "tfidf");
CANDOR_ENUM_NAMES(DocumentUnit, "file", "line", "blank_line", "json_lines");
CANDOR_ENUM_NAMES(TokenizerType, "characters", "bytes", "bpe", "unigram", "file");
CANDOR_ENUM_NAMES(Pretokenizer, "gpt2", "llama3", "metaspace");

template <class V>
void fields(V& v, TextCleanConfig& c) {
  v(Field("unicode", "normal form"), c.unicode);
  v(Field("case_fold", "upper and lower case become one, in every script"), c.case_fold);
  v(Field("strip_accents", "é becomes e; other scripts keep their vowel signs and points"),
    c.strip_accents);
  v(Field("strip_control", "control and invisible format characters go"), c.strip_control);
  v(Field("strip_markup", "HTML and XML tags go, entities become characters"), c.strip_markup);
  v(Field("strip_urls", "each address becomes a space"), c.strip_urls);
  v(Field("collapse_whitespace", "runs of white space become a space, or one line break"),
    c.collapse_whitespace);
}

template <class V>
void fields(V& v, VocabularyConfig& c) {
  v(Field("size", "terms at most; those in most training rows are kept").range(1, 1000000), c.size);
  v(Field("min_count", "terms in fewer training rows are never stored").range(1, 1e9).in("rows"),
    c.min_count);
}

template <class V>
void fields(V& v, WordsConfig& c) {
  v(Field("unit",
          "words: by Unicode word boundaries; characters: across words; characters_in_words: "
          "within words, with a space at both ends"),
    c.unit);
  v(Field("ngrams", "shortest and longest run of units that is a term").range(1, 16), c.ngrams);
  v(Field("stop_words", "words left out: english, chinese, or a file with one word a line"),
    c.stop_words);
  v(Field("weighting", "tfidf: count * (ln((1 + rows) / (1 + rows with the term)) + 1), length 1"),
    c.weighting);
  v(Field("sublinear", "1 + ln(count) in place of count"), c.sublinear);
  v(Field("vocabulary", "which terms of the training rows are known"), c.vocabulary);
  v(Field("hashing", "terms to 2^bits signed hash numbers instead of a vocabulary; null: off")
        .range(4, 20)
        .in("bits"),
    c.hashing);
}

template <class V>
void fields(V& v, TokenizerConfig& c) {
  v(Field("type", "what one token is; bpe and unigram are learned, file is read"), c.type);
  v(Field("size", "of a learned vocabulary, special tokens included")
        .range(256, 1000000)
        .in("tokens"),
    c.size);
  v(Field("pretokenizer",
          "how text is cut into words before learning: GPT-2's or Llama 3's pattern over bytes, or "
          "(unigram) at blanks over characters; null: gpt2"),
    c.pretokenizer);
  v(Field("file", "type file: a Hugging Face tokenizer.json; relative to this file"), c.file);
  v(Field("special_tokens",
          "bpe and unigram: tokens that get the first ids and never come out of "
          "a text"),
    c.special_tokens);
}

template <class V>
void fields(V& v, TextData& c) {
  v(Field("files", "where the text lies; relative to this file").must(), c.files);
  v(Field("documents",
          "what one document is; blank_line: the lines between two blank ones; json_lines: an "
          "object on each line"),
    c.documents);
  v(Field("field", "json_lines: the object's field that holds the text"), c.field);
  v(Field("cross_documents", "training looks from one document into the next"), c.cross_documents);
  v(Field("clean", "what is taken out of a text, or made equal, before it becomes tokens"),
    c.clean);
  v(Field("tokenizer", "text to tokens"), c.tokenizer);
  v(Field("split",
          "by document; of a single one contiguous parts: training, then test, then validation "
          "last"),
    c.split);
  v(Field("cache", "folder for token files, so that memory need not hold them; null: none"),
    c.cache);
  v(Field("groups",
          "documents \"json_lines\": other fields by whose values the report is broken down"),
    c.groups);
}

}  // namespace candor
