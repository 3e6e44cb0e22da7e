// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <candor/log.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/environment.h"
#include "support/catch.h"

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

TEST_CASE("the environment names program, compiler and machine", "[base]") {
  const auto facts = environment();
  CHECK(facts.at("candor").get<std::string>().find('.') != std::string::npos);
  CHECK_FALSE(facts.at("compiler").get<std::string>().empty());
  CHECK(facts.at("cores").get<int>() >= 1);
  const auto set = facts.at("instruction_set").get<std::string>();
  const std::vector<std::string> known = {"avx512_bf16", "avx512", "avx2", "sse2", "generic"};
  CHECK(std::count(known.begin(), known.end(), set) == 1);
}
