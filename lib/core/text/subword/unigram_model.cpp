// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/unigram_model.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "core/text/subword/byte_tokens.h"

namespace candor {
namespace {

// Sentencepiece's kUnkPenalty.
constexpr double kUnknownPenalty = 10.0;

}  // namespace

UnigramModel::UnigramModel(const std::vector<std::string>& pieces, std::vector<double> scores,
                           UnigramOptions options)
    : options_(options),
      trie_(pieces),
      scores_(std::move(scores)),
      unknown_score_(*std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    fallback_ids_[byte] = trie_.find(byte_token(static_cast<unsigned char>(byte)));
  }
}

// Of equal scores the way found first stays: that whose last piece begins first.
void UnigramModel::find_best(std::string_view word, std::vector<Best>& best) const {
  best.assign(word.size() + 1, {});
  for (std::size_t start = 0; start < word.size();) {
    const auto reach = [&](std::size_t length, std::uint32_t id, double score) {
      auto& target = best[start + length];
      const double candidate = score + best[start].score;
      if (target.reached && candidate <= target.score) return;
      target = {candidate, static_cast<std::uint32_t>(start), id, true};
    };
    const auto rest = word.substr(start);
    const auto character =
        options_.bytes ? 1 : std::max<std::size_t>(1, read_code_point(rest).length);
    bool single = false;
    trie_.prefixes(rest, [&](std::size_t length, std::uint32_t id) {
      reach(length, id, scores_[id]);
      single = single || length == character;
    });
    if (!single) reach(character, options_.unknown.value_or(0), unknown_score_);
    start += character;
  }
}

void UnigramModel::encode(std::string_view word, std::vector<WordToken>& tokens) const {
  std::vector<Best> best;
  find_best(word, best);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> path;  // id, start; from the word's end
  for (auto end = word.size(); end > 0; end = best[end].start) {
    path.emplace_back(best[end].id, best[end].start);
  }
  for (auto i = path.size(); i-- > 0;) {
    const auto [id, start] = path[i];
    if (options_.unknown == id) {  // neighbours are one
      while (i > 0 && path[i - 1].first == id) --i;
    }
    const auto end = i == 0 ? word.size() : path[i - 1].second;
    const auto text = word.substr(start, end - start);
    if (options_.unknown == id) {
      add_unknown(text, tokens);
    } else {
      tokens.push_back({id, static_cast<std::uint32_t>(text.size())});
    }
  }
}

void UnigramModel::add_unknown(std::string_view text, std::vector<WordToken>& tokens) const {
  if (const auto id = trie_.find(text)) {
    tokens.push_back({*id, static_cast<std::uint32_t>(text.size())});
    return;
  }
  const auto fallback = [&](char byte) { return fallback_ids_[static_cast<unsigned char>(byte)]; };
  if (options_.byte_fallback && std::all_of(text.begin(), text.end(), fallback)) {
    for (const char byte : text) tokens.push_back({*fallback(byte), 1});
    return;
  }
  tokens.push_back({*options_.unknown, static_cast<std::uint32_t>(text.size())});
}

}  // namespace candor
