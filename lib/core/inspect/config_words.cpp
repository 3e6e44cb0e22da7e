// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "core/inspect/findings.h"

namespace candor {

std::string column_word(const std::string& column, const Json& entry) {
  // A path has no way to write a quote in a name; there the whole map is set.
  if (column.find('"') != std::string::npos) {
    Json columns = Json::object();
    columns[column] = entry;
    return "data.columns=" + columns.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  const bool plain = column.find_first_of(".=") == std::string::npos;
  return "+data.columns." + (plain ? column : "\"" + column + "\"") + "=" +
         entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ignore_word(const std::string& column) {
  return column_word(column, {{"use", "ignore"}});
}

std::string shell_word(const std::string& word) {
  bool safe = !word.empty();
  for (const unsigned char c : word) {
    safe = safe &&
           (std::isalnum(c) != 0 ||
            std::string_view("+-_=./,:@%").find(static_cast<char>(c)) != std::string_view::npos);
  }
  if (safe) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace candor
