// SPDX-License-Identifier: Apache-2.0
// Small configs of each family, and what is wrong with a changed one.
#pragma once

#include <string>
#include <vector>

#include <candor/config.h>

#include "core/config/config_json.h"
#include "support/temp.h"

namespace candor::test {

inline Json table_config() {
  return Json::parse(R"({
    "name": "people",
    "task": {"type": "classification", "target": "outcome"},
    "data": {"type": "table", "files": {"train": "people.csv"}, "split": {"validation": 0.2}},
    "model": {"type": "mlp"},
    "train": {"epochs": 3}
  })");
}

inline Json text_config() {
  return Json::parse(R"({
    "name": "story",
    "task": {"type": "language_model"},
    "data": {"type": "text", "files": {"train": "story.txt"}, "split": {"validation": 0.1}},
    "model": {"type": "transformer"},
    "train": {"steps": 10}
  })");
}

inline Json images_config() {
  return Json::parse(R"({
    "name": "shapes",
    "task": {"type": "classification"},
    "data": {"type": "images", "files": {"train": "shapes"}, "split": {"validation": 0.1}},
    "augment": {"crop": 2, "flip": true, "rotate": 5},
    "model": {"type": "resnet", "blocks": [1, 1], "stem": "small"},
    "train": {"epochs": 1}
  })");
}

// `base` with `value` at a JSON pointer.
inline Json with(Json base, const std::string& pointer, const Json& value) {
  base[Json::json_pointer(pointer)] = value;
  return base;
}

inline Json without(Json base, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  base[at.parent_pointer()].erase(at.back());
  return base;
}

// The text of the error that reading gives, or "".
inline std::string faults(const Json& json) {
  const auto error = error_of([&] { config_from_json(json, "f.json"); });
  if (error && error->kind() != ErrorKind::config) return "not a config error";
  return error ? error->what() : "";
}

inline std::string word_faults(const Json& base, const std::vector<std::string>& words) {
  const auto error = error_of([&] { apply_words(config_from_json(base, "f.json"), words); });
  return error ? error->what() : "";
}

}  // namespace candor::test
