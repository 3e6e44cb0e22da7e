// SPDX-License-Identifier: Apache-2.0
// A run of each family, for tests of what takes one.
#pragma once

#include <string>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

namespace candor::test {

// Trains `family` into FOLDER/run.
inline std::string train(const std::string& family, const TempDir& folder) {
  const auto run = (folder / "run").string();
  const auto trained = run_candor({"train", write_config(family, folder), "--run", run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  return run;
}

}  // namespace candor::test
