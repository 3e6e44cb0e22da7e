// SPDX-License-Identifier: Apache-2.0
// JSON that the programs wrote.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp.h"

namespace candor::test {

inline nlohmann::json json_of(const std::filesystem::path& path) {
  return nlohmann::json::parse(slurp(path));
}

// A document on each line.
inline std::vector<nlohmann::json> rows_of(const std::filesystem::path& path) {
  std::vector<nlohmann::json> rows;
  std::istringstream lines(slurp(path));
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

}  // namespace candor::test
