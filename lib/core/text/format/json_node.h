// SPDX-License-Identifier: Apache-2.0
// A value of a tokenizer.json and where it stands, so that what is refused is named.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/json.h"

namespace candor {

class JsonNode {
 public:
  explicit JsonNode(const Json& json, std::string pointer = "")
      : json_(&json), pointer_(std::move(pointer)) {}

  // Throws Error{model}: "tokenizer.json: POINTER: what".
  [[noreturn]] void refuse(const std::string& what) const;

  const Json& json() const { return *json_; }
  const std::string& pointer() const { return pointer_; }
  bool is_null() const { return json_->is_null(); }

  // The value under a key. An absent one is null, as for Hugging Face's reader. Throws where this
  // is not an object.
  JsonNode operator[](const char* key) const;
  JsonNode at(std::size_t index) const;
  std::size_t size() const;  // of an array; throws where this is none

  std::string text() const;
  bool flag() const;
  bool flag_or(bool other) const { return is_null() ? other : flag(); }
  std::uint64_t whole(std::uint64_t most) const;
  double number() const;
  // The text under "type"; throws where there is none.
  std::string type() const { return (*this)["type"].text(); }

 private:
  const Json* json_;
  std::string pointer_;
};

}  // namespace candor
