// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/run_environment.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

TEST_CASE("a damaged environment of a run is named", "[artifact]") {
  const test::TempDir folder;
  CHECK_FALSE(read_run_environment(folder / "none"));
  const auto path = folder.write("run/environment.json", R"({"files": [{"part": "train"}]})");
  const auto whole = read_run_environment(folder / "run");
  REQUIRE(whole);
  CHECK(whole->path == path);
  CHECK(whole->json["files"][0]["part"] == "train");
  for (const auto* damaged :
       {R"({"files": 5})", R"({"files": [1, 2]})", R"({"split_sha256": 7})", "[]"}) {
    folder.write("run/environment.json", damaged);
    const auto error = test::error_of([&] { read_run_environment(folder / "run"); });
    INFO(damaged);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    CHECK(error->what() == path +
                               ": files or split_sha256 are not what candor writes there; the file "
                               "is damaged, restore it");
  }
}
