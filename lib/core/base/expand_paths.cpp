// SPDX-License-Identifier: Apache-2.0
#include "core/base/expand_paths.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unordered_set>

#include <candor/error.h>

namespace candor {
namespace {

bool is_pattern(const std::string& path) {
  if (path.find_first_of("*?[") == std::string::npos) return false;
  std::error_code ignored;
  return !std::filesystem::exists(path, ignored);
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  const auto status = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (status == GLOB_NOSPACE) {
    throw Error(ErrorKind::out_of_memory, pattern + ": too many files match; memory ran out");
  }
  if (paths.empty()) {
    throw Error(ErrorKind::data, pattern +
                                     ": no file matches this pattern; * stands for any characters "
                                     "but /, ? for one, [a-z] for one of these");
  }
  std::sort(paths.begin(), paths.end());  // glob's own order depends on the locale
  return paths;
}

}  // namespace

std::vector<std::string> expand_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> result;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string path) {
    if (seen.insert(path).second) result.push_back(std::move(path));
  };
  for (const auto& path : paths) {
    if (!is_pattern(path)) {
      add(path);
      continue;
    }
    for (auto& match : matches(path)) add(std::move(match));
  }
  return result;
}

}  // namespace candor
