// SPDX-License-Identifier: Apache-2.0
// What a search found, for people and for machines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "core/select/trial_log.h"
#include "core/select/trial_score.h"

namespace candor {

struct TuneSummary {
  std::string path;
  SearchMethod method = SearchMethod::random;
  ScoreRule rule;
  std::vector<TrialResult> results;  // as in the log
  TrialResult best;
  // Of the final model on the test rows; empty: there are none, or it is undefined.
  std::optional<double> test, test_low, test_high;

  // From report.json of the final run. Throws Error{model}.
  void read_report(const Json& report, const std::string& where);

  std::string text(bool color) const;
  Json json() const;

 private:
  Optimism optimism() const;
  // By how much the score that was chosen by is better than that of the test.
  std::optional<double> flattered_by() const;
  std::string selection_text() const;
  std::vector<TrialResult> last_round() const;
  std::int64_t trials_tried() const;
};

}  // namespace candor
