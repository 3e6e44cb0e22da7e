// SPDX-License-Identifier: Apache-2.0
// What training wrote into metrics.jsonl, by key.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace candor {

using Points = std::vector<std::array<double, 2>>;  // x, y

struct History {
  // Key ("train/loss", "validation/accuracy") -> step and value, as they stand in the file.
  std::map<std::string, Points> values;
  std::int64_t last_step = 0;
  double steps_per_epoch = 0.0;  // 0: no row told
  // Lines that are no rows, but for a last one without its end, which a running process leaves.
  std::int64_t damaged_lines = 0;

  // Nothing for an unknown key.
  const Points& series(const std::string& key) const;
};

// Never throws for what is in the file: `damaged_lines` counts it. A missing file has no rows.
History read_history(const std::filesystem::path& metrics_jsonl);

}  // namespace candor
