// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/baseline.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/metrics/ngram_baseline.h"

namespace candor {
namespace {

ScoredBaseline without_losses(const RunConfig& config, const std::string& reason) {
  ScoredBaseline baseline;
  baseline.order = config.evaluate.baseline->order;
  baseline.reason = reason;
  return baseline;
}

bool wanted(const RunConfig& config) {
  return config.task.type == TaskType::language_model && config.evaluate.baseline;
}

// The model keeps the SHA-256 of every file that it was trained with.
bool trained_with(const Json& known, const Json& entry) {
  return std::any_of(known.begin(), known.end(), [&](const Json& one) {
    return one.value("sha256", "") == entry.value("sha256", "");
  });
}

bool has_validation(const RunConfig& config) {
  const auto& data = std::get<TextData>(config.data);
  return data.files.validation || data.split.validation;
}

}  // namespace

std::optional<ScoredBaseline> score_baseline(const RunConfig& config, const OpenedData& data,
                                             const Dataset& scored, const std::string& split) {
  if (!wanted(config)) return std::nullopt;
  if (split == "train") {
    return without_losses(config, "these are the rows that its counts come from");
  }
  const bool held_out = data.validation != nullptr && split != "validation";
  return score_baseline(config.evaluate.baseline->order, data.preprocessor->tokenizer()->size(),
                        *data.train->tokens(), held_out ? data.validation->tokens() : nullptr,
                        *scored.tokens());
}

std::optional<ScoredBaseline> reopen_baseline(const RunConfig& config,
                                              std::shared_ptr<const Preprocessor> fitted,
                                              const Json& known, const Dataset& scored,
                                              const std::string& split) {
  if (!wanted(config)) return std::nullopt;
  if (split == "train") return score_baseline(config, {}, scored, split);
  try {
    auto data = open_data(config, fitted, "train");
    if (has_validation(config) && split != "validation") {
      const auto more = open_data(config, fitted, "validation");
      data.validation = more.validation;
      for (const auto& entry : more.files) data.files.push_back(entry);
    }
    for (const auto& entry : data.files) {
      if (!trained_with(known, entry)) {
        return without_losses(config, display_name(entry.value("path", "")) +
                                          ", which its counts come from, is not what the model was "
                                          "trained with");
      }
    }
    return score_baseline(config, data, scored, split);
  } catch (const Error& error) {
    log().warn("no n-gram baseline: {}", error.what());
    return without_losses(config,
                          "the training text, which its counts come from, cannot be read any more");
  }
}

}  // namespace candor
