// SPDX-License-Identifier: Apache-2.0
#include "core/text/format/json_node.h"

#include <cmath>

#include <candor/error.h>

namespace candor {

void JsonNode::refuse(const std::string& what) const {
  throw Error(ErrorKind::model,
              "tokenizer.json: " + (pointer_.empty() ? what : pointer_ + ": " + what));
}

JsonNode JsonNode::operator[](const char* key) const {
  static const Json kNull;
  if (!json_->is_object()) refuse("expected an object");
  const auto found = json_->find(key);
  return JsonNode(found == json_->end() ? kNull : *found, pointer_ + pointer_step(key));
}

JsonNode JsonNode::at(std::size_t index) const {
  if (index >= size()) refuse("expected more than " + std::to_string(index) + " entries");
  return JsonNode((*json_)[index], pointer_ + "/" + std::to_string(index));
}

std::size_t JsonNode::size() const {
  if (!json_->is_array()) refuse("expected an array");
  return json_->size();
}

std::string JsonNode::text() const {
  if (!json_->is_string()) refuse("expected a text");
  return json_->get<std::string>();
}

bool JsonNode::flag() const {
  if (!json_->is_boolean()) refuse("expected true or false");
  return json_->get<bool>();
}

std::uint64_t JsonNode::whole(std::uint64_t most) const {
  // A parser makes non-negative integers unsigned, a program may have made them signed.
  const bool fits = json_->is_number_integer() &&
                    (json_->is_number_unsigned() || json_->get<std::int64_t>() >= 0) &&
                    json_->get<std::uint64_t>() <= most;
  if (!fits) refuse("expected a whole number from 0 to " + std::to_string(most));
  return json_->get<std::uint64_t>();
}

double JsonNode::number() const {
  if (!json_->is_number() || !std::isfinite(json_->get<double>())) {
    refuse("expected a finite number");
  }
  return json_->get<double>();
}

}  // namespace candor
