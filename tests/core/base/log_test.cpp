// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <candor/log.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/environment.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

TEST_CASE("messages reach the sink that a program sets, with their level", "[base]") {
  std::vector<std::pair<int, std::string>> seen;
  set_log([&](int level, const std::string& line) { seen.emplace_back(level, line); });
  log().info("rows: {}", 3);
  log().warn("careful");
  set_log({});
  log().error("nobody hears this");
  CHECK(seen == std::vector<std::pair<int, std::string>>{{2, "rows: 3"}, {3, "careful"}});
}

TEST_CASE("a log file has what was logged before it was opened, and each line at once", "[base]") {
  test::TempDir folder;
  const auto path = folder / "log.txt";
  log().info("too early");
  {
    LogFile file;
    log().info("rows: {}", 3);
    log().warn("careful");
    CHECK_FALSE(std::filesystem::exists(path));
    file.open(path);
    CHECK_THAT(test::slurp(path), CANDOR_CONTAINS(" info rows: 3\n"));
    CHECK_THAT(test::slurp(path), CANDOR_CONTAINS(" warning careful\n"));
    log().info("step 1");
    CHECK_THAT(test::slurp(path), CANDOR_CONTAINS(" info step 1\n"));
  }
  log().info("too late");
  const auto text = test::slurp(path);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK(text.find("too ") == std::string::npos);
  {
    LogFile again;
    again.open(path);  // a run that goes on
  }
  CHECK(test::slurp(path) == text);
}

TEST_CASE("a log that nobody opens keeps a bounded number of lines, the first ones", "[base]") {
  test::TempDir folder;
  LogFile file;
  for (int line = 0; line < 20'000; ++line) log().info("line {}", line);
  file.open(folder / "log.txt");
  const auto text = test::slurp(folder / "log.txt");
  CHECK(std::count(text.begin(), text.end(), '\n') == 10'000);
  CHECK_THAT(text, CANDOR_CONTAINS(" info line 9999\n"));
}

TEST_CASE("a log file that cannot be written is named", "[base]") {
  test::TempDir folder;
  LogFile file;
  const auto path = folder / "none" / "log.txt";
  const auto error = test::error_of([&] { file.open(path); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(error->what() == path.string() + ": cannot be written: No such file or directory");
}

TEST_CASE("the environment names program, compiler and machine", "[base]") {
  const auto facts = environment();
  CHECK(facts.at("candor").get<std::string>().find('.') != std::string::npos);
  CHECK_FALSE(facts.at("compiler").get<std::string>().empty());
  CHECK(facts.at("cores").get<int>() >= 1);
  const auto set = facts.at("instruction_set").get<std::string>();
  const std::vector<std::string> known = {"avx512_bf16", "avx512", "avx2", "sse2", "generic"};
  CHECK(std::count(known.begin(), known.end(), set) == 1);
}
