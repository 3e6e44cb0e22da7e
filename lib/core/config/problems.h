// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a config, collected so that all of it is reported at once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <candor/error.h>

namespace candor {

class Problems {
 public:
  explicit Problems(std::string where, ErrorKind kind = ErrorKind::config)
      : where_(std::move(where)), kind_(kind) {}

  // Values below `pointer` came from this word of the command line.
  void set_origin(const std::string& pointer, const std::string& word) { origins_[pointer] = word; }
  // `pointer` is a JSON pointer ("/train/epochs"); "" is the whole file.
  void add(const std::string& pointer, const std::string& what);
  // A word of the command line that could not be applied at all.
  void add_word(const std::string& word, const std::string& what);

  bool any() const { return !lines_.empty(); }
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
  std::vector<std::string> lines_;
  std::set<std::string> sections_;  // first steps of the pointers
};

// `; did you mean "x"?` or nothing.
std::string hint(const std::string& name, const std::vector<std::string>& candidates);

// The hint, if any, and `allowed: a, b, c`.
std::string hint_and_list(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace candor
