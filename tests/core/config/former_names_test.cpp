// SPDX-License-Identifier: Apache-2.0
#include "config_text.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

double bad_fraction(const RunConfig& config) {
  return std::get<TableData>(config.data).clean.max_bad_fraction;
}

}  // namespace

TEST_CASE("a value under its former name is read as before and written under the new one",
          "[config]") {
  const auto old = with(table_config(), "/data/max_bad_fraction", 0.25);
  const auto config = config_from_json(old, "f.json");
  CHECK(bad_fraction(config) == 0.25);
  const auto written = config_json(config);
  CHECK(written["data"]["clean"]["max_bad_fraction"] == 0.25);
  CHECK_FALSE(written["data"].contains("max_bad_fraction"));
}

TEST_CASE("a word may use a former name", "[config]") {
  const auto base = config_from_json(table_config(), "f.json");
  CHECK(bad_fraction(base) == 0.001);
  CHECK(bad_fraction(apply_words(base, {"data.max_bad_fraction=0.5"})) == 0.5);
}

TEST_CASE("the former and the new name of one field exclude each other", "[config]") {
  auto both = with(table_config(), "/data/max_bad_fraction", 0.25);
  both = with(both, "/data/clean", Json{{"max_bad_fraction", 0.5}});
  CHECK(faults(both) ==
        "f.json: /data/max_bad_fraction: is the former name of /data/clean/max_bad_fraction, and "
        "both are set; keep the new one");
}

TEST_CASE("images keep their own max_bad_fraction", "[config]") {
  const auto config =
      config_from_json(with(images_config(), "/data/max_bad_fraction", 0.25), "f.json");
  CHECK(std::get<ImageData>(config.data).max_bad_fraction == 0.25);
}

TEST_CASE("files may be one path or a list of paths", "[config]") {
  const auto one = config_from_json(table_config(), "f.json");
  CHECK(std::get<TableData>(one.data).files.train.list == std::vector<std::string>{"people.csv"});
  const auto base = with(table_config(), "/data/files/train", Json{"a.csv", "b-*.csv"});
  const auto two = config_from_json(base, "f.json");
  CHECK(std::get<TableData>(two.data).files.train.list ==
        std::vector<std::string>{"a.csv", "b-*.csv"});
  CHECK(config_json(two)["data"]["files"]["train"] == Json{"a.csv", "b-*.csv"});
  CHECK(config_json(one)["data"]["files"]["train"] == "people.csv");
  CHECK(faults(with(table_config(), "/data/files/train", Json::array())) ==
        "f.json: /data/files/train: found an empty list, expected a file or folder");
  CHECK(faults(with(table_config(), "/data/files/train", Json{1})) ==
        "f.json: /data/files/train: found a list, expected a string or a list of strings");
}
