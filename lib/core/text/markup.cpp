// SPDX-License-Identifier: Apache-2.0
#include "core/text/markup.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"
#include "core/text/entities.h"

namespace candor {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool starts_with_any_case(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                    [](char a, char b) { return a == ascii_lower(b); });
}

// Tags that stand within words.
bool inline_tag(std::string_view name) {
  static constexpr std::array<std::string_view, 23> kInline = {
      "a",   "abbr", "b", "bdi",   "bdo",  "big",    "code",   "del", "em",  "font", "i",  "ins",
      "kbd", "mark", "s", "small", "span", "strike", "strong", "sub", "sup", "u",    "wbr"};
  const auto lower_case = ascii_lower(name);
  return std::find(kInline.begin(), kInline.end(), lower_case) != kInline.end();
}

// Finds `wanted` and remembers that there is none left, so that many beginnings without an end cost
// one search.
class Finder {
 public:
  explicit Finder(std::string_view wanted) : wanted_(wanted) {}
  // Position behind the next one at or after `from`, or 0.
  std::size_t behind(std::string_view text, std::size_t from) {
    if (none_left_) return 0;
    auto at = from;
    while (at < text.size() && !starts_with_any_case(text.substr(at), wanted_)) ++at;
    none_left_ = at >= text.size();
    return none_left_ ? 0 : at + wanted_.size();
  }

 private:
  std::string_view wanted_;
  bool none_left_ = false;
};

class MarkupStripper {
 public:
  explicit MarkupStripper(std::string_view text) : text_(text) {}

  std::string run() {
    out_.reserve(text_.size());
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const auto taken = c == '<' ? take_tag() : c == '&' ? read_entity(rest(), out_) : 0;
      if (taken == 0) out_ += c;
      at_ += std::max<std::size_t>(taken, 1);
    }
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  // Length of the markup at `<`; 0: it is text.
  std::size_t take_tag() {
    const auto tag = rest();
    if (tag.substr(0, 4) == "<!--") return leave_space(comment_.behind(text_, at_ + 4));
    if (tag.substr(0, 9) == "<![CDATA[") return take_cdata();
    if (tag.size() < 2) return 0;
    if (tag[1] == '!' || tag[1] == '?') return leave_space(end_of_tag(at_ + 2));
    const std::size_t name = tag[1] == '/' ? 2 : 1;
    if (name >= tag.size() || !letter(tag[name])) return 0;
    auto name_end = name;
    while (name_end < tag.size() && (letter(tag[name_end]) || digit(tag[name_end]))) ++name_end;
    const auto end = end_of_tag(at_ + name_end);
    if (end == 0) return 0;
    const auto called = tag.substr(name, name_end - name);
    if (inline_tag(called)) return end - at_;
    return leave_space(name == 1 ? behind_raw(called, end) : end);
  }

  // The content of CDATA is text.
  std::size_t take_cdata() {
    const auto end = cdata_.behind(text_, at_ + 9);
    if (end == 0) return 0;
    out_ += text_.substr(at_ + 9, end - 3 - (at_ + 9));
    return end - at_;
  }

  // Behind the closing tag of <script> and <style>.
  std::size_t behind_raw(std::string_view name, std::size_t end) {
    const bool script = name.size() == 6 && starts_with_any_case(name, "script");
    const bool style = name.size() == 5 && starts_with_any_case(name, "style");
    if (!script && !style) return end;
    const auto closing = (script ? script_ : style_).behind(text_, end);
    if (closing == 0) return end;
    const auto behind = end_of_tag(closing);
    return behind == 0 ? closing : behind;
  }

  std::size_t leave_space(std::size_t end) {
    if (end == 0) return 0;
    out_ += ' ';
    return end - at_;
  }

  // Behind the `>` that ends a tag, quoted values skipped; 0 at another `<` or the end. At any byte
  // only a few beginnings of tags can still be open (each new `<` ends those outside quotes, and a
  // quote that opens for one closes for another), so that all calls together are linear.
  std::size_t end_of_tag(std::size_t from) const {
    char quote = 0;
    char before = 0;  // the last byte that is no space
    for (auto at = from; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '>') {
        return at + 1;
      } else if (c == '<') {
        return 0;
      } else if ((c == '"' || c == '\'') && before == '=') {
        quote = c;
      }
      if (!space(c)) before = c;
    }
    return 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  Finder comment_{"-->"}, cdata_{"]]>"}, script_{"</script"}, style_{"</style"};
};

// Length of "https://", "www." and the like at the start of `text`; 0: none.
std::size_t address_start(std::string_view text) {
  for (const std::string_view start : {"http://", "https://", "ftp://", "www."}) {
    if (starts_with_any_case(text, start)) return start.size();
  }
  return 0;
}

bool ends_address(char c) {
  return space(c) || c == '<' || c == '>' || c == '"' || c == '`' || c == '{' || c == '}';
}

bool trailing(char c) { return std::string_view(".,;:!?'()[]*").find(c) != std::string_view::npos; }

// Length of the address at the start of `text`, or 0.
std::size_t address_length(std::string_view text) {
  const auto start = address_start(text);
  if (start == 0) return 0;
  auto end = start;
  while (end < text.size() && !ends_address(text[end])) ++end;
  while (end > start && trailing(text[end - 1])) --end;
  return end > start ? end : 0;
}

}  // namespace

std::string strip_markup(std::string_view text) { return MarkupStripper(text).run(); }

std::string strip_urls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char before = ' ';
  for (std::size_t at = 0; at < text.size();) {
    const bool starts = !letter(before) && !digit(before);
    const auto length = starts ? address_length(text.substr(at)) : 0;
    out += length > 0 ? ' ' : text[at];
    before = length > 0 ? ' ' : text[at];
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace candor
