// SPDX-License-Identifier: Apache-2.0
#include "core/base/fault_point.h"

#include <cerrno>

#include "core/base/files.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

struct Faults {
  explicit Faults(const std::string& fault) { set_fault(fault); }
  ~Faults() { set_fault(""); }
};

}  // namespace

TEST_CASE("a fault counts the paths that it names, and fails those of its range", "[base]") {
  const Faults faults("no_space:2-3:wanted");
  CHECK_FALSE(fault_point("a/wanted/1"));
  CHECK_FALSE(fault_point("a/other"));
  errno = 0;
  CHECK(fault_point("a/wanted/2"));
  CHECK(errno == ENOSPC);
  CHECK(fault_point("a/wanted/3"));
  CHECK_FALSE(fault_point("a/wanted/4"));
  CHECK(fault_points_passed() == 4);
}

TEST_CASE("without a fault nothing fails and nothing is counted", "[base]") {
  set_fault("");
  CHECK_FALSE(fault_point("anything"));
  CHECK(fault_points_passed() == 0);
}

TEST_CASE("a fault of one number is one call, and one with an open end lasts", "[base]") {
  {
    const Faults faults("io:1");
    CHECK(fault_point("x"));
    CHECK(errno == EIO);
    CHECK_FALSE(fault_point("x"));
  }
  const Faults faults("read_only:2-");
  CHECK_FALSE(fault_point("x"));
  for (int i = 0; i < 5; ++i) CHECK(fault_point("x"));
  CHECK(errno == EROFS);
}

TEST_CASE("a fault that cannot be read is refused", "[base]") {
  for (const std::string text : {"no_space", "melt:1", "io:0", "io:x", "io:3-x", "io:"}) {
    const auto error = test::error_of([&] { set_fault(text); });
    INFO(text);
    REQUIRE(error);
    CHECK(std::string(error->what()) ==
          "CANDOR_FAULT: '" + text +
              "' is not REASON:FIRST[-LAST][:PART] with REASON kill, hang, no_space, read_only or "
              "io");
  }
}

TEST_CASE("wherever the disk fails, a file that is written in one step is old or new", "[base]") {
  const test::TempDir folder;
  const auto path = folder.write("file", "old");
  for (int number = 1;; ++number) {
    const Faults faults("io:" + std::to_string(number));
    const auto error = test::error_of([&] { write_file_atomic(path, "new"); });
    if (fault_points_passed() < number) {
      CHECK_FALSE(error);
      CHECK(number > 4);  // create, write, fsync, rename, and the folder's fsync
      break;
    }
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::failed);
    CHECK_THAT(error->what(), CANDOR_CONTAINS("Input/output error"));
    const auto content = test::slurp(path);
    CHECK((content == "old" || content == "new"));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
