// SPDX-License-Identifier: Apache-2.0
// Cleaning of text before anything reads it: the same in training, prediction and serving.
#pragma once

#include <candor/config.h>

#include <string>
#include <string_view>

#include "core/base/json.h"

namespace candor {

// Safe to use from several threads at once.
class Normalizer {
 public:
  explicit Normalizer(const TextCleanConfig& config) : config_(config) {}

  // The steps in this order: markup, addresses, control characters, normal form with case and
  // accents, white space. With every step off the bytes come back as they are; with any on, each
  // byte that is not valid UTF-8 becomes U+FFFD first. Linear in the length of the text.
  std::string apply(std::string_view text) const;
  bool any() const;

  Json to_json() const;
  // `at`: JSON pointer of this section in preprocess.json, for the message of an Error{model}.
  static Normalizer from_json(const Json& json, const std::string& at);

 private:
  TextCleanConfig config_;
};

}  // namespace candor
