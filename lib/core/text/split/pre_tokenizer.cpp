// SPDX-License-Identifier: Apache-2.0
#include "core/text/split/pre_tokenizer.h"

#include <iterator>
#include <utility>

namespace candor {
namespace {

// Where the part begins in the whole text; known only with offsets, and needed only there.
ByteSpan front_of(const TextPart& part) {
  const auto at = part.origin.empty() ? 0 : part.origin.front().begin;
  return {at, at};
}

void prepend(TextPart& part, const std::string& text) {
  if (!part.origin.empty()) part.origin.insert(part.origin.begin(), text.size(), front_of(part));
  part.text.insert(0, text);
}

void replace_blanks(TextPart& part, const std::string& mark) {
  std::string text;
  std::vector<ByteSpan> origin;
  for (std::size_t i = 0; i < part.text.size(); ++i) {
    const bool blank = part.text[i] == ' ';
    text += blank ? std::string_view(mark) : std::string_view(part.text).substr(i, 1);
    if (!part.origin.empty()) origin.insert(origin.end(), blank ? mark.size() : 1, part.origin[i]);
  }
  part.text = std::move(text);
  part.origin = std::move(origin);
}

void append_slices(const TextPart& part, const std::vector<ByteSpan>& spans,
                   std::vector<TextPart>& parts) {
  for (const auto& span : spans) {
    if (span.begin < span.end) parts.push_back(part.slice(span));
  }
}

void apply(const CutStep& step, TextPart part, std::vector<TextPart>& parts) {
  std::vector<ByteSpan> matches;
  step.matcher->find(part.text, matches);
  append_slices(part, cut(part.text.size(), matches, step.behavior, step.invert), parts);
}

void apply(const PrefixSpaceStep&, TextPart part, std::vector<TextPart>& parts) {
  if (!part.text.starts_with(' ')) prepend(part, " ");
  parts.push_back(std::move(part));
}

void apply(const MetaspaceStep& step, TextPart part, std::vector<TextPart>& parts) {
  replace_blanks(part, step.mark);
  const bool wanted =
      step.scheme == PrependScheme::always || (step.scheme == PrependScheme::first && part.first);
  if (wanted && !part.text.starts_with(step.mark)) prepend(part, step.mark);
  if (!step.split) {
    parts.push_back(std::move(part));
    return;
  }
  std::vector<ByteSpan> marks;
  match_text(step.mark)->find(part.text, marks);
  append_slices(part, cut(part.text.size(), marks, CutBehavior::merged_with_next, false), parts);
}

}  // namespace

TextPart TextPart::slice(ByteSpan span) const {
  TextPart part;
  part.text = text.substr(span.begin, span.end - span.begin);
  if (!origin.empty()) {
    part.origin.assign(origin.begin() + static_cast<std::ptrdiff_t>(span.begin),
                       origin.begin() + static_cast<std::ptrdiff_t>(span.end));
  }
  part.first = first && span.begin == 0;
  return part;
}

TextPart whole_part(std::string_view text, std::size_t offset, bool offsets) {
  TextPart part{std::string(text), {}, offset == 0};
  if (!offsets) return part;
  part.origin.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) part.origin.push_back({offset + i, offset + i + 1});
  return part;
}

std::vector<TextPart> PreTokenizer::split(TextPart part) const {
  std::vector<TextPart> parts, next;
  if (!part.text.empty()) parts.push_back(std::move(part));
  for (const auto& step : steps_) {
    next.clear();
    for (auto& each : parts) {
      std::visit([&](const auto& what) { apply(what, std::move(each), next); }, step);
    }
    parts.swap(next);
  }
  return parts;
}

std::optional<WordPatternType> PreTokenizer::only_pattern() const {
  if (steps_.size() != 1) return {};
  const auto* step = std::get_if<CutStep>(&steps_.front());
  // Every byte belongs to a match of a pattern, so that only these two ways leave the words whole.
  const bool whole = step != nullptr && !step->invert && step->behavior == CutBehavior::isolated;
  const bool kept = step != nullptr && step->invert && step->behavior == CutBehavior::removed;
  return whole || kept ? step->pattern : std::nullopt;
}

}  // namespace candor
