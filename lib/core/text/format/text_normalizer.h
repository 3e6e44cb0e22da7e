// SPDX-License-Identifier: Apache-2.0
// Changes to a text before it is cut into words: the normalizer of a tokenizer.json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace candor {

class TextNormalizer {
 public:
  using Step = std::function<std::string(std::string)>;

  TextNormalizer() = default;
  explicit TextNormalizer(std::vector<Step> steps) : steps_(std::move(steps)) {}

  bool changes_nothing() const { return steps_.empty(); }
  std::string apply(std::string_view text) const {
    std::string result(text);
    for (const auto& step : steps_) result = step(std::move(result));
    return result;
  }

 private:
  std::vector<Step> steps_;
};

}  // namespace candor
