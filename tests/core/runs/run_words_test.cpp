// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_words.h"

#include <set>

#include "support/catch.h"

using namespace candor;

TEST_CASE("values that differ behind the cut are shown by where they differ", "[runs]") {
  const std::string head = "data/of/the/year/2026/";
  const std::vector<std::string> values = {head + "north.csv", head + "south.csv", "short"};
  CHECK(shown_apart(values[0], values, 14) == "…026/north.csv");
  CHECK(shown_apart(values[1], values, 12) == "…026/south.…");
  CHECK(shown_apart(values[2], values, 14) == "short");
  CHECK(shown_apart(values[0], {values[0], "other"}, 12) == "data/of/the…");
  const std::vector<std::string> three = {"[100,100,100,100,7]", "[100,100,100,100,8]",
                                          "[100,100,5,100,100]"};
  std::set<std::string> all;
  for (const auto& value : three) all.insert(shown_apart(value, three, 8));
  CHECK(all.size() == 3);
  const std::string wide = "ääääääääääääää";
  CHECK(shown_apart(wide + "x", {wide + "x", wide + "y"}, 8) == "…ääx");
}
