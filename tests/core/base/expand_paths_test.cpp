// SPDX-License-Identifier: Apache-2.0
#include "core/base/expand_paths.h"

#include <candor/error.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a pattern stands for its files in byte order, each once", "[base]") {
  TempDir folder;
  const auto b = folder.write("b.csv", "x"), a = folder.write("a.csv", "x");
  const auto upper = folder.write("Z.csv", "x");
  folder.write("c.txt", "x");
  const auto root = folder.path().string();
  CHECK(expand_paths({root + "/*.csv"}) == Strings{upper, a, b});
  CHECK(expand_paths({b, root + "/[ab].csv"}) == Strings{b, a});
  CHECK(expand_paths({root + "/?.csv", a}) == Strings{upper, a, b});
}

TEST_CASE("a name without pattern characters stays, and so does one that exists", "[base]") {
  TempDir folder;
  const auto odd = folder.write("[old].csv", "x");
  folder.write("o.csv", "x");
  CHECK(expand_paths({odd}) == Strings{odd});
  CHECK(expand_paths({"/nowhere/rows.csv"}) == Strings{"/nowhere/rows.csv"});
  CHECK(expand_paths({}).empty());
}

TEST_CASE("a pattern that matches nothing is an error", "[base]") {
  TempDir folder;
  const auto pattern = (folder.path() / "*.csv").string();
  const auto error = error_of([&] { expand_paths({pattern}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        pattern +
            ": no file matches this pattern; * stands for any characters but /, ? for one, [a-z] "
            "for one of these");
}
