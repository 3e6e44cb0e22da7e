// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/table/table.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

// One column called "v" with these cells, each on its own line.
Table column_of(const std::vector<std::string>& cells, const TableData& config = {}) {
  std::string text = "v,end\n";
  for (const auto& cell : cells) text += cell + ",x\n";
  return parse_table(text, "t.csv", config);
}

CellType type_of(const std::vector<std::string>& cells) { return column_of(cells).type(0); }

std::vector<std::string> numbered(std::size_t count, const std::string& before) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < count; ++i) cells.push_back(before + std::to_string(i));
  return cells;
}

}  // namespace

TEST_CASE("The type of a column follows from all of its cells", "[table]") {
  CHECK(type_of({"1", "-2", "+3", "", "NA"}) == CellType::integer);
  CHECK(type_of({"1", "2.5"}) == CellType::real);
  CHECK(type_of({"1", "1e3"}) == CellType::real);
  CHECK(type_of({"true", "FALSE", ""}) == CellType::boolean);
  CHECK(type_of({"yes", "No"}) == CellType::boolean);
  CHECK(type_of({"yes", "true"}) == CellType::category);
  CHECK(type_of({"2024-03-31", "", "2024-02-29"}) == CellType::date_time);
  CHECK(type_of({"2024-03-31", "2024-02-30"}) == CellType::category);
  CHECK(type_of({"a", "b", "a"}) == CellType::category);
  CHECK(type_of({"1", "2", "x"}) == CellType::category);
  CHECK(type_of({"", "NA"}) == CellType::empty);
  CHECK(type_of({"1", "inf"}) == CellType::real);
}

TEST_CASE("Cells that name rows are told from cells that describe them", "[table]") {
  CHECK(type_of(numbered(60, "user-")) == CellType::identifier);
  CHECK(type_of(numbered(20, "user-")) == CellType::category);
  CHECK(type_of(numbered(60, "")) == CellType::identifier);
  CHECK(type_of(numbered(20, "")) == CellType::integer);
  auto gap = numbered(60, "");
  gap[30] = "";
  CHECK(type_of(gap) == CellType::integer);
  CHECK(type_of(numbered(60, "a few words and number ")) == CellType::text);
}

TEST_CASE("The order of day and month follows from the whole column", "[table]") {
  CHECK(column_of({"03/04/2024", "31/12/2024"}).summary(0).date_order == DateOrder::day_first);
  CHECK(column_of({"03/04/2024", "12/31/2024"}).summary(0).date_order == DateOrder::month_first);
  CHECK(column_of({"03/04/2024"}).summary(0).date_order == DateOrder::month_first);
  CHECK(type_of({"31/12/2024", "12/31/2024"}) == CellType::category);
  CHECK(column_of({"03/04/2024"}).summary(0).date_order_open);
  CHECK_FALSE(column_of({"03/04/2024", "31/12/2024"}).summary(0).date_order_open);
  CHECK_FALSE(column_of({"2024-03-04"}).summary(0).date_order_open);
}

TEST_CASE("Numbers are at hand without a second parse", "[table]") {
  const auto table = column_of({"1.50", "", "-7", "007", "text", "nan2", "1e400", "3"});
  const auto values = table.numbers(0);
  REQUIRE(values.size() == 8);
  CHECK(values[0] == 1.5);
  CHECK(std::isnan(values[1]));
  CHECK(values[3] == 7.0);
  CHECK(std::isnan(values[4]));
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const auto parsed = parse_number(table.cell(0, row));
    CHECK(table.number(0, row).kind == parsed.kind);
    CHECK(table.number(0, row).value == parsed.value);
    CHECK(table.missing(0, row) == table.cell(0, row).empty());
  }
  CHECK(table.cell(0, 0) == "1.50");
  CHECK(table.cell(0, 3) == "007");
  CHECK(column_of({"1", "a", "b"}).numbers(0).empty());
}

TEST_CASE("A summary counts every kind of cell", "[table]") {
  const auto table = column_of({"4", "", "2.5", "abc", "inf", "4.0", "abc", "NA"});
  const auto& summary = table.summary(0);
  CHECK(summary.missing == 2);
  CHECK(summary.numbers == 3);
  CHECK(summary.integers == 1);
  CHECK(summary.not_finite == 1);
  CHECK(summary.texts == 2);
  CHECK(summary.first_text == 3);
  CHECK(summary.first_not_finite == 4);
  CHECK(summary.min == 2.5);
  CHECK(summary.max == 4.0);
  CHECK(summary.distinct == 4);
  CHECK(summary.distinct_is_exact);
  CHECK(summary.longest == 3);
}

TEST_CASE("Several files are one table, and each row knows its file", "[table]") {
  const test::TempDir folder;
  const auto a = folder.write("a.csv", "x,y\n1,2\n\n3,4\n");
  const auto b = folder.write("b.csv", "x,y\r\n5,6\r\n");
  ReadOptions options;
  options.digest = true;
  const auto table = read_table(std::vector{a, b}, {}, options);
  CHECK(table.rows() == 3);
  CHECK(table.cell(0, 2) == "5");
  CHECK(table.place(1) == a + ":4");
  CHECK(table.place(2) == b + ":2");
  CHECK(table.line(2) == 2);
  CHECK(table.path() == a + " and 1 more");
  REQUIRE(table.sources().size() == 2);
  CHECK(table.sources()[1].first_row == 2);
  CHECK(table.sources()[0].sha256 ==
        "3b95c5b362aaeb37e265acbf6668f8010a55a19c67a8985735a3d242168d08c3");
}

TEST_CASE("Files with other columns are refused", "[table]") {
  const test::TempDir folder;
  const auto a = folder.write("a.csv", "x,y\n1,2\n");
  const auto b = folder.write("b.csv", "x,z\n1,2\n");
  const auto c = folder.write("c.csv", "x\n1\n");
  const auto other = error_of([&] { read_table(std::vector{a, b}, {}); });
  REQUIRE(other);
  CHECK(other->what() == b + ":1: column 2 is 'z', but 'y' in " + a +
                             "; the files of one table have the same columns in the same order");
  const auto fewer = error_of([&] { read_table(std::vector{a, c}, {}); });
  REQUIRE(fewer);
  CHECK(fewer->what() == c + ":1: 1 column, but " + a +
                             " has 2; the files of one table have the same columns in the same "
                             "order");
}
