// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/pipeline_tokenizer.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/text/token_table.h"

namespace candor {
namespace {

std::vector<AddedToken> where_normalized(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<AddedToken> result;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(result),
               [&](const auto& token) { return token.normalized == normalized; });
  return result;
}

// As they are found in a normalised text.
std::vector<AddedToken> normalized_tokens(const TokenizerParts& parts) {
  auto tokens = where_normalized(parts.added, true);
  for (auto& token : tokens) token.content = parts.normalizer.apply(token.content);
  return tokens;
}

constexpr std::size_t kReserve = 4;  // bytes of a text per token, roughly

}  // namespace

// What a call needs besides the text; kept between calls, so that words stay known.
class PipelineTokenizer::Scratch {
 public:
  WordCache cache;
  std::vector<WordToken> tokens;
};

class PipelineTokenizer::Borrowed {
 public:
  explicit Borrowed(const PipelineTokenizer& owner) : owner_(owner) {
    const std::scoped_lock lock(owner_.mutex_);
    if (owner_.idle_.empty()) return;
    scratch_ = std::move(owner_.idle_.back());
    owner_.idle_.pop_back();
  }
  ~Borrowed() {
    if (!scratch_) return;
    const std::scoped_lock lock(owner_.mutex_);
    owner_.idle_.push_back(std::move(scratch_));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Scratch& operator*() {
    if (!scratch_) scratch_ = std::make_unique<Scratch>();
    return *scratch_;
  }

 private:
  const PipelineTokenizer& owner_;
  std::unique_ptr<Scratch> scratch_;
};

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts)
    : parts_(std::move(parts)),
      special_(parts_.tokens.size()),
      raw_(where_normalized(parts_.added, false)),
      normalized_(normalized_tokens(parts_)) {
  for (const auto& token : parts_.added) {
    special_[token.id] = token.special;
    plain_tokens_ = plain_tokens_ || !token.special;
  }
  if (parts_.normalizer.changes_nothing()) pattern_ = parts_.pre_tokenizer.only_pattern();
}

PipelineTokenizer::~PipelineTokenizer() = default;

template <class Text, class Token>
void PipelineTokenizer::walk(std::string_view text, bool allow_special, Text&& on_text,
                             Token&& on_token) const {
  if (text.empty()) return;
  const bool search = allow_special || plain_tokens_;
  const std::vector<Stretch> whole = {{0, text.size(), {}}};
  for (const auto& raw : search ? raw_.find(text, allow_special) : whole) {
    if (raw.token) {
      on_token(*raw.token, raw.begin, raw.end);
      continue;
    }
    const auto part = text.substr(raw.begin, raw.end - raw.begin);
    if (parts_.normalizer.changes_nothing() && (!search || normalized_.empty())) {
      on_text(part, raw.begin);
      continue;
    }
    const auto normal = parts_.normalizer.apply(part);
    for (const auto& stretch : normalized_.find(normal, allow_special)) {
      const auto begin = raw.begin + stretch.begin;
      if (stretch.token) {
        on_token(*stretch.token, begin, raw.begin + stretch.end);
      } else {
        on_text(std::string_view(normal).substr(stretch.begin, stretch.end - stretch.begin), begin);
      }
    }
  }
}

std::vector<std::int64_t> PipelineTokenizer::encode(std::string_view text,
                                                    const EncodeOptions& options) const {
  std::vector<std::int64_t> ids;
  ids.reserve(text.size() / kReserve + parts_.before.size() + parts_.after.size());
  if (options.add_special) ids = parts_.before;
  Borrowed scratch(*this);
  walk(
      text, options.allow_special,
      [&](std::string_view part, std::size_t offset) { encode_text(part, offset, *scratch, ids); },
      [&](std::uint32_t id, std::size_t, std::size_t) { ids.push_back(id); });
  if (options.add_special) ids.insert(ids.end(), parts_.after.begin(), parts_.after.end());
  return ids;
}

void PipelineTokenizer::encode_text(std::string_view text, std::size_t offset, Scratch& scratch,
                                    std::vector<std::int64_t>& ids) const {
  if (pattern_) return encode_words(*pattern_, text, scratch, ids);
  for (const auto& part : parts_.pre_tokenizer.split(whole_part(text, offset, false))) {
    encode_word(part.text, false, scratch, ids);
  }
}

void PipelineTokenizer::encode_words(WordPatternType type, std::string_view text, Scratch& scratch,
                                     std::vector<std::int64_t>& ids) const {
  const WordPattern pattern(type);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = pattern.end_of_word(text, at);
    encode_word(text.substr(at, end - at), text.size() - at >= 16, scratch, ids);
    at = end;
  }
}

// `padded`: 16 bytes from the word's start on may be read.
void PipelineTokenizer::encode_word(std::string_view word, bool padded, Scratch& scratch,
                                    std::vector<std::int64_t>& ids) const {
  WordCache::Slot* slot = nullptr;
  if (word.size() <= WordCache::kLongestWord) {
    std::array<std::uint64_t, 2> key;
    slot = &scratch.cache.slot_of(word, padded, key);
    if (slot->key == key && slot->count > 0) {
      ids.insert(ids.end(), slot->ids.begin(), slot->ids.begin() + slot->count);
      return;
    }
    slot->key = key;
    slot->count = 0;
  }
  scratch.tokens.clear();
  parts_.model->encode(word, scratch.tokens);
  for (const auto& token : scratch.tokens) ids.push_back(token.id);
  if (slot == nullptr || scratch.tokens.size() > WordCache::kMostIds) return;
  slot->count = static_cast<std::uint32_t>(scratch.tokens.size());
  for (std::size_t i = 0; i < scratch.tokens.size(); ++i) slot->ids[i] = scratch.tokens[i].id;
}

std::vector<TokenSpan> PipelineTokenizer::encode_spans(std::string_view text,
                                                       const EncodeOptions& options) const {
  if (!parts_.normalizer.changes_nothing()) {
    throw Error(ErrorKind::model,
                "this tokenizer normalises a text before it cuts it (tokenizer.json: /normalizer), "
                "so that the places of tokens are not known; ask for ids or tokens");
  }
  std::vector<TokenSpan> spans;
  const auto add_template = [&](const std::vector<std::int64_t>& ids, std::size_t at) {
    if (!options.add_special) return;
    for (const auto id : ids) spans.push_back({id, at, at});
  };
  add_template(parts_.before, 0);
  walk(
      text, options.allow_special,
      [&](std::string_view part, std::size_t offset) {
        for (const auto& word : parts_.pre_tokenizer.split(whole_part(part, offset, true))) {
          add_spans(word, spans);
        }
      },
      [&](std::uint32_t id, std::size_t begin, std::size_t end) {
        spans.push_back({id, begin, end});
      });
  add_template(parts_.after, text.size());
  return spans;
}

void PipelineTokenizer::add_spans(const TextPart& part, std::vector<TokenSpan>& spans) const {
  std::vector<WordToken> tokens;
  parts_.model->encode(part.text, tokens);
  std::size_t at = 0;
  for (const auto& token : tokens) {
    const auto begin = std::min(at, part.origin.size() - 1);
    at = std::min(at + token.length, part.origin.size());
    const auto last = std::max(at, begin + 1) - 1;
    spans.push_back({token.id, part.origin[begin].begin, part.origin[last].end});
  }
}

std::string PipelineTokenizer::decode(const std::vector<std::int64_t>& ids) const {
  std::vector<std::string> tokens;
  for (const auto id : ids) {
    const auto& token = checked_piece(parts_.tokens, id);
    if (!special_[static_cast<std::size_t>(id)]) tokens.push_back(token);
  }
  return parts_.decoder.decode(std::move(tokens));
}

std::string PipelineTokenizer::piece(std::int64_t id) const {
  const auto& token = checked_piece(parts_.tokens, id);
  return special(id) ? std::string() : parts_.decoder.piece(token);
}

std::string PipelineTokenizer::token(std::int64_t id) const {
  return checked_piece(parts_.tokens, id);
}

bool PipelineTokenizer::special(std::int64_t id) const {
  return id >= 0 && id < size() && special_[static_cast<std::size_t>(id)];
}

Json PipelineTokenizer::to_json() const {
  auto json = parts_.json;
  json["model"] = parts_.write_model();
  return json;
}

}  // namespace candor
