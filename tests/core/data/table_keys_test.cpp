// SPDX-License-Identifier: Apache-2.0
#include "core/data/table_keys.h"

#include <candor/error.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

TaskConfig task(TaskType type = TaskType::classification) {
  TaskConfig config;
  config.type = type;
  config.target = "y";
  return config;
}

SplitConfig split_by(const std::string& group, const std::string& time = "") {
  SplitConfig config;
  config.test = 0.2;
  if (!group.empty()) config.group = group;
  if (!time.empty()) config.time = time;
  return config;
}

SplitKeys keys_of(const std::string& csv, const SplitConfig& split,
                  const TaskConfig& what = task()) {
  return split_keys(parse_table(csv, "a.csv", {}), what, split);
}

std::vector<double> weights_of(const std::string& csv, SamplingBy by, const char* column = nullptr,
                               const Rows& rows = {0, 1, 2, 3}) {
  SamplingConfig config;
  config.by = by;
  if (column != nullptr) config.column = column;
  return sampling_weights(parse_table(csv, "a.csv", {}), rows, task(), config);
}

template <class Action>
std::string message(ErrorKind kind, const Action& action) {
  const auto error = test::error_of(action);
  REQUIRE(error);
  CHECK(error->kind() == kind);
  return error->what();
}

}  // namespace

TEST_CASE("classes are strata, in sorted order, unless stratify is off", "[data]") {
  const std::string csv = "x,y\n1,b\n2,a\n3,c\n4,a\n";
  auto split = split_by("");
  CHECK(keys_of(csv, split).strata == Rows{1, 0, 2, 0});
  CHECK(keys_of(csv, split, task(TaskType::regression)).strata.empty());
  split.stratify = false;
  CHECK(keys_of(csv, split).strata.empty());
}

TEST_CASE("equal rows are looked for where a part is split off", "[data]") {
  const std::string csv = "x,y\n1,b\n2,a\n1,b\n";
  CHECK(keys_of(csv, split_by("")).duplicates == Rows{0, 1, 0});
  CHECK(keys_of("x,y\n1,b\n2,a\n1,a\n", split_by("")).duplicates.empty());
  CHECK(keys_of(csv, SplitConfig{}).duplicates.empty());
}

TEST_CASE("groups are the values of a column", "[data]") {
  const std::string csv = "g,y\nanna,b\nben,a\nanna,a\nben,a\n";
  const auto keys = keys_of(csv, split_by("g"));
  CHECK(keys.groups == Rows{0, 1, 0, 1});
  CHECK(keys.strata == Rows{1, 0, 0, 0});
}

TEST_CASE("times are numbers or dates", "[data]") {
  CHECK(keys_of("t,y\n2.5,a\n-1,b\n1e3,a\n", split_by("", "t")).times ==
        std::vector<double>{2.5, -1.0, 1000.0});
  const auto keys =
      keys_of("t,y\n2024-03-31,a\n2024-03-30T12:00:00,b\n2024-04-01,a\n", split_by("", "t"));
  REQUIRE(keys.times.size() == 3);
  CHECK(keys.times[0] - keys.times[1] == 12.0 * 3600.0);
  CHECK(keys.times[2] - keys.times[0] == 24.0 * 3600.0);
  CHECK(keys.strata.empty());
  // Day first, as one cell of the column shows.
  const auto days = keys_of("t,y\n01.02.2024,a\n31.01.2024,b\n", split_by("", "t"));
  CHECK(days.times[0] - days.times[1] == 24.0 * 3600.0);
}

TEST_CASE("a column that cannot split is refused with its line", "[data]") {
  CHECK(message(ErrorKind::config, [] { keys_of("group,y\n1,a\n", split_by("gruop")); }) ==
        "data.split.group: no column 'gruop' in a.csv; did you mean 'group'?");
  CHECK(message(ErrorKind::config, [] { keys_of("t,y\n1,a\n", split_by("", "when")); }) ==
        "data.split.time: no column 'when' in a.csv; it has: t, y");
  CHECK(message(ErrorKind::data, [] { keys_of("g,y\n1,a\n,b\n", split_by("g")); }) ==
        "a.csv:3: column 'g', which data.split.group names, has no value here; fill it in, or take "
        "the row out");
  CHECK(message(ErrorKind::data, [] { keys_of("t,y\n1,a\n,b\n", split_by("", "t")); }) ==
        "a.csv:3: column 't', which data.split.time names, has no value here; fill it in, or take "
        "the row out");
  CHECK(message(ErrorKind::data, [] { keys_of("t,y\n1,a\nsoon,b\n", split_by("", "t")); }) ==
        "a.csv:3: column 't', which data.split.time names, holds no number here, as it does in the "
        "first row");
  CHECK(
      message(ErrorKind::data, [] { keys_of("t,y\n2024-03-31,a\nsoon,b\n", split_by("", "t")); }) ==
      "a.csv:3: column 't', which data.split.time names, holds neither a number nor a date here; "
      "write dates as 2024-03-31 or 2024-03-31T13:05:59");
}

TEST_CASE("rows weigh what train.sampling says", "[data]") {
  const std::string csv = "g,w,y\nk,1,a\nk,0.5,a\nl,0,b\nk,3,a\n";
  CHECK(weights_of(csv, SamplingBy::uniform).empty());
  const auto third = 1.0 / 3.0;
  CHECK(weights_of(csv, SamplingBy::by_class) == std::vector<double>{third, third, 1.0, third});
  CHECK(weights_of(csv, SamplingBy::group, "g") == std::vector<double>{third, third, 1.0, third});
  CHECK(weights_of(csv, SamplingBy::weight, "w") == std::vector<double>{1.0, 0.5, 0.0, 3.0});
  // Only the training rows count.
  CHECK(weights_of(csv, SamplingBy::by_class, nullptr, {0, 2}) == std::vector<double>{1.0, 1.0});
  CHECK(weights_of(csv, SamplingBy::weight, "w", {3, 1}) == std::vector<double>{3.0, 0.5});
}

TEST_CASE("a column that cannot weigh is refused with its line", "[data]") {
  CHECK(message(ErrorKind::config, [] {
          weights_of("w,y\n1,a\n", SamplingBy::weight, "elsewhere", {0});
        }) == "train.sampling.column: no column 'elsewhere' in a.csv; it has: w, y");
  for (const std::string bad : {"-1", "much", "", "inf"}) {
    CHECK(message(ErrorKind::data,
                  [&] {
                    weights_of("w,y\n1,a\n" + bad + ",b\n", SamplingBy::weight, "w", {0, 1});
                  }) ==
          "a.csv:3: column 'w', which train.sampling.column names, holds no number from 0 on "
          "here; a weight is one");
  }
  CHECK(message(ErrorKind::data,
                [] { weights_of("w,y\n0,a\n2,b\n", SamplingBy::weight, "w", {0}); }) ==
        "a.csv: column 'w', which train.sampling.column names, is 0 in all training rows; one at "
        "least must weigh something");
}
