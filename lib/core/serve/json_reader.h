// SPDX-License-Identifier: Apache-2.0
// A pull reader of JSON for request bodies: values go straight to where they belong, without a
// tree, which is what a server's hot path can afford. As strict as core/base/json.h: RFC 8259,
// valid UTF-8, bounded depth; refusing a key that stands twice is left to the caller, who knows the
// keys.
//
// Every function that meets something else than it asks for throws Error{request} with a place in
// the body and the types, never with a part of the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace candor {

enum class JsonType { null, boolean, number, string, array, object };
std::string_view name_of(JsonType type);

class JsonReader {
 public:
  explicit JsonReader(std::string_view text, std::size_t max_depth = 64)
      : text_(text), max_depth_(max_depth) {}

  // Type of the next value, which is not consumed.
  JsonType peek();

  void null();
  bool boolean();
  double number();
  // Valid until the next call.
  std::string_view string();

  // for (reader.enter_object(); reader.next_key(key);) { exactly one value }
  // `key` is valid until the next call.
  void enter_object();
  bool next_key(std::string_view& key);
  // for (reader.enter_array(); reader.next_element();) { exactly one value }
  void enter_array();
  bool next_element();

  // Steps over one value, checking it, and returns its text.
  std::string_view skip();

  // A reader of `inside`, a value that skip() returned, whose messages count from this text's
  // start.
  JsonReader part(std::string_view inside) const;

  // Throws unless only blanks are left.
  void finish();

  // Throws Error{request}: "request body, byte 17: MESSAGE".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  void blanks();
  char next_char();
  void expect(std::string_view word);
  void open(char bracket, JsonType type);
  bool next_item(char closing);
  void plain_string();
  void escape();
  std::uint32_t four_digits();
  void require(JsonType type);
  double huge_or_tiny(std::string_view token);

  std::string_view text_;
  std::size_t base_ = 0;  // bytes before text_
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t max_depth_;
  bool first_ = false;  // nothing of the array or object just opened was read yet
  std::string scratch_;
};

}  // namespace candor
