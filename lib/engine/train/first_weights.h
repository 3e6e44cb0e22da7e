// SPDX-License-Identifier: Apache-2.0
// The weights that a run begins with where train.init_from names some.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"
#include "engine/data/open_data.h"
#include "engine/preprocess/network.h"

namespace candor {

// Does nothing without train.init_from. Errors begin with the word of the command line, one of
// `words`, that has set the path.
class FirstWeights {
 public:
  FirstWeights(const RunConfig& config, const std::vector<std::string>& words)
      : config_(config), words_(words) {}

  // Before the data is read, which can take long. Throws as find_weights() does.
  void find();
  // After find(). Throws as begin_from() and check_meaning() do.
  void load(Network& network, const OpenedData& data);
  // What was loaded, and what about it is to be known, into the log.
  void tell() const;
  // As begin_from() returns it; null: nothing was loaded.
  const Json& file() const { return file_; }

 private:
  template <class F>
  void name_word(const F& work) const;

  const RunConfig& config_;
  const std::vector<std::string>& words_;
  std::filesystem::path path_;
  Json file_;
  std::vector<std::string> told_;
};

}  // namespace candor
