// SPDX-License-Identifier: Apache-2.0
// The run directories below folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace candor {

struct FoundRun {
  std::filesystem::path path;
  std::string
      name;  // below the folder that was searched; the folder's own name where it is the run
};

// A folder right below a searched one in which no run was found.
struct ForeignFolder {
  std::filesystem::path path;
  std::string why;  // "holds no run", or why it cannot be read
};

struct FoundRuns {
  std::vector<FoundRun> runs;  // in the order of their names, folder by folder; each once
  std::vector<ForeignFolder> foreign;
};

// Looks four folders deep. Runs are not searched for more runs, links to folders not followed,
// hidden folders left alone. Throws Error{config} for a folder of `folders` that is none.
FoundRuns find_runs(const std::vector<std::string>& folders);

}  // namespace candor
