// SPDX-License-Identifier: Apache-2.0
#include "core/serve/json_write.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/base/utf8.h"

namespace candor {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      const auto length = read_code_point(text.substr(at)).length;
      out.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(at, length));
      at += length == 0 ? 1 : length;
      continue;
    }
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
      append_escaped(out, c);
    } else {
      out += c;
    }
    ++at;
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_json_numbers(std::string& out, const std::vector<float>& values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append_json_number(out, static_cast<double>(values[i]));
  }
  out += ']';
}

}  // namespace candor
