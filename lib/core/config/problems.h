// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a config, collected so that all of it is reported at once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <candor/error.h>

namespace candor {

struct Problem {
  std::string word;     // of the command line; empty: it is in the file
  std::string pointer;  // "" of the whole file, or of a word that could not be applied
  std::string what;
};

class Problems {
 public:
  explicit Problems(std::string where, ErrorKind kind = ErrorKind::config)
      : where_(std::move(where)), kind_(kind) {}

  // Values below `pointer` came from this word of the command line.
  void set_origin(const std::string& pointer, const std::string& word) {
    origins_[pointer] = word;
    broken_.erase(pointer);
  }
  // The value at `pointer` is a text that a word gave, and reads like JSON that is broken as `what`
  // says: that is the problem where no text is allowed.
  void set_broken(const std::string& pointer, const std::string& what) { broken_[pointer] = what; }
  // `pointer` is a JSON pointer ("/train/epochs"); "" is the whole file.
  void add(const std::string& pointer, const std::string& what);
  // A word of the command line that could not be applied at all.
  void add_word(const std::string& word, const std::string& what);

  bool any() const { return !entries_.empty(); }
  // Whether the same is wrong at the same place, whoever is to blame for it.
  bool has(const Problem& problem) const;
  // Whether no value was wrong so far; words that could not be applied aside.
  bool values_read() const { return sections_.empty(); }
  // What no word of the command line is to blame for so far.
  std::vector<Problem*> of_the_file();
  // Whether nothing was added below "/section": rules between fields hold only for fields that
  // could be read.
  bool clean(const std::string& section) const {
    return !sections_.contains(section) && !sections_.contains("");
  }
  // Throws Error of the kind given above with one line per problem, if there is any.
  void raise() const;

 private:
  std::string where_;
  ErrorKind kind_;
  std::map<std::string, std::string> origins_;
  std::map<std::string, std::string> broken_;
  std::vector<Problem> entries_;
  std::set<std::string> sections_;  // first steps of the pointers
};

// `; did you mean "x"?` or nothing.
std::string hint(const std::string& name, const std::vector<std::string>& candidates);

// The hint, if any, and `allowed: a, b, c`.
std::string hint_and_list(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace candor
