// SPDX-License-Identifier: Apache-2.0
// Tables: data.clean.
#include <algorithm>
#include <sstream>

#include "table_runs.h"

using namespace candor;
using namespace candor::test;

TEST_CASE("rows that cannot be read are left out and counted, up to the share allowed", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", "x,outcome\n1,yes\n2,no,?\n3,yes\n4,no\n");
  auto config = config_of(path);
  CHECK(message(config) ==
        path +
            ":3: 3 cells, but the header has 2; fix the row, or set data.clean.max_bad_fraction to "
            "skip such rows (1 of 4 rows is bad)");
  data_of(config).clean.max_bad_fraction = 0.25;
  const auto data = open_data(config);
  CHECK(data.train->ids() == Lines{"train.csv:2", "train.csv:4", "train.csv:5"});
  CHECK(data.files[0]["rows_left_out"] == 1);
  folder.write("train.csv", "x,outcome\n1,yes\n3,yes\n4,no\n");
  CHECK_FALSE(open_data(config).files[0].contains("rows_left_out"));
}

TEST_CASE("rows without a target are left out in the same way, of every file", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", "x,outcome\n1,yes\n2,\n3,yes\n4,no\n");
  auto config = config_of(path);
  CHECK(message(config) ==
        path +
            ":3: the target 'outcome' is missing; fill it in, remove the row, or "
            "set data.clean.max_bad_fraction to leave such rows out (1 of 4 rows "
            "has none)");
  data_of(config).clean.max_bad_fraction = 0.25;
  data_of(config).files.test = folder.write("test.csv", "x,outcome\n1,yes\n2,no\n3,yes\n4,\n");
  const auto data = open_data(config);
  CHECK(data.train->ids() == Lines{"train.csv:2", "train.csv:4", "train.csv:5"});
  CHECK(data.test->ids() == Lines{"test.csv:2", "test.csv:3", "test.csv:4"});
  CHECK(data.files[1]["rows_left_out"] == 1);
  CHECK(data.ledger.empty());
  data_of(config).clean.bad_rows = BadRows::quarantine;
  CHECK_THAT(open_data(config).ledger,
             CANDOR_CONTAINS("\"line\":5,\"reason\":\"the target is missing\"}\n"));
}

namespace {

// Lines of a file's rows that are in a part, by its ids.
Lines rows_in(const Lines& file, const Dataset& part) {
  Lines rows;
  for (const auto line : line_indices(part)) rows.push_back(file[line]);
  return rows;
}

}  // namespace

TEST_CASE("of equal rows the first stays, and the others leave the part that they fell into",
          "[data]") {
  const test::TempDir folder;
  const auto lines = people_and_repeats(40);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  const auto before = open_data(config);
  data_of(config).clean.deduplicate = true;
  const auto after = open_data(config);
  std::size_t kept = 0;
  for (const auto* part : {"train", "validation", "test"}) {
    Lines expected;
    for (const auto& id : before.part(part)->ids()) {
      if (std::stoi(id.substr(id.find(':') + 1)) <= 41) expected.push_back(id);
    }
    CHECK(after.part(part)->ids() == expected);
    kept += expected.size();
  }
  CHECK(kept == 40);
  CHECK(after.files[0]["rows_left_out"] == 20);
  CHECK(after.files[0]["equal_rows_left_out"] == 20);
  CHECK(after.split == Json::parse(R"({"kind": "stratified", "seed": 0})"));
  CHECK(after.ledger.empty());
}

TEST_CASE("rows left out are counted for their own file, also where others are called the same",
          "[data]") {
  const test::TempDir folder;
  const auto lines = people(40);
  auto config = config_of(folder.write("2023/people.csv", joined(people_and_repeats(40))));
  Lines others = {lines[0], "77,Cork,low", "78,Cork,top", "77,Cork,low"};
  data_of(config).files.train.list.push_back(folder.write("2024/people.csv", joined(others)));
  data_of(config).clean.deduplicate = true;
  const auto data = open_data(config);
  CHECK(data.files[0]["rows_left_out"] == 20);
  CHECK(data.files[1]["rows_left_out"] == 1);
  CHECK(data.files[1]["equal_rows_left_out"] == 1);
}

TEST_CASE("no training row equals a row of the validation's or the test's file", "[data]") {
  const test::TempDir folder;
  const auto lines = people(50);
  const auto some = [&](std::size_t begin, std::size_t end) {
    Lines rows = {lines[0]};
    rows.insert(rows.end(), lines.begin() + static_cast<std::ptrdiff_t>(begin),
                lines.begin() + static_cast<std::ptrdiff_t>(end));
    rows.push_back(rows[1]);
    return rows;
  };
  auto config = config_of(folder.write("train.csv", joined(lines)));
  data_of(config).files.validation = folder.write("later.csv", joined(some(5, 10)));
  data_of(config).files.test = folder.write("test.csv", joined(some(20, 30)));
  data_of(config).clean.deduplicate = true;
  data_of(config).clean.bad_rows = BadRows::quarantine;
  data_of(config).clean.max_bad_fraction = 0.0;  // they do not count towards it
  const auto data = open_data(config);
  CHECK(data.train->size() == 35);
  CHECK(data.validation->size() == 5);
  CHECK(data.test->size() == 10);
  const auto held_out = rows_in(some(20, 30), *data.test);
  for (const auto& row : rows_in(lines, *data.train)) {
    CHECK(std::find(held_out.begin(), held_out.end(), row) == held_out.end());
  }
  REQUIRE(data.files.size() == 3);
  CHECK(data.files[0]["part"] == "train");
  CHECK(data.files[0]["equal_rows_left_out"] == 15);
  CHECK(data.files[1]["equal_rows_left_out"] == 1);
  const auto at = [&](const std::string& name) { return (folder / name).string(); };
  CHECK_THAT(data.ledger,
             CANDOR_CONTAINS(R"({"part":"train","file":")" + at("train.csv") +
                             R"(","line":6,"reason":"equal to )" + at("later.csv") + ":2\"}\n"));
  CHECK_THAT(data.ledger,
             CANDOR_CONTAINS(R"({"part":"test","file":")" + at("test.csv") +
                             R"(","line":12,"reason":"equal to )" + at("test.csv") + ":2\"}\n"));
  for (const auto& line : lines) {
    if (line != lines[0]) CHECK_THAT(data.ledger, !CANDOR_CONTAINS(line));
  }
  // A part that is opened by itself is the same.
  for (const std::string part : {"train", "validation", "test"}) {
    const auto alone = open_data(config, data.preprocessor, part);
    CHECK(alone.part(part)->ids() == data.part(part)->ids());
  }
}

TEST_CASE("rows that are left out as equal are not what is fitted", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", "x,outcome\n1,yes\n2,no\n9,yes\n9.0,yes\n"));
  data_of(config).clean.deduplicate = true;
  const auto data = open_data(config);
  CHECK(data.train->ids() == Lines{"train.csv:2", "train.csv:3", "train.csv:4"});
  CHECK(data.preprocessor->stage()->table()->mean[0] == 4.0);
  data_of(config).files.train = folder.write("copies.csv", "x,outcome\n1,yes\n2,no\n");
  data_of(config).files.test = data_of(config).files.train;
  CHECK(message(config) ==
        data_of(config).files.train.text() +
            ": every row equals one of data.files.validation or data.files.test, so that "
            "data.clean.deduplicate leaves none to train on; give other files");
}

TEST_CASE("numbers far outside the quartiles are clipped in training and serving alike", "[data]") {
  const test::TempDir folder;
  std::string rows = "x,outcome\n";
  for (int i = 0; i < 40; ++i) {
    rows += std::to_string(i == 7 ? 100'000 : i) + (i % 2 ? ",yes\n" : ",no\n");
  }
  auto config = config_of(folder.write("train.csv", rows));
  const auto plain = open_data(config);
  data_of(config).clean.clip_outliers = 3;
  const auto data = open_data(config);
  const auto& statistics = *data.preprocessor->stage()->table();
  REQUIRE(statistics.clip_high.size() == 1);
  CHECK(statistics.clip_high[0] < 150.0);
  CHECK(plain.preprocessor->stage()->table()->mean[0] > 2000.0);
  CHECK(statistics.mean[0] < 30.0);
  const auto of = [&](double value) {
    const auto served = data.preprocessor->prepare({value});
    return data.preprocessor->stage()->forward(data.preprocessor->tensors(served)).dense;
  };
  CHECK(of(1e9).equal(of(statistics.clip_high[0])));
  CHECK(of(1e9).equal(of(100'000)));
  CHECK_FALSE(of(38).equal(of(39)));
}
