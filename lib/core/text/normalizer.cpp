// SPDX-License-Identifier: Apache-2.0
#include "core/text/normalizer.h"

#include "core/base/utf8.h"
#include "core/config/read.h"
#include "core/config/write.h"
#include "core/text/lossy_utf8.h"
#include "core/text/markup.h"
#include "core/text/unicode.h"
#include "core/text/unicode_forms.h"

namespace candor {
namespace {

std::string drop_hidden(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto point = read_code_point(text.substr(at));
    if (!facts_of(point.value).hidden()) out += text.substr(at, point.length);
    at += point.length;
  }
  return out;
}

bool line_break(std::uint32_t c) {
  return (c >= 0x0A && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Each run of white space becomes a space, or a line feed if it holds a line break; none is left at
// the ends.
std::string collapse(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false, broken = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = read_code_point(text.substr(at));
    if (is_white_space(point.value)) {
      gap = true;
      broken |= line_break(point.value);
    } else {
      if (gap && !out.empty()) out += broken ? '\n' : ' ';
      gap = broken = false;
      out += text.substr(at, point.length);
    }
    at += point.length;
  }
  return out;
}

}  // namespace

bool Normalizer::any() const {
  const auto& c = config_;
  return c.unicode != UnicodeForm::none || c.case_fold || c.strip_accents || c.strip_control ||
         c.strip_markup || c.strip_urls || c.collapse_whitespace;
}

std::string Normalizer::apply(std::string_view text) const {
  if (!any()) return std::string(text);
  auto result = find_invalid_utf8(text) ? replace_invalid_utf8(text) : std::string(text);
  if (config_.strip_markup) result = strip_markup(result);
  if (config_.strip_urls) result = strip_urls(result);
  if (config_.strip_control) result = drop_hidden(result);
  const UnicodeSteps steps{config_.unicode, config_.case_fold, config_.strip_accents};
  if (steps.any()) result = apply_unicode_steps(result, steps);
  if (config_.collapse_whitespace) result = collapse(result);
  return result;
}

Json Normalizer::to_json() const { return section_json(config_); }

Normalizer Normalizer::from_json(const Json& json, const std::string& at) {
  Problems problems("preprocess.json", ErrorKind::model);
  const auto config = read_section<TextCleanConfig>(json, at, problems);
  problems.raise();
  return Normalizer(config);
}

}  // namespace candor
