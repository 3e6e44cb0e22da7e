// SPDX-License-Identifier: Apache-2.0
#include "core/config/problems.h"

#include "core/base/nearest.h"

namespace candor {

void Problems::add(const std::string& pointer, const std::string& what) {
  sections_.insert(pointer.substr(0, pointer.find('/', 1)));
  for (auto prefix = pointer; !prefix.empty(); prefix.erase(prefix.rfind('/'))) {
    const auto origin = origins_.find(prefix);
    if (origin == origins_.end()) continue;
    lines_.push_back("command line: " + origin->second + ": " + pointer + ": " + what);
    return;
  }
  lines_.push_back(where_ + ": " + (pointer.empty() ? "" : pointer + ": ") + what);
}

void Problems::add_word(const std::string& word, const std::string& what) {
  lines_.push_back("command line: " + word + ": " + what);
}

void Problems::raise() const {
  if (any()) throw Error(kind_, join(lines_, "\n"));
}

std::string hint(const std::string& name, const std::vector<std::string>& candidates) {
  const auto nearest = nearest_name(name, candidates);
  return nearest ? "; did you mean \"" + *nearest + "\"?" : std::string();
}

std::string hint_and_list(const std::string& name, const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "";
  const auto nearest = hint(name, candidates);
  return nearest + (nearest.empty() ? "; allowed: " : " allowed: ") + join(candidates);
}

}  // namespace candor
