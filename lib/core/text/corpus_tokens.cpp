// SPDX-License-Identifier: Apache-2.0
#include "core/text/corpus_tokens.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/utf8.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::size_t index_of(CorpusPart part) { return static_cast<std::size_t>(part); }

// The next start of a UTF-8 sequence at or after `at`.
std::int64_t code_point_start(std::string_view text, std::int64_t at) {
  auto position = static_cast<std::size_t>(at);
  while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) {
    ++position;
  }
  return static_cast<std::int64_t>(position);
}

// The first token is not predicted, so its bytes do not count; an unknown one decodes to nothing,
// and stands for the first character.
DocumentBytes bytes_of(const Tokenizer& tokenizer, std::string_view text,
                       const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return {};
  auto first = tokenizer.decode({ids.front()}).size();
  if (first == 0) first = std::max<std::size_t>(1, read_code_point(text).length);
  first = std::min(first, text.size());
  return {first, text.size() - first};
}

}  // namespace

const char* name_of(CorpusPart part) {
  switch (part) {
    case CorpusPart::train: return "train";
    case CorpusPart::validation: return "validation";
    case CorpusPart::test: return "test";
  }
  return "";
}

CorpusSplit::CorpusSplit(const Corpus& corpus, CorpusPart all)
    : parts_(static_cast<std::size_t>(corpus.documents()), all) {}

CorpusSplit::CorpusSplit(const Corpus& corpus, const SplitConfig& config) {
  if (corpus.documents() > 1) {
    parts_ = split_documents(corpus.keys(), config);
  } else {
    corpus.read([&](std::int64_t, std::string_view text) { cut(text, config); });
  }
}

void CorpusSplit::cut(std::string_view text, const SplitConfig& config) {
  length_ = static_cast<std::int64_t>(text.size());
  const auto share = [&](const std::optional<double>& fraction) {
    return static_cast<std::int64_t>(
        std::llround(fraction.value_or(0.0) * static_cast<double>(length_)));
  };
  const auto test_end = length_ - share(config.validation);
  train_end_ = code_point_start(text, test_end - share(config.test));
  test_end_ = code_point_start(text, test_end);
}

std::int64_t CorpusSplit::size(CorpusPart part) const {
  if (!parts_.empty()) return std::count(parts_.begin(), parts_.end(), part);
  switch (part) {
    case CorpusPart::train: return train_end_;
    case CorpusPart::validation: return length_ - test_end_;
    case CorpusPart::test: return test_end_ - train_end_;
  }
  return 0;
}

void CorpusSplit::for_parts(std::int64_t index, std::string_view text,
                            const std::function<void(CorpusPart, std::string_view)>& take) const {
  if (!parts_.empty()) return take(parts_[static_cast<std::size_t>(index)], text);
  const auto give = [&](CorpusPart part, std::int64_t from, std::int64_t to) {
    if (from == to) return;
    take(part, text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
  };
  give(CorpusPart::train, 0, train_end_);
  give(CorpusPart::test, train_end_, test_end_);
  give(CorpusPart::validation, test_end_, length_);
}

std::string CorpusSplit::digest() const {
  if (parts_.empty()) {
    return sha256(std::to_string(train_end_) + " " + std::to_string(test_end_) + " " +
                  std::to_string(length_));
  }
  std::string digits;
  for (const auto part : parts_) digits += static_cast<char>('0' + index_of(part));
  return sha256(digits);
}

std::string CorpusSplit::digest(CorpusPart part) const {
  if (!parts_.empty()) {
    std::string digits;
    for (const auto other : parts_) digits += other == part ? '1' : '0';
    return sha256(digits);
  }
  const auto end = part == CorpusPart::train  ? train_end_
                   : part == CorpusPart::test ? test_end_
                                              : length_;
  return sha256(std::to_string(end - size(part)) + " " + std::to_string(end));
}

std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerConfig& config, const Corpus& corpus,
                                           const CorpusSplit& split) {
  const auto trainer = make_tokenizer_trainer(config);
  corpus.read([&](std::int64_t index, std::string_view text) {
    split.for_parts(index, text, [&](CorpusPart part, std::string_view piece) {
      if (part == CorpusPart::train) trainer->add(piece);
    });
  });
  return trainer->finish();
}

namespace {

// Token files of the parts, or memory.
class PartWriters {
 public:
  PartWriters(const Corpus& corpus, const CorpusSplit& split, const Tokenizer& tokenizer,
              const TokenCache* cache)
      : vocabulary_(tokenizer.size()), cache_(cache) {
    if (cache == nullptr) return;
    make_folders(cache->folder);
    base_ = "candor tokens 1\n" + corpus.digest() + "\n" + split.digest() + "\n" + cache->settings +
            "\n" + sha256(tokenizer.to_json().dump()) + "\n";
  }

  // True when the part's token file is there and sound.
  bool open(CorpusPart part, CorpusTokens& into) {
    if (cache_ == nullptr) return false;
    into.caches.push_back(path(part).string());
    auto store = open_token_file(path(part), key(part), vocabulary_);
    if (!store) return false;
    into.parts[index_of(part)] = std::move(*store);
    return true;
  }

  void begin(CorpusPart part) {
    if (cache_ == nullptr) {
      writers_[index_of(part)] = std::make_unique<TokenWriter>(vocabulary_);
    } else {
      writers_[index_of(part)] = std::make_unique<TokenWriter>(vocabulary_, path(part), key(part));
    }
  }

  TokenWriter* writer(CorpusPart part) { return writers_[index_of(part)].get(); }

  void finish(CorpusTokens& into) {
    for (const auto part : kCorpusParts) {
      if (auto* open = writer(part)) into.parts[index_of(part)] = open->finish();
    }
  }

 private:
  std::string key(CorpusPart part) const { return sha256(base_ + name_of(part)); }
  fs::path path(CorpusPart part) const {
    return fs::path(cache_->folder) / (key(part).substr(0, 32) + "-" + name_of(part) + ".tokens");
  }

  std::int64_t vocabulary_;
  const TokenCache* cache_;
  std::string base_;
  std::array<std::unique_ptr<TokenWriter>, 3> writers_;
};

}  // namespace

TokenStore tokenise_one(std::string_view text, const Tokenizer& tokenizer) {
  TokenWriter writer(tokenizer.size());
  const auto ids = tokenizer.encode(text);
  writer.add(ids);
  writer.end_document(bytes_of(tokenizer, text, ids));
  return writer.finish();
}

CorpusTokens tokenise(const Corpus& corpus, const CorpusSplit& split, const Tokenizer& tokenizer,
                      const std::vector<CorpusPart>& wanted, const TokenCache* cache) {
  CorpusTokens result;
  PartWriters writers(corpus, split, tokenizer, cache);
  bool complete = true;
  for (const auto part : wanted) {
    if (split.size(part) == 0 || writers.open(part, result)) continue;
    writers.begin(part);
    complete = false;
  }
  result.cached = complete && !result.caches.empty();
  if (complete) return result;
  corpus.read([&](std::int64_t index, std::string_view text) {
    split.for_parts(index, text, [&](CorpusPart part, std::string_view piece) {
      auto* writer = writers.writer(part);
      if (writer == nullptr) return;
      const auto ids = tokenizer.encode(piece);
      writer->add(ids);
      writer->end_document(bytes_of(tokenizer, piece, ids));
    });
  });
  writers.finish(result);
  return result;
}

}  // namespace candor
