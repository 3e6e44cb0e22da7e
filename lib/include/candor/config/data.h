// SPDX-License-Identifier: Apache-2.0
// What all kinds of data have: files and splits. A part of config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <candor/api.h>

namespace candor {

// One path or several, in JSON a string or a list of strings. Each is a file, a folder where the
// kind of data has folders, or a pattern (`*`, `?`, `[a-z]`) for files; what exists under the very
// name is no pattern.
struct Paths {
  std::vector<std::string> list;

  Paths() = default;
  Paths(std::string path) : list{std::move(path)} {}
  Paths(const char* path) : list{path} {}
  Paths(std::vector<std::string> paths) : list(std::move(paths)) {}

  // None, or one that is "".
  CANDOR_API bool empty() const;
  // As messages name them: "a.csv", "a.csv and 3 more".
  CANDOR_API std::string text() const;
  friend bool operator==(const Paths&, const Paths&) = default;
};

struct FilesConfig {
  Paths train;                      // files, or folders of class folders for images; required
  std::optional<Paths> validation;  // own rows for validation; excludes split.validation
  std::optional<Paths> test;        // own rows for the test; excludes split.test
};

struct SplitConfig {
  std::optional<double> validation;  // fraction of the training rows
  std::optional<double> test;        // fraction of the training rows
  // Fraction of the training rows for what is fitted after training: calibration, thresholds,
  // conformal sets. Neither trained on nor looked at to stop early.
  std::optional<double> calibration;
  bool stratify = true;              // classification: the same class shares in every part
  std::optional<std::string> group;  // tables: column; rows of one group stay in one part
  std::optional<std::string> time;   // tables: column; the oldest rows train, the newest test
  std::uint64_t seed = 0;            // own seed, so that other training seeds see the same rows
};

}  // namespace candor
