// SPDX-License-Identifier: Apache-2.0
// Tables: which rows are in which part, and how often training sees them.
#include <algorithm>

#include "table_runs.h"

using namespace candor;
using namespace candor::test;

TEST_CASE("the classes have the same shares in every part", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("people.csv", joined(people(200))));
  data_of(config).split.validation = 0.1;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);
  using Counts = std::map<std::int64_t, int>;
  CHECK(class_counts(*data.train) == Counts{{0, 70}, {1, 42}, {2, 28}});
  CHECK(class_counts(*data.validation) == Counts{{0, 10}, {1, 6}, {2, 4}});
  CHECK(class_counts(*data.test) == Counts{{0, 20}, {1, 12}, {2, 8}});
}

TEST_CASE("a class of few rows stays in the training part", "[data]") {
  const test::TempDir folder;
  Lines lines = {"x,outcome"};
  for (int i = 0; i < 10; ++i) lines.push_back(std::to_string(i) + ",many");
  lines.push_back("10,one");
  lines.push_back("11,another");
  auto config = config_of(folder.write("rare.csv", joined(lines)));
  for (const double share : {0.1, 0.3, 0.5, 0.7}) {
    data_of(config).split.validation = share;
    const auto error = test::error_of([&] { open_data(config); });
    INFO("validation " << share << ": " << (error ? error->what() : ""));
    CHECK_FALSE(error);
  }
}

TEST_CASE("the parts together are the rows of the file, each once and with its own target",
          "[data]") {
  const test::TempDir folder;
  const auto lines = people(60);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  data_of(config).groups = {"city"};
  const auto data = open_data(config);
  const auto& labels = data.preprocessor->signature().labels;
  std::vector<std::size_t> all;
  for (const auto* part : {&data.train, &data.validation, &data.test}) {
    const auto indices = line_indices(**part);
    const auto target = classes(**part);
    const auto cities = (*part)->groups().at("city");
    const auto ages = whole(**part).inputs.numeric;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const auto expected = std::to_string(ages[static_cast<std::int64_t>(i)][0].item<int>()) +
                            "," + cities[i] + "," + labels[static_cast<std::size_t>(target[i])];
      REQUIRE(lines[indices[i]] == expected);
    }
    all.insert(all.end(), indices.begin(), indices.end());
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(all[i] == i + 1);
}

TEST_CASE("a part that comes out empty is refused with the way out", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", joined(people(6)));
  auto config = config_of(path);
  const auto empty = [&](const std::string& key) {
    return path + ": " + key +
           " asks for a part, but its share of so little data is empty; give more data, raise the "
           "share, or leave it out (~" +
           key + ")";
  };
  data_of(config).split.validation = 0.01;
  CHECK(message(config) == empty("data.split.validation"));
  data_of(config).split.validation.reset();
  data_of(config).split.test = 0.01;
  CHECK(message(config) == empty("data.split.test"));
  data_of(config).split.test = 0.99;
  CHECK(open_data(config).train->size() == 2);  // one of each class stays, whatever the share
}

TEST_CASE("equal rows stay in one part, and the run says so", "[data]") {
  const test::TempDir folder;
  const auto lines = people_and_repeats(40);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);
  std::map<std::string, const Dataset*> part_of;
  for (const auto* part : {&data.train, &data.validation, &data.test}) {
    for (const auto line : line_indices(**part)) {
      const auto [found, added] = part_of.emplace(lines[line], part->get());
      CHECK(found->second == part->get());
    }
  }
  const auto expected = Json::parse(R"({"kind": "stratified", "seed": 0, "repeated_rows": 20})");
  CHECK(data.split == expected);
  CHECK(data.summary[0] ==
        "split: 20 rows are equal to an earlier one and stay in one part with it");
  folder.write("people.csv", joined(people(40)));
  CHECK(open_data(config).split == Json::parse(R"({"kind": "stratified", "seed": 0})"));
}

TEST_CASE("a file is split by the groups or the times of a column", "[data]") {
  const test::TempDir folder;
  const auto lines = people(60);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.test = 0.3;
  data_of(config).groups = {"city"};
  data_of(config).split.group = "city";
  const auto grouped = open_data(config);
  CHECK(grouped.split ==
        Json::parse(R"({"kind": "stratified_group", "group": "city", "seed": 0})"));
  const auto in_test = grouped.test->groups().at("city");
  for (const auto& city : grouped.train->groups().at("city")) {
    CHECK(std::find(in_test.begin(), in_test.end(), city) == in_test.end());
  }
  data_of(config).split.group.reset();
  data_of(config).split.time = "age";
  const auto aged = open_data(config);
  CHECK(aged.split == Json::parse(R"({"kind": "time", "time": "age", "seed": 0})"));
  const auto ages = [](const Dataset& part) { return whole(part).inputs.numeric; };
  CHECK(ages(*aged.train).max().item<float>() < ages(*aged.test).min().item<float>());
}

TEST_CASE("sampling weighs the training rows", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", "x,w,outcome\n1,2,yes\n2,0,no\n3,1,yes\n"));
  CHECK(open_data(config).sampling_weights.empty());
  config.train.sampling.by = SamplingBy::by_class;
  CHECK(open_data(config).sampling_weights == std::vector<double>{0.5, 1.0, 0.5});
  config.train.sampling.by = SamplingBy::weight;
  config.train.sampling.column = "w";
  CHECK(open_data(config).sampling_weights == std::vector<double>{2.0, 0.0, 1.0});
}
