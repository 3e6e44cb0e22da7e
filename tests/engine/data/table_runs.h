// SPDX-License-Identifier: Apache-2.0
// What the tests of tables in the engine share: small files, configs for them, and parts to look
// at.
#pragma once

#include <torch/torch.h>

#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "engine/data/open_data.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor::test {

using Lines = std::vector<std::string>;

inline std::string joined(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

// A header and `count` rows of a number, a category and a class, in no order of the classes.
inline Lines people(int count) {
  Lines lines = {"age,city,outcome"};
  const char* cities[] = {"Aarhus", "Bergen", "Cork"};
  for (int i = 0; i < count; ++i) {
    lines.push_back(std::to_string(20 + i * 7 % 50) + "," + cities[i * 5 % 3] + "," +
                    (i * 11 % 20 < 10   ? "low"
                     : i * 11 % 20 < 16 ? "middle"
                                        : "top"));
  }
  return lines;
}

// The same and its first 20 rows once more.
inline Lines people_and_repeats(int count) {
  auto lines = people(count);
  const auto once = lines;
  lines.insert(lines.end(), once.begin() + 1, once.begin() + 21);
  return lines;
}

inline RunConfig config_of(const std::string& train, const std::string& target = "outcome") {
  RunConfig config;
  config.name = "table";
  config.task.target = target;
  TableData data;
  data.files.train = train;
  config.data = data;
  MlpConfig model;
  model.hidden = {4};
  config.model = model;
  return config;
}

inline TableData& data_of(RunConfig& config) { return std::get<TableData>(config.data); }

inline Batch whole(const Dataset& dataset) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(dataset.size()));
  std::iota(rows.begin(), rows.end(), 0);
  return dataset.batch(rows);
}

inline std::vector<std::int64_t> classes(const Dataset& dataset) {
  const auto target = whole(dataset).target;
  return {target.data_ptr<std::int64_t>(), target.data_ptr<std::int64_t>() + target.numel()};
}

inline std::map<std::int64_t, int> class_counts(const Dataset& dataset) {
  std::map<std::int64_t, int> counts;
  for (const auto label : classes(dataset)) ++counts[label];
  return counts;
}

// Index into the lines of the file, of each row of a part.
inline std::vector<std::size_t> line_indices(const Dataset& dataset) {
  std::vector<std::size_t> indices;
  for (const auto& id : dataset.ids()) {
    indices.push_back(std::stoul(id.substr(id.find(':') + 1)) - 1);
  }
  return indices;
}

inline Error data_error(const RunConfig& config) {
  const auto error = error_of([&] { open_data(config); });
  REQUIRE(error);
  return *error;
}

inline std::string message(const RunConfig& config) {
  const auto error = data_error(config);
  CHECK(error.kind() == ErrorKind::data);
  return error.what();
}

}  // namespace candor::test
