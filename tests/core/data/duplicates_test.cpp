// SPDX-License-Identifier: Apache-2.0
#include "core/data/duplicates.h"

#include <filesystem>
#include <set>
#include <string>

#include "core/base/random.h"
#include "core/data/table_keys.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

Rows firsts(const std::string& csv, const TableData& data = {}) {
  return first_equal_rows(parse_table(csv, "test.csv", data));
}

}  // namespace

TEST_CASE("equal rows are found by all of their cells, the target too", "[data]") {
  CHECK(firsts("a,b,y\n1,x,yes\n1,x,no\n1,x,yes\n2,x,yes\n1,z,yes\n1,x,no\n") ==
        Rows{0, 1, 0, 3, 4, 1});
  CHECK(count_repeats(Rows{0, 1, 0, 3, 4, 1}) == 2);
  CHECK(count_repeats(Rows{}) == 0);
}

TEST_CASE("cells are compared as they are after their rules", "[data]") {
  TableData data;
  data.format.trim = true;
  data.format.missing = {"", "?"};
  data.columns["b"].values = {{"N.Y.", "New York"}};
  CHECK(firsts("a,b\nx,N.Y.\n x ,New York\ny,?\ny,\n", data) == Rows{0, 0, 2, 2});
}

TEST_CASE("numbers are compared by value, and texts by text", "[data]") {
  CHECK(firsts("n,t\n1,1a\n1.0,1a\n1e0,1a\n0,1a\n-0,1a\n") == Rows{0, 0, 0, 3, 3});
  CHECK(firsts("t\n1a\n1A\n1a \n1a\n") == Rows{0, 1, 2, 0});
  CHECK(firsts("n,t\n1,\n,1\n1,\n") == Rows{0, 1, 0});  // what is missing has its place
  CHECK(firsts("a,b\nxy,z\nx,yz\n") == Rows{0, 1});     // and cells have their ends
}

TEST_CASE("rows with equal hashes are equal only if their content is", "[data]") {
  const RandomStream stream(1, "content");
  Rows content;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    content.push_back(static_cast<std::int64_t>(stream.below(i, 1000)));
  }
  const auto less = [&](std::int64_t a, std::int64_t b) {
    return content[static_cast<std::size_t>(a)] < content[static_cast<std::size_t>(b)];
  };
  Rows expected(content.size());
  for (std::size_t row = 0; row < content.size(); ++row) {
    for (std::size_t first = 0; first <= row; ++first) {
      if (content[first] != content[row]) continue;
      expected[row] = static_cast<std::int64_t>(first);
      break;
    }
  }
  // From good hashes to one for all.
  for (const std::uint64_t different : {1'000'000, 7, 1}) {
    std::vector<std::uint64_t> hashes;
    for (const auto value : content)
      hashes.push_back(static_cast<std::uint64_t>(value) % different);
    CHECK(first_equals(hashes, less) == expected);
  }
}

TEST_CASE("rows made to collide take no more than sorting", "[data]") {
  constexpr std::size_t kRows = 100'000;
  std::size_t compared = 0;
  const auto less = [&](std::int64_t a, std::int64_t b) {
    ++compared;
    return a < b;
  };
  const std::vector<std::uint64_t> hashes(kRows, 42);
  const auto found = first_equals(hashes, less);
  CHECK(count_repeats(found) == 0);
  CHECK(compared < 40 * kRows);
}

TEST_CASE("equal texts are found", "[data]") {
  const std::vector<std::string_view> texts = {"b", "a", "b", "", "", "c"};
  CHECK(first_equal_texts(texts) == Rows{0, 1, 0, 3, 3, 5});
}

TEST_CASE("no message of the SMS collection is on both sides of its split", "[data]") {
  const auto path = std::filesystem::path(test::source_dir()) / "../shared/data/sms_spam" /
                    "SMSSpamCollection.tsv";
  if (!std::filesystem::exists(path)) {
    WARN("not tested: " << path.string() << " is not there");
    return;
  }
  TableData data;
  data.format.delimiter = "\t";
  data.format.quote = "";
  data.format.header = false;
  data.split.test = 0.2;
  const auto table = read_table(path, data);
  TaskConfig task;
  task.target = "c0";
  const auto keys = split_keys(table, task, data.split);
  CHECK(count_repeats(keys.duplicates) == 403);
  const auto split = split_rows(keys, data.split);
  CHECK(split.test.size() == 1115);  // 20 % of 5,574
  std::set<std::string_view> training;
  for (const auto row : split.train) training.insert(table.cell(1, row));
  for (const auto row : split.test) CHECK_FALSE(training.contains(table.cell(1, row)));
}
