// SPDX-License-Identifier: Apache-2.0
#include "core/config/resume_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/config/config_json.h"

namespace candor {
namespace {

// Each with everything below it. What stands in neither list is refused.
constexpr std::array<std::string_view, 13> kTaken = {
    "name",
    "task.threshold",
    "calibration",
    "evaluate",
    "search",
    "tune",
    "train.checkpoint",
    "train.early_stopping",
    "train.loader_threads",
    "train.log_every",
    "train.validate",
    "train.weights",
    "data.cache",
};
constexpr std::array<std::string_view, 3> kRates = {"train.epochs", "train.steps",
                                                    "train.schedule"};

bool is_below(std::string_view key, std::string_view section) {
  return key.starts_with(section) && (key.size() == section.size() || key[section.size()] == '.');
}

template <class List>
bool is_in(const List& list, std::string_view key) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view section) { return is_below(key, section); });
}

}  // namespace

ResumeChanges resume_changes(const RunConfig& before, const RunConfig& after) {
  ResumeChanges changes;
  for (const auto& line : config_differences(before, after)) {
    const auto key = std::string_view(line).substr(0, line.find(": "));
    auto& list = is_in(kTaken, key)   ? changes.taken
                 : is_in(kRates, key) ? changes.rates
                                      : changes.refused;
    list.push_back(line);
  }
  return changes;
}

void require_steps_left(std::int64_t done, std::int64_t planned,
                        const std::vector<std::string>& changes) {
  if (done <= planned) return;
  auto text = fmt::format(
      "--resume: {} updates are done, but the run would end at {}; resume with more, or start a "
      "new run:",
      done, planned);
  for (const auto& line : changes) text += "\n  " + line;
  throw Error(ErrorKind::config, text);
}

}  // namespace candor
