// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/unicode_steps.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>

#include "core/base/utf8.h"

namespace candor {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Characters later than Unicode 9 that are marks, or decompose, to utf8proc.
constexpr Range kLater[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},
    {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC04},     {0xC3C, 0xC3C},
    {0xCF3, 0xCF3},     {0xD00, 0xD00},     {0xD3B, 0xD3C},     {0xD81, 0xD81},
    {0xEBA, 0xEBA},     {0xECE, 0xECE},     {0x1715, 0x1715},   {0x180F, 0x180F},
    {0x1ABF, 0x1ACE},   {0x1CF7, 0x1CF7},   {0x1DF6, 0x1DFA},   {0x32FF, 0x32FF},
    {0xA7F2, 0xA7F4},   {0xA82C, 0xA82C},   {0xA8FF, 0xA8FF},   {0xAB69, 0xAB69},
    {0x10781, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27},
    {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85},
    {0x11070, 0x11070}, {0x11073, 0x11074}, {0x110C2, 0x110C2}, {0x11145, 0x11146},
    {0x111C9, 0x111C9}, {0x111CE, 0x111CF}, {0x11241, 0x11241}, {0x1133B, 0x1133B},
    {0x1145E, 0x1145E}, {0x1182C, 0x1183A}, {0x11930, 0x11935}, {0x11937, 0x11938},
    {0x1193B, 0x1193E}, {0x11940, 0x11940}, {0x11942, 0x11943}, {0x119D1, 0x119D7},
    {0x119DA, 0x119E0}, {0x119E4, 0x119E4}, {0x11A01, 0x11A0A}, {0x11A33, 0x11A39},
    {0x11A3B, 0x11A3E}, {0x11A47, 0x11A47}, {0x11A51, 0x11A5B}, {0x11A8A, 0x11A99},
    {0x11D31, 0x11D36}, {0x11D3A, 0x11D3A}, {0x11D3C, 0x11D3D}, {0x11D3F, 0x11D45},
    {0x11D47, 0x11D47}, {0x11D8A, 0x11D8E}, {0x11D90, 0x11D91}, {0x11D93, 0x11D97},
    {0x11EF3, 0x11EF6}, {0x11F00, 0x11F01}, {0x11F03, 0x11F03}, {0x11F34, 0x11F3A},
    {0x11F3E, 0x11F42}, {0x13440, 0x13440}, {0x13447, 0x13455}, {0x16F4F, 0x16F4F},
    {0x16F7F, 0x16F87}, {0x16FE4, 0x16FE4}, {0x16FF0, 0x16FF1}, {0x1CF00, 0x1CF2D},
    {0x1CF30, 0x1CF46}, {0x1E030, 0x1E06D}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136},
    {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C},
    {0x1FBF0, 0x1FBF9}};

bool is_later(std::uint32_t value) {
  const auto* range = std::lower_bound(std::begin(kLater), std::end(kLater), value,
                                       [](const Range& r, auto v) { return r.last < v; });
  return range != std::end(kLater) && range->first <= value;
}

struct LowerRange {
  std::uint32_t first, last;
  std::int32_t shift;
};

// Lower case that came after utf8proc 2.8's Unicode 15.
constexpr LowerRange kLaterLower[] = {{0x1C89, 0x1C89, 1},    {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
                                      {0xA7CC, 0xA7CC, 1},    {0xA7CE, 0xA7CE, 1},
                                      {0xA7D2, 0xA7D2, 1},    {0xA7D4, 0xA7D4, 1},
                                      {0xA7DA, 0xA7DA, 1},    {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
                                      {0x10D50, 0x10D65, 32}, {0x16EA0, 0x16EB8, 27}};

std::uint32_t lower_of(std::uint32_t value) {
  for (const auto& range : kLaterLower) {
    if (value >= range.first && value <= range.last) {
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(value) + range.shift);
    }
  }
  return static_cast<std::uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(value)));
}

utf8proc_option_t options_of(NormalForm form) {
  const int compatible = form == NormalForm::nfkc || form == NormalForm::nfkd ? UTF8PROC_COMPAT : 0;
  const bool composed = form == NormalForm::nfc || form == NormalForm::nfkc;
  return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | compatible |
                                        (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
}

struct Freed {
  void operator()(utf8proc_uint8_t* pointer) const { std::free(pointer); }
};

// `text` is valid UTF-8.
void append_form(std::string_view text, NormalForm form, std::string& out) {
  if (text.empty()) return;
  utf8proc_uint8_t* changed = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &changed, options_of(form));
  const std::unique_ptr<utf8proc_uint8_t, Freed> owned(changed);
  if (length < 0) throw std::bad_alloc();  // the only failure that valid text leaves
  out.append(reinterpret_cast<const char*>(changed), static_cast<std::size_t>(length));
}

bool is_mark(std::uint32_t value) {
  if (value == 0x1CF2 || value == 0x1CF3) return true;  // marks in Unicode 9
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(value));
  return (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
          category == UTF8PROC_CATEGORY_ME) &&
         !is_later(value);
}

// change(code point, out) appends what a character becomes. Bytes that are no character stay.
template <class Change>
std::string each_character(std::string_view text, Change&& change) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto point = read_code_point(text);
    if (point.length == 0) {
      result += text[0];
    } else {
      change(point.value, result);
    }
    text.remove_prefix(std::max<std::size_t>(1, point.length));
  }
  return result;
}

}  // namespace

std::string unicode_form(std::string_view text, NormalForm form) {
  std::string result;
  std::size_t begin = 0;  // of text that awaits its form
  for (std::size_t at = 0; at < text.size();) {
    const auto point = read_code_point(text.substr(at));
    const auto length = std::max<std::size_t>(1, point.length);
    if (point.length == 0 || is_later(point.value)) {
      append_form(text.substr(begin, at - begin), form, result);
      result += text.substr(at, length);
      begin = at + length;
    }
    at += length;
  }
  append_form(text.substr(begin), form, result);
  return result;
}

std::string lower_case(std::string_view text) {
  return each_character(text, [](std::uint32_t value, std::string& out) {
    if (value == 0x130) {
      out += "i\xCC\x87";
    } else {
      append_code_point(lower_of(value), out);
    }
  });
}

std::string without_marks(std::string_view text) {
  return each_character(text, [](std::uint32_t value, std::string& out) {
    if (!is_mark(value)) append_code_point(value, out);
  });
}

}  // namespace candor
