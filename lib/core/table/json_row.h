// SPDX-License-Identifier: Apache-2.0
// One line of JSON lines as cells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

struct JsonCell {
  std::string_view key;
  // Text without its escapes; a number as it is written; "true", "false"; nothing for null.
  std::string_view value;
  bool number = false;  // written as a number, not as text
};

// Reads flat JSON objects (RFC 8259), without recursion and without a copy where there is no
// escape.
class JsonRowReader {
 public:
  // The members of the object that `line` is, valid until the next call and as long as `line`.
  // Empty text when it could be read, else why not: no JSON object, a nested value, a key twice;
  // names the key, never a value.
  std::string read(std::string_view line);
  const std::vector<JsonCell>& cells() const { return cells_; }

 private:
  bool skip(char c);
  void skip_blanks();
  bool read_member();
  bool read_text(std::string_view& text);
  bool read_escape(std::string& out);
  bool read_hex(unsigned& value);
  bool read_value(JsonCell& cell);
  bool read_number(std::string_view& text);
  bool read_word(std::string_view word);
  bool has_duplicate();

  std::string_view left_;
  std::vector<JsonCell> cells_;
  std::vector<std::string> unescaped_;  // of the line; not moved while it is read
  std::size_t used_ = 0;
  std::vector<std::string_view> keys_;
  std::string problem_;
};

}  // namespace candor
