// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/bpe_model.h"

#include <algorithm>
#include <queue>

#include "core/base/utf8.h"
#include "core/text/subword/byte_tokens.h"

namespace candor {
namespace {

// Up to here, looking through all pairs for each merge is faster than a heap.
constexpr std::size_t kShort = 48;

// A merge that is due: the lowest rank goes first, and of equal ranks the leftmost place.
std::uint64_t due(std::uint32_t rank, std::size_t place) {
  return static_cast<std::uint64_t>(rank) << 32 | place;
}

std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(1, read_code_point(text).length);
}

// A long word while it is merged: symbols in a chain, and the merges that were possible when they
// were noted. A note is stale when its pair is gone.
class Chain {
 public:
  Chain(WordToken* symbols, std::size_t count, const PairTable& merges)
      : symbols_(symbols), count_(count), merges_(merges), next_(count), previous_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      next_[i] = static_cast<std::uint32_t>(i + 1);
      previous_[i] = static_cast<std::uint32_t>(i) - 1;
    }
    for (std::size_t i = 0; i + 1 < count; ++i) note(i);
  }

  // Returns the count of symbols left, which lie at the front.
  std::size_t merge() {
    while (!due_.empty()) {
      const auto top = due_.top();
      due_.pop();
      const auto place = static_cast<std::size_t>(top & 0xFFFFFFFF);
      const auto right = next_[place];
      if (symbols_[place].length == kGone || right >= count_) continue;
      const auto merge = find(place);
      if (merge.rank != top >> 32) continue;
      join(place, right, merge.id);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; i = next_[i]) symbols_[kept++] = symbols_[i];
    return kept;
  }

  std::size_t lookups() const { return lookups_; }

 private:
  static constexpr std::uint32_t kGone = 0xFFFFFFFF;

  Merge find(std::size_t place) {
    ++lookups_;
    return merges_.find(symbols_[place].id, symbols_[next_[place]].id);
  }

  void note(std::size_t place) {
    const auto merge = find(place);
    if (merge.rank != Merge::kNone) due_.push(due(merge.rank, place));
  }

  void join(std::size_t place, std::size_t right, std::uint32_t id) {
    symbols_[place] = {id, symbols_[place].length + symbols_[right].length};
    symbols_[right].length = kGone;
    next_[place] = next_[right];
    if (next_[place] < count_) {
      previous_[next_[place]] = static_cast<std::uint32_t>(place);
      note(place);
    }
    if (place > 0) note(previous_[place]);
  }

  WordToken* symbols_;
  std::size_t count_;
  const PairTable& merges_;
  std::vector<std::uint32_t> next_, previous_;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> due_;
  std::size_t lookups_ = 0;
};

}  // namespace

BpeModel::BpeModel(const std::vector<std::string>& tokens, const std::vector<BpeMerge>& merges,
                   BpeOptions options)
    : options_(std::move(options)), ids_(tokens), merges_(merges.size()) {
  for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
    merges_.insert(merges[rank].left, merges[rank].right, {rank, merges[rank].whole});
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    byte_ids_[byte] = ids_.find({&text, 1});
    fallback_ids_[byte] = ids_.find(byte_token(static_cast<unsigned char>(byte)));
  }
}

void BpeModel::encode(std::string_view word, std::vector<WordToken>& tokens) const {
  encode_counted(word, tokens);
}

std::size_t BpeModel::encode_counted(std::string_view word, std::vector<WordToken>& tokens) const {
  if (options_.ignore_merges) {
    if (const auto id = ids_.find(word); id != TokenMap::kNone) {
      tokens.push_back({static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(word.size())});
      return 0;
    }
  }
  const auto begin = tokens.size();
  add_symbols(word, tokens);
  const auto count = tokens.size() - begin;
  if (count < 2) return 0;
  return count <= kShort ? merge_short(tokens, begin) : merge_long(tokens, begin);
}

void BpeModel::add_symbols(std::string_view word, std::vector<WordToken>& symbols) const {
  const bool plain = options_.prefix.empty() && options_.suffix.empty();
  Unknown unknown;
  std::string text;
  for (std::size_t at = 0; at < word.size();) {
    const auto byte = static_cast<unsigned char>(word[at]);
    const auto length = options_.bytes || byte < 0x80 ? 1 : character_length(word.substr(at));
    const auto symbol = word.substr(at, length);
    const auto id = plain && length == 1
                        ? byte_ids_[byte]
                        : symbol_id(symbol, at == 0, at + length == word.size(), text);
    if (id == TokenMap::kNone) {
      add_unknown(plain ? symbol : std::string_view(text), length, unknown, symbols);
    } else {
      if (unknown.open) symbols.push_back({*options_.unknown, unknown.length});
      unknown = {};
      symbols.push_back({static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(length)});
    }
    at += length;
  }
  if (unknown.open) symbols.push_back({*options_.unknown, unknown.length});
}

// The order of what is appended is Hugging Face's: bytes go before an unknown token still open.
void BpeModel::add_unknown(std::string_view symbol, std::size_t length, Unknown& unknown,
                           std::vector<WordToken>& symbols) const {
  if (options_.byte_fallback && add_bytes(symbol, symbols)) return;
  if (!options_.unknown) return;
  if (unknown.open && !options_.fuse_unknown) {
    symbols.push_back({*options_.unknown, unknown.length});
    unknown.length = 0;
  }
  unknown.open = true;
  unknown.length += static_cast<std::uint32_t>(length);
}

bool BpeModel::add_bytes(std::string_view symbol, std::vector<WordToken>& symbols) const {
  const auto known = [&](char byte) {
    return fallback_ids_[static_cast<unsigned char>(byte)] != TokenMap::kNone;
  };
  if (!std::all_of(symbol.begin(), symbol.end(), known)) return false;
  for (const char byte : symbol) {
    symbols.push_back(
        {static_cast<std::uint32_t>(fallback_ids_[static_cast<unsigned char>(byte)]), 1});
  }
  return true;
}

std::int32_t BpeModel::symbol_id(std::string_view symbol, bool first, bool last,
                                 std::string& text) const {
  text.clear();
  if (!first) text += options_.prefix;
  text += symbol;
  if (last) text += options_.suffix;
  return ids_.find(text);
}

std::size_t BpeModel::merge_short(std::vector<WordToken>& symbols, std::size_t begin) const {
  std::array<Merge, kShort> merges;
  auto* const at = symbols.data() + begin;
  auto count = symbols.size() - begin;
  auto lookups = count - 1;
  for (std::size_t i = 0; i + 1 < count; ++i) merges[i] = merges_.find(at[i].id, at[i + 1].id);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].rank == Merge::kNone) break;
    at[best] = {merges[best].id, at[best].length + at[best + 1].length};
    --count;
    for (auto i = best + 1; i < count; ++i) at[i] = at[i + 1];
    for (auto i = best + 1; i + 1 < count; ++i) merges[i] = merges[i + 1];
    if (best + 1 < count) merges[best] = merges_.find(at[best].id, at[best + 1].id);
    if (best > 0) merges[best - 1] = merges_.find(at[best - 1].id, at[best].id);
    lookups += 2;
  }
  symbols.resize(begin + count);
  return lookups;
}

std::size_t BpeModel::merge_long(std::vector<WordToken>& symbols, std::size_t begin) const {
  Chain chain(symbols.data() + begin, symbols.size() - begin, merges_);
  symbols.resize(begin + chain.merge());
  return chain.lookups();
}

}  // namespace candor
