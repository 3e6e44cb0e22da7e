// SPDX-License-Identifier: Apache-2.0
#include "core/data/deduplicate.h"

#include <algorithm>
#include <numeric>

#include "core/base/random.h"
#include "core/data/duplicates.h"
#include "support/catch.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

Table table_of(const std::string& text, const std::string& name = "train.csv") {
  return parse_table(text, name, {});
}

Rows all_rows(const Table& table) {
  Rows rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Strings reasons(const UsableRows& usable) {
  Strings texts;
  for (const auto& row : usable.left_out) {
    texts.push_back(row.file + ":" + std::to_string(row.line) + ": " + row.reason);
  }
  return texts;
}

// Few different rows, so that many are equal.
std::string drawn_rows(const char* stream, int count) {
  const RandomStream random(3, stream);
  std::string text = "a,b,y\n";
  for (int i = 0; i < count; ++i) {
    const auto value = random.below(static_cast<std::uint64_t>(i), 60);
    text += std::to_string(value % 5) + (value % 2 ? ".0," : ",") + (value % 3 ? "x" : "") + "," +
            std::to_string(value / 20) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("of equal rows the first is kept, and the others say which it is", "[data]") {
  const auto table = table_of("a,y\n1,no\n2,no\n1,no\n1.0,no\n1,yes\n2,no\n");
  const auto kept = without_repeats(table, all_rows(table));
  CHECK(kept.rows == Rows{0, 1, 4});
  CHECK(reasons(kept) == Strings{"train.csv:4: equal to train.csv:2",
                                 "train.csv:5: equal to train.csv:2",
                                 "train.csv:7: equal to train.csv:3"});
  CHECK(without_repeats(table, {1, 4}).rows == Rows{1, 4});
}

TEST_CASE("rows that are kept stay as they are when they are looked at again", "[data]") {
  const auto table = table_of(drawn_rows("once", 300));
  const auto once = without_repeats(table, all_rows(table));
  CHECK(once.rows.size() + once.left_out.size() == 300);
  CHECK(once.left_out.size() > 200);
  const auto again = without_repeats(table, once.rows);
  CHECK(again.rows == once.rows);
  CHECK(again.left_out.empty());
}

TEST_CASE("rows of another table are found as they are in one table of both", "[data]") {
  const auto first = drawn_rows("first", 25), second = drawn_rows("second", 200);
  const auto held_out = table_of(first, "test.csv"), table = table_of(second);
  const auto header = first.find('\n') + 1;
  const auto both = first_equal_rows(table_of(first + second.substr(header)));
  const auto equal = equal_rows_in(held_out, table);
  int found = 0;
  for (std::size_t row = 0; row < equal.size(); ++row) {
    const auto expected = both[25 + row];
    CHECK(equal[row] == (expected < 25 ? expected : -1));
    found += equal[row] >= 0 ? 1 : 0;
  }
  CHECK(found > 20);
  const auto kept = without_rows_of(held_out, table, all_rows(table));
  CHECK(kept.left_out.size() == static_cast<std::size_t>(found));
  CHECK(without_rows_of(table, table, all_rows(table)).rows.empty());
}

TEST_CASE("columns are compared by name, and only those that both tables have", "[data]") {
  const auto table = table_of("a,city,y\n1,Cork,no\n2,Lyon,yes\n,Lyon,yes\n");
  const auto held_out = table_of(
      "y,note,city,a\nyes,x,Lyon,2.0\nyes,y,Lyon,2\nno,z,Lyon,1\nyes,z,Lyon,\n", "test.csv");
  const auto kept = without_rows_of(held_out, table, all_rows(table));
  CHECK(kept.rows == Rows{0});
  CHECK(reasons(kept) ==
        Strings{"train.csv:3: equal to test.csv:2", "train.csv:4: equal to test.csv:5"});
  CHECK(equal_rows_in(table_of("other\n1\n", "test.csv"), table) == Rows{-1, -1, -1});
}

TEST_CASE("a column of numbers in one table is compared by value in the other too", "[data]") {
  // More texts than numbers make a column of text.
  const auto numbers = table_of("a\n1.0\n2.50\n3\n");
  const auto texts = table_of("a\nx\ny\nz\nx\n1\n2.5\n", "test.csv");
  CHECK(equal_rows_in(texts, numbers) == Rows{4, 5, -1});
  CHECK(equal_rows_in(numbers, texts) == Rows{-1, -1, -1, -1, 0, 1});
}
