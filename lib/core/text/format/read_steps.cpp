// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/read_steps.h"

#include <stdexcept>
#include <utility>

#include "core/text/format/unicode_steps.h"
#include "core/text/split/regex.h"

namespace candor {
namespace {

// {"String": ..} or {"Regex": ..}
std::shared_ptr<const Matcher> read_pattern(const JsonNode& node) {
  const auto literal = node["String"];
  if (!literal.is_null()) {
    const auto text = literal.text();
    if (text.empty()) literal.refuse("expected some text");
    return match_text(text);
  }
  const auto expression = node["Regex"];
  const auto text = expression.text();
  try {
    return match_expression(text);
  } catch (const std::invalid_argument& error) {
    expression.refuse(error.what());
  }
}

std::optional<WordPatternType> known_pattern(const JsonNode& node) {
  const auto expression = node["Regex"];
  for (const auto type : {WordPatternType::gpt2, WordPatternType::llama3, WordPatternType::qwen2}) {
    if (!expression.is_null() && expression.text() == expression_of(type)) return type;
  }
  return {};
}

std::string one_character(const JsonNode& node) {
  const auto text = node.text();
  if (text.empty() || read_code_point(text).length != text.size()) {
    node.refuse("expected one character");
  }
  return text;
}

// ---- normalizer ------------------------------------------------------------------------------

using NormalizerSteps = std::vector<TextNormalizer::Step>;

TextNormalizer::Step replace_step(const JsonNode& node) {
  return [matcher = read_pattern(node["pattern"]),
          content = node["content"].text()](std::string text) {
    std::vector<ByteSpan> matches;
    matcher->find(text, matches);
    std::string result;
    std::size_t end = 0;
    for (const auto& match : matches) {
      result.append(text, end, match.begin - end).append(content);
      end = match.end;
    }
    return result.append(text, end);
  };
}

TextNormalizer::Step strip_step(bool left, bool right) {
  return [left, right](const std::string& text) {
    std::vector<ByteSpan> blanks;
    match_characters(kSpace)->find(text, blanks);
    std::size_t begin = 0, end = text.size();
    for (std::size_t i = 0; left && i < blanks.size() && blanks[i].begin == begin; ++i) {
      begin = blanks[i].end;
    }
    for (auto i = blanks.size(); right && i > 0 && blanks[i - 1].end == end && end > begin; --i) {
      end = blanks[i - 1].begin;
    }
    return text.substr(begin, end - begin);
  };
}

TextNormalizer::Step form_step(NormalForm form) {
  return [form](const std::string& text) { return unicode_form(text, form); };
}

void add_normalizer(const JsonNode& node, NormalizerSteps& steps) {
  const auto type = node.type();
  if (type == "Sequence") {
    const auto list = node["normalizers"];
    for (std::size_t i = 0; i < list.size(); ++i) add_normalizer(list.at(i), steps);
  } else if (type == "NFC") {
    steps.push_back(form_step(NormalForm::nfc));
  } else if (type == "NFD") {
    steps.push_back(form_step(NormalForm::nfd));
  } else if (type == "NFKC") {
    steps.push_back(form_step(NormalForm::nfkc));
  } else if (type == "NFKD") {
    steps.push_back(form_step(NormalForm::nfkd));
  } else if (type == "Lowercase") {
    steps.emplace_back(lower_case);
  } else if (type == "StripAccents") {
    steps.emplace_back(without_marks);
  } else if (type == "Strip") {
    steps.push_back(strip_step(node["strip_left"].flag(), node["strip_right"].flag()));
  } else if (type == "Replace") {
    steps.push_back(replace_step(node));
  } else if (type == "Prepend") {
    steps.push_back([front = node["prepend"].text()](std::string text) {
      return text.empty() ? text : front + text;
    });
  } else {
    node["type"].refuse(
        "found " + type +
        "; NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend and Sequence are "
        "supported");
  }
}

// ---- pre-tokenizer ---------------------------------------------------------------------------

CutBehavior read_behavior(const JsonNode& node) {
  const auto name = node.text();
  if (name == "Removed") return CutBehavior::removed;
  if (name == "Isolated") return CutBehavior::isolated;
  if (name == "MergedWithPrevious") return CutBehavior::merged_with_previous;
  if (name == "MergedWithNext") return CutBehavior::merged_with_next;
  if (name == "Contiguous") return CutBehavior::contiguous;
  node.refuse("expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

CutStep pattern_step(WordPatternType type, CutBehavior behavior, bool invert) {
  return {match_pattern(type), behavior, invert, type};
}

CutStep split_step(const JsonNode& node) {
  const auto behavior = read_behavior(node["behavior"]);
  const bool invert = node["invert"].flag();
  const auto pattern = node["pattern"];
  if (const auto known = known_pattern(pattern)) return pattern_step(*known, behavior, invert);
  return {read_pattern(pattern), behavior, invert, {}};
}

PrependScheme read_scheme(const JsonNode& node) {
  const auto scheme = node["prepend_scheme"];
  const auto name = scheme.is_null() ? "always" : scheme.text();
  const bool space = node["add_prefix_space"].flag_or(true);
  if (name == "never") return PrependScheme::never;
  if (!space) scheme.refuse("expected never, as add_prefix_space is false");
  if (name == "first") return PrependScheme::first;
  if (name == "always") return PrependScheme::always;
  scheme.refuse("expected always, first or never");
}

void add_pre_tokenizer(const JsonNode& node, std::vector<SplitStep>& steps, bool& bytes) {
  const auto type = node.type();
  if (bytes) node.refuse("ByteLevel must be the last step");
  if (type == "Sequence") {
    const auto list = node["pretokenizers"];
    for (std::size_t i = 0; i < list.size(); ++i) add_pre_tokenizer(list.at(i), steps, bytes);
  } else if (type == "ByteLevel") {
    if (node["add_prefix_space"].flag()) steps.emplace_back(PrefixSpaceStep{});
    if (node["use_regex"].flag_or(true)) {
      steps.emplace_back(pattern_step(WordPatternType::gpt2, CutBehavior::isolated, false));
    }
    bytes = true;
  } else if (type == "Split") {
    steps.emplace_back(split_step(node));
  } else if (type == "Metaspace") {
    steps.emplace_back(MetaspaceStep{one_character(node["replacement"]), read_scheme(node),
                                     node["split"].flag_or(true)});
  } else if (type == "Whitespace") {
    steps.emplace_back(CutStep{match_words_and_signs(), CutBehavior::removed, true, {}});
  } else if (type == "WhitespaceSplit") {
    steps.emplace_back(CutStep{match_characters(kSpace), CutBehavior::removed, false, {}});
  } else if (type == "Digits") {
    const bool single = node["individual_digits"].flag();
    steps.emplace_back(CutStep{match_characters(kNumeric),
                               single ? CutBehavior::isolated : CutBehavior::contiguous,
                               false,
                               {}});
  } else {
    node["type"].refuse("found " + type +
                        "; ByteLevel, Split, Metaspace, Whitespace, WhitespaceSplit, Digits and "
                        "Sequence are supported");
  }
}

// ---- decoder ---------------------------------------------------------------------------------

void add_decoder(const JsonNode& node, std::vector<DecodeStep>& steps) {
  const auto type = node.type();
  if (type == "Sequence") {
    const auto list = node["decoders"];
    for (std::size_t i = 0; i < list.size(); ++i) add_decoder(list.at(i), steps);
  } else if (type == "ByteLevel") {
    steps.emplace_back(ByteLevelDecode{});
  } else if (type == "Metaspace") {
    steps.emplace_back(MetaspaceDecode{one_character(node["replacement"]),
                                       read_scheme(node) != PrependScheme::never});
  } else if (type == "ByteFallback") {
    steps.emplace_back(ByteFallbackDecode{});
  } else if (type == "Fuse") {
    steps.emplace_back(FuseDecode{});
  } else if (type == "Replace") {
    steps.emplace_back(ReplaceDecode{read_pattern(node["pattern"]), node["content"].text()});
  } else if (type == "Strip") {
    steps.emplace_back(StripDecode{one_character(node["content"]), node["start"].whole(1 << 20),
                                   node["stop"].whole(1 << 20)});
  } else if (type == "BPEDecoder") {
    steps.emplace_back(SuffixDecode{node["suffix"].text()});
  } else {
    node["type"].refuse(
        "found " + type +
        "; ByteLevel, Metaspace, ByteFallback, Fuse, Replace, Strip, BPEDecoder and "
        "Sequence are supported");
  }
}

// ---- post-processor --------------------------------------------------------------------------

void add_special(const JsonNode& node, std::size_t size, std::vector<std::int64_t>& ids) {
  for (std::size_t i = 0; i < node.size(); ++i) {
    ids.push_back(static_cast<std::int64_t>(node.at(i).whole(size - 1)));
  }
}

Template read_template(const JsonNode& node, std::size_t size) {
  Template result;
  const auto single = node["single"];
  bool text_seen = false;
  for (std::size_t i = 0; i < single.size(); ++i) {
    const auto piece = single.at(i);
    const auto special = piece["SpecialToken"];
    if (!special.is_null()) {
      const auto name = special["id"].text();
      const auto tokens = node["special_tokens"][name.c_str()];
      add_special(tokens["ids"], size, text_seen ? result.after : result.before);
    } else if (piece["Sequence"]["id"].text() != "A" || text_seen) {
      piece.refuse("expected the sequence A, once");
    } else {
      text_seen = true;
    }
  }
  if (!text_seen) single.refuse("expected the sequence A, once");
  return result;
}

// [token, id]
std::int64_t id_of_pair(const JsonNode& node, std::size_t size) {
  return static_cast<std::int64_t>(node.at(1).whole(size - 1));
}

void merge(Template& all, const Template& more) {
  all.before.insert(all.before.begin(), more.before.begin(), more.before.end());
  all.after.insert(all.after.end(), more.after.begin(), more.after.end());
}

}  // namespace

TextNormalizer read_normalizer(const JsonNode& node) {
  NormalizerSteps steps;
  if (!node.is_null()) add_normalizer(node, steps);
  return TextNormalizer(std::move(steps));
}

ReadPreTokenizer read_pre_tokenizer(const JsonNode& node) {
  std::vector<SplitStep> steps;
  bool bytes = false;
  if (!node.is_null()) add_pre_tokenizer(node, steps, bytes);
  return {PreTokenizer(std::move(steps)), bytes};
}

TokenDecoder read_decoder(const JsonNode& node) {
  std::vector<DecodeStep> steps;
  if (node.is_null()) {
    steps.emplace_back(JoinDecode{});
  } else {
    add_decoder(node, steps);
  }
  return TokenDecoder(std::move(steps));
}

Template read_post_processor(const JsonNode& node, std::size_t size) {
  Template result;
  if (node.is_null()) return result;
  const auto type = node.type();
  if (type == "ByteLevel") return result;  // changes offsets only
  if (type == "TemplateProcessing") return read_template(node, size);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    result.before.push_back(id_of_pair(node["cls"], size));
    result.after.push_back(id_of_pair(node["sep"], size));
    return result;
  }
  if (type != "Sequence") {
    node["type"].refuse("found " + type +
                        "; TemplateProcessing, ByteLevel, RobertaProcessing, BertProcessing and "
                        "Sequence are supported");
  }
  const auto list = node["processors"];
  for (std::size_t i = 0; i < list.size(); ++i)
    merge(result, read_post_processor(list.at(i), size));
  return result;
}

}  // namespace candor
