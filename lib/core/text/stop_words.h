// SPDX-License-Identifier: Apache-2.0
// Words that say little about what a text is about.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/json.h"

namespace candor {

// Safe to use from several threads at once.
class StopWords {
 public:
  StopWords() = default;
  // Each word is looked up folded to one case and with a plain apostrophe.
  explicit StopWords(const std::vector<std::string>& words);
  // "english" or "chinese": lists of our own. Else a UTF-8 file with one word per line; blank lines
  // and what follows `#` do not count. Throws Error{data} naming the file.
  static StopWords load(const std::string& name_or_path);

  bool empty() const { return words_.empty(); }
  // Also a pair of characters of which each is a stop word by itself, as in the Chinese list.
  bool contains(std::string_view word) const;

  Json to_json() const;                          // sorted
  static StopWords from_json(const Json& json);  // throws Error{model}

 private:
  std::unordered_set<std::string> words_;
};

}  // namespace candor
