// SPDX-License-Identifier: Apache-2.0
#include "core/base/nearest.h"

#include "support/catch.h"

using candor::join;
using candor::nearest_name;

TEST_CASE("a slip of the keyboard finds the name that was meant", "[base]") {
  const std::vector<std::string> names = {"epochs", "steps", "batch_size", "learning_rate"};
  CHECK(nearest_name("epohcs", names) == "epochs");         // swapped
  CHECK(nearest_name("bach_size", names) == "batch_size");  // left out
  CHECK(nearest_name("stepss", names) == "steps");          // doubled
  CHECK(nearest_name("EPOCHS", names) == "epochs");         // case
  CHECK(nearest_name("learning-rate", names) == "learning_rate");
}

TEST_CASE("a name that is like none of the candidates finds nothing", "[base]") {
  const std::vector<std::string> names = {"epochs", "steps"};
  CHECK_FALSE(nearest_name("optimizer", names));
  CHECK_FALSE(nearest_name("", names));
  CHECK_FALSE(nearest_name("epochs", {}));
  CHECK_FALSE(nearest_name(std::string(100'000, 'e'), names));
}

TEST_CASE("of equally near names the first one is taken", "[base]") {
  CHECK(nearest_name("cat", {"bat", "rat"}) == "bat");
  CHECK(nearest_name("rat", {"bat", "rat"}) == "rat");
}

TEST_CASE("words are joined with commas", "[base]") {
  CHECK(join({}) == "");
  CHECK(join({"a"}) == "a");
  CHECK(join({"a", "b", "c"}) == "a, b, c");
  CHECK(join({"a", "b"}, "/") == "a/b");
}

TEST_CASE("a name that is a part of a candidate, or has one in front, finds it", "[base]") {
  const std::vector<std::string> metrics = {"accuracy", "precision_macro", "f1_macro", "roc_auc"};
  CHECK(nearest_name("f1", metrics) == "f1_macro");
  CHECK(nearest_name("auc", metrics) == "roc_auc");
  CHECK(nearest_name("precision", metrics) == "precision_macro");
  CHECK(nearest_name("output", {"out", "json"}) == "out");
  CHECK(nearest_name("out", {"json", "output-format", "output"}) == "output");
  CHECK_FALSE(nearest_name("f", metrics));  // of too many names
  CHECK_FALSE(nearest_name("macro1", metrics));
}
