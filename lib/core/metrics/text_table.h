// SPDX-License-Identifier: Apache-2.0
// Tables for a terminal.
#pragma once

#include <string>
#include <vector>

namespace candor {

// Terminal styles; nothing when colour is off.
class TextStyle {
 public:
  explicit TextStyle(bool color) : color_(color) {}
  std::string bold(const std::string& text) const { return wrap("1", text); }
  std::string dim(const std::string& text) const { return wrap("2", text); }
  std::string good(const std::string& text) const { return wrap("32", text); }
  std::string bad(const std::string& text) const { return wrap("1;31", text); }

 private:
  std::string wrap(const char* code, const std::string& text) const {
    return color_ ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
  bool color_;
};

using TextCells = std::vector<std::string>;

// Aligned columns, two spaces apart: the first to the left, numbers to the right, an open end left.
struct TextTable {
  std::vector<char> align;      // 'l' or 'r' by column
  std::vector<TextCells> rows;  // the first is the head

  std::string print(const TextStyle& style) const;
  // The same, line by line and without an end of line; the head is dimmed.
  std::vector<std::string> lines(const TextStyle& style) const;
};

}  // namespace candor
