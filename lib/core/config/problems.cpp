// SPDX-License-Identifier: Apache-2.0
#include "core/config/problems.h"

#include <algorithm>
#include <utility>

#include "core/base/nearest.h"

namespace candor {

void Problems::add(const std::string& pointer, const std::string& what) {
  sections_.insert(pointer.substr(0, pointer.find('/', 1)));
  const auto broken = broken_.find(pointer);
  Problem problem{"", pointer, broken == broken_.end() ? what : broken->second};
  for (auto prefix = pointer; !prefix.empty(); prefix.erase(prefix.rfind('/'))) {
    const auto origin = origins_.find(prefix);
    if (origin == origins_.end()) continue;
    problem.word = origin->second;
    break;
  }
  entries_.push_back(std::move(problem));
}

void Problems::add_word(const std::string& word, const std::string& what) {
  entries_.push_back({word, "", what});
}

bool Problems::has(const Problem& problem) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Problem& other) {
    return other.pointer == problem.pointer && other.what == problem.what;
  });
}

std::vector<Problem*> Problems::of_the_file() {
  std::vector<Problem*> found;
  for (auto& problem : entries_) {
    if (problem.word.empty()) found.push_back(&problem);
  }
  return found;
}

void Problems::raise() const {
  if (!any()) return;
  std::vector<std::string> lines;
  for (const auto& problem : entries_) {
    const auto source = problem.word.empty() ? where_ : "command line: " + problem.word;
    lines.push_back(source + ": " + (problem.pointer.empty() ? "" : problem.pointer + ": ") +
                    problem.what);
  }
  throw Error(kind_, join(lines, "\n"));
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
