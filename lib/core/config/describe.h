// SPDX-License-Identifier: Apache-2.0
// The config format as data: what JSON Schema, the reference and overrides are made from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/config/field.h"

namespace candor {

enum class NodeKind {
  boolean,
  integer,
  number,
  string,
  paths,  // a string or a list of strings
  any,    // any JSON value
  choice,
  list,
  map,
  section,
  variant
};

struct Description {
  NodeKind kind = NodeKind::section;
  Field field{"", ""};
  bool optional = false;             // null switches it off
  bool number_too = false;           // section: a bare number may stand for it
  bool required = false;             // has no default
  Json default_value;                // as write_config would write it; null for none
  std::vector<std::string> choices;  // choice
  std::vector<Description> members;  // section: its fields; list and map: the one kind of item;
                                     // variant: its alternatives, whose field.key is the type
  const Description* find(const std::string& key) const;
};

// Of the whole config file.
const Description& describe_config();

// What the names from the top of the config on lead to: of a variant in each of its types, of a map
// in whatever entry. Empty: nowhere.
std::vector<const Description*> described_at(const std::vector<std::string>& steps);

// The names in train.optimizer.type; one in double quotes may have points of its own:
// data.columns."a.b".scale. An empty name stands for what is none, as between two points.
std::vector<std::string> key_steps(const std::string& key);
// The key that has these names: in quotes where a word of the command line needs them.
std::string joined_steps(const std::vector<std::string>& steps);

// For messages and the reference: "a whole number in [1, 10]", "one of a, b", "a list of strings".
std::string expected_text(const Description& description);

}  // namespace candor
