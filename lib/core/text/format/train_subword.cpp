// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/train_subword.h"

#include <algorithm>
#include <set>
#include <utility>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/text/format/read_tokenizer.h"
#include "core/text/split/pre_tokenizer.h"
#include "core/text/subword/bpe_trainer.h"
#include "core/text/subword/byte_alphabet.h"
#include "core/text/subword/byte_tokens.h"
#include "core/text/subword/unigram_trainer.h"
#include "core/text/subword/word_counts.h"

namespace candor {
namespace {

constexpr const char* kUnknownToken = "<unk>";
// Of tokens that no text is to give: below any sum of real scores that a word could prefer.
constexpr double kNeverScore = -1000.0;

// ---- words -----------------------------------------------------------------------------------

WordCounter::Cut cut_of(Pretokenizer pretokenizer) {
  if (pretokenizer == Pretokenizer::metaspace) {
    return [](std::string_view text, const std::function<void(std::string_view)>& word) {
      const PreTokenizer steps({MetaspaceStep{}});
      for (const auto& part : steps.split(whole_part(text, 0, false))) word(part.text);
    };
  }
  const auto type =
      pretokenizer == Pretokenizer::gpt2 ? WordPatternType::gpt2 : WordPatternType::llama3;
  return [type](std::string_view text, const std::function<void(std::string_view)>& word) {
    const WordPattern pattern(type);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = pattern.end_of_word(text, at);
      word(text.substr(at, end - at));
      at = end;
    }
  };
}

// ---- the file --------------------------------------------------------------------------------

Json byte_level(bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

Json metaspace() {
  return {{"type", "Metaspace"},
          {"replacement", MetaspaceStep{}.mark},
          {"prepend_scheme", "always"},
          {"split", true}};
}

Json pre_tokenizer_json(Pretokenizer pretokenizer) {
  if (pretokenizer == Pretokenizer::gpt2) return byte_level(true);
  if (pretokenizer == Pretokenizer::metaspace) return metaspace();
  const Json pattern = {{"Regex", std::string(expression_of(WordPatternType::llama3))}};
  const Json split = {
      {"type", "Split"}, {"pattern", pattern}, {"behavior", "Isolated"}, {"invert", false}};
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level(false)})}};
}

Json decoder_json(Pretokenizer pretokenizer) {
  if (pretokenizer != Pretokenizer::metaspace) return byte_level(true);
  const Json pattern = {{"String", MetaspaceStep{}.mark}};
  const Json replace = {{"type", "Replace"}, {"pattern", pattern}, {"content", " "}};
  const Json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
  return {
      {"type", "Sequence"},
      {"decoders", Json::array({replace, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}, strip})}};
}

// Special tokens have the first ids.
Json added_tokens(const std::vector<std::string>& special) {
  auto list = Json::array();
  for (std::size_t id = 0; id < special.size(); ++id) {
    list.push_back({{"id", id},
                    {"content", special[id]},
                    {"single_word", false},
                    {"lstrip", false},
                    {"rstrip", false},
                    {"normalized", false},
                    {"special", true}});
  }
  return list;
}

Json file_json(const std::vector<std::string>& special, Pretokenizer pretokenizer, Json model) {
  Json json;
  json["version"] = "1.0";
  json["truncation"] = nullptr;
  json["padding"] = nullptr;
  json["added_tokens"] = added_tokens(special);
  json["normalizer"] = nullptr;
  json["pre_tokenizer"] = pre_tokenizer_json(pretokenizer);
  json["post_processor"] = nullptr;
  json["decoder"] = decoder_json(pretokenizer);
  json["model"] = std::move(model);
  return json;
}

void check_room(std::int64_t size, std::size_t needed) {
  if (size >= static_cast<std::int64_t>(needed)) return;
  throw Error(ErrorKind::config, "data.tokenizer.size is " + std::to_string(size) +
                                     ", but the vocabulary needs " + std::to_string(needed) +
                                     " tokens for its special tokens and single characters alone; "
                                     "raise it");
}

void tell_size(std::size_t found, std::int64_t wanted) {
  if (static_cast<std::int64_t>(found) >= wanted) return;
  log().warn(
      "the training text gives a vocabulary of {} tokens only; data.tokenizer.size asks for {}",
      found, wanted);
}

// ---- trainers --------------------------------------------------------------------------------

class SubwordTrainer : public TokenizerTrainer {
 public:
  explicit SubwordTrainer(const TokenizerConfig& config)
      : config_(config),
        pretokenizer_(config.pretokenizer.value_or(Pretokenizer::gpt2)),
        counter_(cut_of(pretokenizer_)) {}

  void add(std::string_view text) override { counter_.add(text); }

  std::unique_ptr<Tokenizer> finish() override {
    if (counter_.bytes() == 0) throw Error(ErrorKind::data, "the training text is empty");
    return read_tokenizer(learn(counter_.finish()));
  }

 protected:
  virtual Json learn(const std::vector<CountedWord>& words) = 0;

  const TokenizerConfig config_;
  const Pretokenizer pretokenizer_;
  WordCounter counter_;
};

class BpeTokenizerTrainer final : public SubwordTrainer {
 public:
  explicit BpeTokenizerTrainer(const TokenizerConfig& config) : SubwordTrainer(config) {
    check_room(config.size, config.special_tokens.size() + 256);
  }

 private:
  Json learn(const std::vector<CountedWord>& words) override {
    const auto& special = config_.special_tokens;
    const auto learned = learn_bpe(words, static_cast<std::size_t>(config_.size) - special.size());
    Json::object_t vocab;
    auto& entries = static_cast<Json::object_t::Container&>(vocab);
    for (const auto& token : special) entries.emplace_back(token, entries.size());
    for (const auto& token : learned.tokens) {
      entries.emplace_back(alphabet_of_bytes(token), entries.size());
    }
    auto merges = Json::array();
    for (const auto& merge : learned.merges) {
      merges.push_back(Json::array({alphabet_of_bytes(learned.tokens[merge.left]),
                                    alphabet_of_bytes(learned.tokens[merge.right])}));
    }
    tell_size(entries.size(), config_.size);
    Json model;
    model["type"] = "BPE";
    for (const char* key :
         {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"}) {
      model[key] = nullptr;
    }
    for (const char* key : {"fuse_unk", "byte_fallback", "ignore_merges"}) model[key] = false;
    model["vocab"] = std::move(vocab);
    model["merges"] = std::move(merges);
    return file_json(special, pretokenizer_, std::move(model));
  }
};

class UnigramTokenizerTrainer final : public SubwordTrainer {
 public:
  explicit UnigramTokenizerTrainer(const TokenizerConfig& config)
      : SubwordTrainer(config), bytes_(pretokenizer_ != Pretokenizer::metaspace) {
    special_ = config.special_tokens;
    if (!bytes_) special_.emplace_back(kUnknownToken);
    check_room(config.size, special_.size() + 256);
  }

  void add(std::string_view text) override {
    if (const auto bad = bytes_ ? std::nullopt : find_invalid_utf8(text)) {
      throw Error(ErrorKind::data, "the training text is not valid UTF-8 at byte " +
                                       std::to_string(counter_.bytes() + *bad) +
                                       "; convert it, or set data.tokenizer.pretokenizer to gpt2");
    }
    SubwordTrainer::add(text);
  }

 private:
  Json learn(const std::vector<CountedWord>& words) override {
    const auto single = required(words);
    const auto fixed = special_.size() + (bytes_ ? 0 : 256);
    check_room(config_.size, fixed + single.size());
    const auto learned =
        learn_unigram(words, single, static_cast<std::size_t>(config_.size) - fixed, bytes_);
    auto vocab = Json::array();
    const auto add = [&](const std::string& token, double score) {
      vocab.push_back(Json::array({token, score}));
    };
    for (const auto& token : special_) add(token, kNeverScore);
    for (int byte = 0; byte < 256 && !bytes_; ++byte) {
      add(byte_token(static_cast<unsigned char>(byte)), kNeverScore);
    }
    for (std::size_t i = 0; i < learned.pieces.size(); ++i) {
      const auto& piece = learned.pieces[i];
      add(bytes_ ? alphabet_of_bytes(piece) : piece, learned.scores[i]);
    }
    tell_size(vocab.size(), config_.size);
    Json model;
    model["type"] = "Unigram";
    model["unk_id"] = bytes_ ? Json(nullptr) : Json(special_.size() - 1);
    model["vocab"] = std::move(vocab);
    model["byte_fallback"] = !bytes_;
    return file_json(special_, pretokenizer_, std::move(model));
  }

  static void add_characters(std::string_view text, std::set<std::string>& characters) {
    while (!text.empty()) {
      const auto length = std::max<std::size_t>(1, read_code_point(text).length);
      characters.emplace(text.substr(0, length));
      text.remove_prefix(length);
    }
  }

  // Every byte, or every character of the text; and those of special tokens, so that their spelling
  // costs a reader of the file less than a special token does.
  std::vector<std::string> required(const std::vector<CountedWord>& words) const {
    std::set<std::string> single;
    for (int byte = 0; byte < 256 && bytes_; ++byte) single.emplace(1, static_cast<char>(byte));
    if (!bytes_) {
      for (const auto& word : words) add_characters(word.text, single);
      for (const auto& token : special_) add_characters(token, single);
    }
    return {single.begin(), single.end()};
  }

  bool bytes_;
  std::vector<std::string> special_;
};

}  // namespace

std::unique_ptr<TokenizerTrainer> make_subword_trainer(const TokenizerConfig& config) {
  if (config.type == TokenizerType::bpe) return std::make_unique<BpeTokenizerTrainer>(config);
  return std::make_unique<UnigramTokenizerTrainer>(config);
}

}  // namespace candor
