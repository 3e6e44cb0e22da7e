// SPDX-License-Identifier: Apache-2.0
#include "core/serve/json_reader.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <candor/error.h>

#include "core/base/utf8.h"

namespace candor {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Length of the JSON number at the start of `text`; 0 where there is none. Stricter than
// from_chars, which takes "1." and "inf".
std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else if (!digits()) {
    return 0;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return 0;
  }
  return at;
}

}  // namespace

std::string_view name_of(JsonType type) {
  switch (type) {
    case JsonType::null: return "null";
    case JsonType::boolean: return "a boolean";
    case JsonType::number: return "a number";
    case JsonType::string: return "a string";
    case JsonType::array: return "an array";
    case JsonType::object: return "an object";
  }
  return "";
}

void JsonReader::fail(const std::string& message) const {
  throw Error(ErrorKind::request,
              "request body, byte " + std::to_string(base_ + at_ + 1) + ": " + message);
}

void JsonReader::blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

// The next character that is no blank, not consumed.
char JsonReader::next_char() {
  blanks();
  if (at_ == text_.size()) fail("the JSON text ends too early");
  return text_[at_];
}

JsonType JsonReader::peek() {
  const char c = next_char();
  switch (c) {
    case '{': return JsonType::object;
    case '[': return JsonType::array;
    case '"': return JsonType::string;
    case 'n': return JsonType::null;
    case 't':
    case 'f': return JsonType::boolean;
    default: break;
  }
  if (c != '-' && !is_digit(c)) fail("not valid JSON: a value is expected");
  return JsonType::number;
}

void JsonReader::require(JsonType type) {
  const auto found = peek();
  if (found == type) return;
  fail("expected " + std::string(name_of(type)) + ", found " + std::string(name_of(found)));
}

void JsonReader::expect(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) fail("not valid JSON: a value is expected");
  at_ += word.size();
}

void JsonReader::null() {
  require(JsonType::null);
  expect("null");
}

bool JsonReader::boolean() {
  require(JsonType::boolean);
  const bool value = text_[at_] == 't';
  expect(value ? "true" : "false");
  return value;
}

double JsonReader::number() {
  require(JsonType::number);
  const auto length = number_length(text_.substr(at_));
  if (length == 0) fail("not valid JSON: a number is not complete");
  const auto token = text_.substr(at_, length);
  double value = 0.0;
  const auto parsed = std::from_chars(token.data(), token.data() + token.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) value = huge_or_tiny(token);
  at_ += length;
  return value;
}

// from_chars does not say on which side a number is out of range.
double JsonReader::huge_or_tiny(std::string_view token) {
  const double value = std::strtod(std::string(token).c_str(), nullptr);
  if (!std::isfinite(value)) fail("a number is too large");
  return value;
}

std::string_view JsonReader::string() {
  require(JsonType::string);
  ++at_;
  const auto start = at_;
  bool ascii = true;
  for (; at_ < text_.size(); ++at_) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"' || c == '\\') break;
    if (c < 0x20) fail("not valid JSON: a control character in a string");
    ascii = ascii && c < 0x80;
  }
  if (at_ == text_.size()) fail("the JSON text ends inside a string");
  auto value = text_.substr(start, at_ - start);
  if (text_[at_] == '\\') {
    scratch_.assign(value);
    while (text_[at_] == '\\') {
      escape();
      plain_string();
    }
    value = scratch_;
    ascii = false;
  }
  ++at_;
  if (!ascii && find_invalid_utf8(value)) fail("a string is not valid UTF-8");
  return value;
}

// Appends up to the next quote or backslash.
void JsonReader::plain_string() {
  const auto start = at_;
  for (; at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\'; ++at_) {
    if (static_cast<unsigned char>(text_[at_]) < 0x20) {
      fail("not valid JSON: a control character in a string");
    }
  }
  if (at_ == text_.size()) fail("the JSON text ends inside a string");
  scratch_.append(text_.substr(start, at_ - start));
}

void JsonReader::escape() {
  if (++at_ == text_.size()) fail("the JSON text ends inside a string");
  const char c = text_[at_++];
  constexpr std::string_view from = "\"\\/bfnrt";
  constexpr std::string_view to = "\"\\/\b\f\n\r\t";
  if (const auto found = from.find(c); found != std::string_view::npos) {
    scratch_ += to[found];
    return;
  }
  if (c != 'u') fail("not valid JSON: an unknown escape in a string");
  auto code = four_digits();
  if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    const auto low = four_digits();
    if (low < 0xDC00 || low > 0xDFFF) fail("not valid JSON: half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code >= 0xD800 && code < 0xE000) fail("not valid JSON: half of a surrogate pair");
  append_code_point(code, scratch_);
}

std::uint32_t JsonReader::four_digits() {
  const auto digits = text_.substr(at_, 4);
  std::uint32_t code = 0;
  const auto end = digits.data() + digits.size();
  if (digits.size() < 4 || std::from_chars(digits.data(), end, code, 16).ptr != end) {
    fail("not valid JSON: \\u needs four hexadecimal digits");
  }
  at_ += 4;
  return code;
}

void JsonReader::open(char bracket, JsonType type) {
  require(type);
  expect({&bracket, 1});
  if (++depth_ > max_depth_) {
    fail("nested deeper than " + std::to_string(max_depth_) + " levels");
  }
  first_ = true;
}

// Steps over a comma, or over the closing bracket: false.
bool JsonReader::next_item(char closing) {
  const char c = next_char();
  const bool first = first_;
  first_ = false;
  if (c == closing) {
    ++at_;
    --depth_;
    return false;
  }
  if (first) return true;
  if (c != ',') fail(std::string("not valid JSON: expected ',' or '") + closing + "'");
  ++at_;
  if (next_char() == closing) fail("not valid JSON: a comma before a closing bracket");
  return true;
}

void JsonReader::enter_object() { open('{', JsonType::object); }

bool JsonReader::next_key(std::string_view& key) {
  if (!next_item('}')) return false;
  if (next_char() != '"') fail("not valid JSON: a key is expected");
  key = string();
  if (next_char() != ':') fail("not valid JSON: expected ':'");
  ++at_;
  return true;
}

void JsonReader::enter_array() { open('[', JsonType::array); }

bool JsonReader::next_element() { return next_item(']'); }

std::string_view JsonReader::skip() {
  blanks();
  const auto start = at_;
  std::string_view key;
  switch (peek()) {
    case JsonType::null: null(); break;
    case JsonType::boolean: boolean(); break;
    case JsonType::number: number(); break;
    case JsonType::string: string(); break;
    case JsonType::array:
      for (enter_array(); next_element();) skip();
      break;
    case JsonType::object:
      for (enter_object(); next_key(key);) skip();
      break;
  }
  return text_.substr(start, at_ - start);
}

JsonReader JsonReader::part(std::string_view inside) const {
  JsonReader reader(inside, max_depth_ - depth_);
  reader.base_ = base_ + static_cast<std::size_t>(inside.data() - text_.data());
  return reader;
}

void JsonReader::finish() {
  blanks();
  if (at_ != text_.size()) fail("something follows the JSON text");
}

}  // namespace candor
