// SPDX-License-Identifier: Apache-2.0
// trials.jsonl: what became of each trial of a search, in the order of rounds and trials. A search
// that was killed goes on from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/artifact/line_file.h"
#include "core/base/json.h"
#include "core/select/draw_trial.h"

namespace candor {

struct TrialResult {
  std::int64_t trial = 0;  // from 0; in the file from 1
  std::int64_t rung = 0;   // round of successive halving, from 0; in the file from 1
  TrialValues values;
  std::string state = "done";        // or "failed", "diverged"
  std::string reason;                // why it is not done
  std::optional<double> score;       // what trials are compared by
  std::optional<double> comparable;  // the same on the scale of the test's report
  double epochs = 0.0;               // whose weights were the best
  double steps = 0.0;

  bool done() const { return state == "done" && score.has_value(); }
  friend bool operator==(const TrialResult&, const TrialResult&) = default;
};

Json trial_json(const TrialResult& result);
// Throws Error{model} that begins with `where`.
TrialResult trial_from_json(const Json& json, const std::string& where);

class TrialLog {
 public:
  // Reads what is there and drops a last line that is torn. Throws Error{model} for any other line
  // that is no trial.
  explicit TrialLog(const std::filesystem::path& path);

  const std::vector<TrialResult>& results() const { return results_; }
  const TrialResult* find(std::int64_t rung, std::int64_t trial) const;
  // On the disk when it returns. Throws Error{failed}.
  void append(const TrialResult& result);

 private:
  std::vector<TrialResult> results_;
  LineFile file_;
};

// The best of `results` that are done, best first; of equal ones the earlier trial.
std::vector<TrialResult> ranked(std::vector<TrialResult> results, bool higher_is_better);

// What the trials' scores say of themselves.
struct Optimism {
  std::int64_t trials = 0;  // that are done
  double spread = 0.0;      // 1.4826 x the median distance from the median: of normal scores the
                            // standard deviation, which a few bad trials do not move
  double expected = 0.0;    // spread x the expected largest of that many standard normal numbers
};
Optimism optimism_of(const std::vector<double>& scores);

}  // namespace candor
