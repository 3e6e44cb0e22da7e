// SPDX-License-Identifier: Apache-2.0
// Cuts a text into the words that a subword model sees: the pre_tokenizer of a tokenizer.json, as
// Hugging Face applies it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/text/split/matcher.h"

namespace candor {

// A part of a text on its way to the model. Its bytes may differ from the text's: `origin` then
// says for each byte where in the text it comes from.
struct TextPart {
  std::string text;
  std::vector<ByteSpan> origin;  // by byte, where offsets are wanted, else empty
  bool first = false;            // begins where the whole text begins

  TextPart slice(ByteSpan span) const;
};

// The part that is all of `text`, which begins `offset` bytes into the whole.
TextPart whole_part(std::string_view text, std::size_t offset, bool offsets);

enum class PrependScheme { never, first, always };

// Cuts by what a matcher finds.
struct CutStep {
  std::shared_ptr<const Matcher> matcher;
  CutBehavior behavior = CutBehavior::isolated;
  bool invert = false;
  std::optional<WordPatternType> pattern;  // of the matcher, where it is one
};

// A blank at the front of every part that has none.
struct PrefixSpaceStep {};

// Blanks become `mark`; a mark goes before the part where the scheme says so; each mark begins a
// new part.
struct MetaspaceStep {
  std::string mark = "\xE2\x96\x81";
  PrependScheme scheme = PrependScheme::always;
  bool split = true;
};

using SplitStep = std::variant<CutStep, PrefixSpaceStep, MetaspaceStep>;

class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<SplitStep> steps) : steps_(std::move(steps)) {}

  // Parts without text are left out.
  std::vector<TextPart> split(TextPart part) const;

  // Where all that happens is one cut by a pattern that keeps every byte: which one.
  std::optional<WordPatternType> only_pattern() const;
  bool changes_nothing() const { return steps_.empty(); }

 private:
  std::vector<SplitStep> steps_;
};

}  // namespace candor
