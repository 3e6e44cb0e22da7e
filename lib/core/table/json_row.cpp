// SPDX-License-Identifier: Apache-2.0
#include "core/table/json_row.h"

#include <algorithm>

#include "core/base/utf8.h"

namespace candor {
namespace {

constexpr const char* kNoObject = "not a JSON object on one line";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string JsonRowReader::read(std::string_view line) {
  left_ = line;
  cells_.clear();
  problem_.clear();
  used_ = 0;
  // Every unescaped text takes two quotes of the line, but for one that is not closed; none of them
  // must move.
  const auto most = static_cast<std::size_t>(std::count(line.begin(), line.end(), '"')) / 2 + 1;
  if (line.find('\\') != std::string_view::npos && unescaped_.size() < most) {
    unescaped_.resize(most);
  }
  skip_blanks();
  if (!skip('{')) return kNoObject;
  skip_blanks();
  bool more = !skip('}');
  while (more) {
    if (!read_member()) return problem_.empty() ? kNoObject : problem_;
    skip_blanks();
    more = skip(',');
    if (!more && !skip('}')) return kNoObject;
    skip_blanks();
  }
  skip_blanks();
  if (!left_.empty()) return kNoObject;
  return has_duplicate() ? problem_ : std::string();
}

bool JsonRowReader::skip(char c) {
  if (!left_.starts_with(c)) return false;
  left_.remove_prefix(1);
  return true;
}

void JsonRowReader::skip_blanks() {
  const auto end = std::min(left_.find_first_not_of(" \t\r"), left_.size());
  left_.remove_prefix(end);
}

bool JsonRowReader::read_member() {
  JsonCell cell;
  if (!read_text(cell.key)) return false;
  if (cell.key.empty()) {
    problem_ = "a key is empty";
    return false;
  }
  skip_blanks();
  if (!skip(':')) return false;
  skip_blanks();
  if (!read_value(cell)) return false;
  cells_.push_back(cell);
  return true;
}

bool JsonRowReader::read_value(JsonCell& cell) {
  if (left_.empty()) return false;
  switch (left_.front()) {
    case '"': return read_text(cell.value);
    case 't': return read_word(cell.value = "true");
    case 'f': return read_word(cell.value = "false");
    case 'n': return read_word("null");
    case '{':
    case '[':
      problem_ = "'" + std::string(cell.key) +
                 "' holds a list or an object, and a table has one value per cell";
      return false;
    default: cell.number = true; return read_number(cell.value);
  }
}

bool JsonRowReader::read_word(std::string_view word) {
  if (!left_.starts_with(word)) return false;
  left_.remove_prefix(word.size());
  return true;
}

// The grammar of RFC 8259, section 6.
bool JsonRowReader::read_number(std::string_view& text) {
  std::size_t at = left_.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const auto begin = at;
    while (at < left_.size() && is_digit(left_[at])) ++at;
    return at - begin;
  };
  const bool zero = at < left_.size() && left_[at] == '0';
  const auto whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < left_.size() && left_[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < left_.size() && (left_[at] == 'e' || left_[at] == 'E')) {
    ++at;
    if (at < left_.size() && (left_[at] == '+' || left_[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  text = left_.substr(0, at);
  left_.remove_prefix(at);
  return true;
}

bool JsonRowReader::read_text(std::string_view& text) {
  if (!skip('"')) return false;
  std::string* whole = nullptr;
  while (true) {
    std::size_t at = 0;
    while (at < left_.size() && left_[at] != '"' && left_[at] != '\\' &&
           static_cast<unsigned char>(left_[at]) >= 0x20) {
      ++at;
    }
    if (at == left_.size() || static_cast<unsigned char>(left_[at]) < 0x20) return false;
    const auto part = left_.substr(0, at);
    const bool closed = left_[at] == '"';
    left_.remove_prefix(at + 1);
    if (closed && whole == nullptr) {
      text = part;
      return true;
    }
    if (whole == nullptr) {
      whole = &unescaped_[used_++];
      whole->clear();
    }
    whole->append(part);
    if (closed) {
      text = *whole;
      return true;
    }
    if (!read_escape(*whole)) return false;
  }
}

bool JsonRowReader::read_escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
  if (left_.empty()) return false;
  const char name = left_.front();
  left_.remove_prefix(1);
  if (const auto known = kNames.find(name); known != std::string_view::npos) {
    out += kBytes[known];
    return true;
  }
  unsigned value = 0, low = 0;
  if (name != 'u' || !read_hex(value)) return false;
  if (value >= 0xDC00 && value <= 0xDFFF) return false;  // the second half of a pair, alone
  if (value >= 0xD800 && value <= 0xDBFF) {
    if (!skip('\\') || !skip('u') || !read_hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
    value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
  }
  if (value == 0) return false;  // no text of a table holds a NUL
  append_code_point(value, out);
  return true;
}

bool JsonRowReader::read_hex(unsigned& value) {
  if (left_.size() < 4) return false;
  value = 0;
  for (const char c : left_.substr(0, 4)) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (!is_digit(lower) && (lower < 'a' || lower > 'f')) return false;
    value = value * 16 + static_cast<unsigned>(is_digit(lower) ? lower - '0' : lower - 'a' + 10);
  }
  left_.remove_prefix(4);
  return true;
}

bool JsonRowReader::has_duplicate() {
  keys_.clear();
  for (const auto& cell : cells_) keys_.push_back(cell.key);
  std::sort(keys_.begin(), keys_.end());
  const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
  if (twice == keys_.end()) return false;
  problem_ = "'" + std::string(*twice) + "' is there twice";
  return true;
}

}  // namespace candor
