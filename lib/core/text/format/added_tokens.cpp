// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/added_tokens.h"

#include <algorithm>
#include <utility>

#include "core/text/split/character_class.h"

namespace candor {
namespace {

std::vector<std::string> contents(const std::vector<AddedToken>& tokens) {
  std::vector<std::string> result;
  for (const auto& token : tokens) result.push_back(token.content);
  return result;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const auto character = read_character(character_table(), text.substr(at));
    if ((character.bits & kSpace) == 0) break;
    at += character.length;
  }
  return at;
}

// Where the blanks begin that end at `at`, but not before `low`.
std::size_t blanks_before(std::string_view text, std::size_t low, std::size_t at) {
  while (at > low) {
    auto start = at - 1;
    while (start > low && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    const auto character = read_character(character_table(), text.substr(start));
    if ((character.bits & kSpace) == 0 || start + character.length != at) break;
    at = start;
  }
  return at;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), trie_(contents(tokens_)) {}

AddedTokenFinder::Match AddedTokenFinder::longest_at(std::string_view text) const {
  Match longest;
  trie_.prefixes(text, [&](std::size_t length, std::uint32_t token) { longest = {length, token}; });
  return longest;
}

// A token that is found but not allowed still covers its text: no other token is found within, as
// in Hugging Face's encode_special_tokens.
std::vector<Stretch> AddedTokenFinder::find(std::string_view text, bool allow_special) const {
  std::vector<Stretch> stretches;
  std::size_t done = 0;  // all before belongs to a stretch
  for (std::size_t at = 0; at < text.size();) {
    const auto match = longest_at(text.substr(at));
    if (match.length == 0) {
      ++at;
      continue;
    }
    const auto& token = tokens_[match.token];
    const auto end = at + match.length;
    if (!token.special || allow_special) {
      const auto begin = token.left_strip ? blanks_before(text, done, at) : std::max(at, done);
      const auto stop = token.right_strip ? skip_blanks(text, end) : end;
      if (begin > done) stretches.push_back({done, begin, {}});
      stretches.push_back({begin, stop, token.id});
      done = stop;
    }
    at = end;
  }
  if (done < text.size()) stretches.push_back({done, text.size(), {}});
  return stretches;
}

}  // namespace candor
