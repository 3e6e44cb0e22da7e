// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/decoder.h"

#include <utility>

#include "core/text/subword/byte_alphabet.h"
#include "core/text/subword/byte_tokens.h"

namespace candor {
namespace {

// A token, and where in its text it stands.
struct Place {
  bool first, last;
};

void replace_all(std::string& text, const std::string& from, std::string_view to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

void decode_token(const ByteLevelDecode&, Place, std::string& token) {
  if (auto bytes = bytes_of_alphabet(token)) token = std::move(*bytes);
}

void decode_token(const MetaspaceDecode& step, Place place, std::string& token) {
  replace_all(token, step.mark, place.first && step.first_dropped ? "" : " ");
}

void decode_token(const ByteFallbackDecode&, Place, std::string& token) {
  if (const auto byte = byte_of_token(token)) token = std::string(1, *byte);
}

void decode_token(const ReplaceDecode& step, Place, std::string& token) {
  std::vector<ByteSpan> matches;
  step.matcher->find(token, matches);
  std::string result;
  std::size_t end = 0;
  for (const auto& match : matches) {
    result.append(token, end, match.begin - end).append(step.content);
    end = match.end;
  }
  token = result.append(token, end);
}

void decode_token(const StripDecode& step, Place, std::string& token) {
  const auto& strip = step.character;
  for (std::size_t i = 0; i < step.start && token.starts_with(strip); ++i) {
    token.erase(0, strip.size());
  }
  for (std::size_t i = 0; i < step.stop && token.ends_with(strip); ++i) {
    token.resize(token.size() - strip.size());
  }
}

void decode_token(const SuffixDecode& step, Place place, std::string& token) {
  replace_all(token, step.suffix, place.last ? "" : " ");
}

void decode_token(const JoinDecode&, Place place, std::string& token) {
  if (!place.first) token.insert(0, " ");
}

std::string joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (const auto& token : tokens) text += token;
  return text;
}

// Steps that look at single tokens change them in place.
template <class Step>
void apply(const Step& step, std::vector<std::string>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    decode_token(step, {i == 0, i + 1 == tokens.size()}, tokens[i]);
  }
}

void apply(const FuseDecode&, std::vector<std::string>& tokens) { tokens = {joined(tokens)}; }

}  // namespace

std::string TokenDecoder::decode(std::vector<std::string> tokens) const {
  for (const auto& step : steps_) {
    std::visit([&](const auto& what) { apply(what, tokens); }, step);
  }
  return joined(tokens);
}

// Behind a fusion there is one token, the whole text: what strips its ends does not concern a token
// within it.
std::string TokenDecoder::piece(std::string token) const {
  bool fused = false;
  for (const auto& step : steps_) {
    fused = fused || std::holds_alternative<FuseDecode>(step);
    if (fused && std::holds_alternative<StripDecode>(step)) continue;
    std::visit(
        [&](const auto& what) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(what)>, FuseDecode>) {
            decode_token(what, {false, false}, token);
          }
        },
        step);
  }
  return token;
}

}  // namespace candor
