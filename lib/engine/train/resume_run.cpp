// SPDX-License-Identifier: Apache-2.0
#include "engine/train/resume_run.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/artifact/checkpoint_folders.h"
#include "core/artifact/run_directory.h"
#include "core/artifact/run_environment.h"
#include "core/base/nearest.h"
#include "core/config/config_json.h"
#include "core/config/resume_rules.h"
#include "core/metrics/history.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// As far as the run's own rows tell; 0: they do not.
std::int64_t epoch_steps(const fs::path& run) {
  return std::llround(read_history(run / "metrics.jsonl").steps_per_epoch);
}

// Fewer steps than are done are refused before the data is read, where the length is known.
void check_length(const fs::path& run, const RunConfig& config,
                  const std::vector<std::string>& changes) {
  const auto newest = CheckpointFolders(run / kCheckpointsName).list();
  if (changes.empty() || newest.empty()) return;
  const auto& train = config.train;
  const auto planned = train.steps ? *train.steps : train.epochs.value_or(1) * epoch_steps(run);
  if (planned == 0 || newest.back() <= planned) return;
  require_steps_left(steps_done(run), planned, changes);
}

}  // namespace

RunConfig config_to_resume(const fs::path& run, const RunConfig& config) {
  const auto path = run / "config.json";
  if (!fs::exists(path)) {
    throw Error(ErrorKind::config, run.string() +
                                       ": training had not begun there; train with --overwrite "
                                       "instead of --resume");
  }
  auto before = config_from_json(parse_json_file(path.string(), ErrorKind::config), path.string());
  const auto changes = resume_changes(before, config);
  if (changes.refused.empty()) {
    check_length(run, config, changes.rates);
    return before;
  }
  std::string text = "--resume: the config is not the one of " + run.string() +
                     "; resume without these changes, or start a new run:";
  for (const auto& line : changes.refused) text += "\n  " + line;
  throw Error(ErrorKind::config, text);
}

std::int64_t steps_done(const fs::path& run) {
  return CheckpointFolders(run / kCheckpointsName).find_last_complete().value_or(0);
}

Json recorded_environment(const fs::path& run) {
  const auto environment = read_run_environment(run);
  return environment ? environment->json : Json::object();
}

void check_same_data(const fs::path& run, const OpenedData& data) {
  const auto recorded = recorded_environment(run);
  if (!recorded.contains("files")) return;
  const auto changed = changed_files(recorded["files"], data.files);
  const bool same_split = recorded.value("split_sha256", "") == data.split_digest;
  if (changed.empty() && same_split) return;
  throw Error(ErrorKind::data,
              "--resume: " + (changed.empty() ? "the split of the rows" : join(changed)) +
                  " is not what " + run.string() +
                  " began with (SHA-256 in environment.json); restore it, or start a new run");
}

Json resumed_environment(const fs::path& run, Json now, const RunConfig& before,
                         const RunConfig& config) {
  auto recorded = recorded_environment(run);
  if (!recorded.contains("files")) return now;
  for (const char* same :
       {"files", "split_sha256", "rows_sha256", "split", "seed", "format_version"})
    now.erase(same);
  const auto changes = config_differences(before, config);
  if (!changes.empty()) now["config_changes"] = changes;
  recorded["resumed"].push_back(std::move(now));
  return recorded;
}

}  // namespace candor
