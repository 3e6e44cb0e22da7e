// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include "cells_of.h"
#include "core/base/random.h"
#include "core/table/table.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::Cells;
using test::cells_of;
using test::error_of;

namespace {

Table parse(std::string_view text, const TableData& config = {}) {
  return parse_table(text, "t.csv", config);
}

std::string message(std::string_view text, const TableData& config = {}) {
  const auto error = error_of([&] { parse(text, config); });
  if (!error) return "accepted";
  return error->kind() == ErrorKind::data ? error->what() : "wrong kind";
}

TableData with_format(const TableFormat& format) {
  TableData config;
  config.format = format;
  return config;
}

std::string in_quotes(const std::string& cell) {
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string random_cell(const RandomStream& stream) {
  static const std::vector<std::string> kParts = {"a",  "7", ",",  "\"",     "\n", "\r\n",
                                                  "\r", " ", "\t", "\u00E9", "NA"};
  std::string cell = "x";
  for (std::uint64_t i = 0; i < stream.below(0, 8); ++i)
    cell += kParts[stream.below(i + 1, kParts.size())];
  return cell;
}

}  // namespace

TEST_CASE("A plain table is read with its names, cells and lines", "[table]") {
  const auto table = parse("a,b\n1,x\n\n2,y\n");
  CHECK(table.columns() == std::vector<std::string>{"a", "b"});
  CHECK(cells_of(table) == Cells{{"1", "x"}, {"2", "y"}});
  CHECK(table.line(0) == 2);
  CHECK(table.line(1) == 4);
  CHECK(table.place(1) == "t.csv:4");
  CHECK(table.find("b") == 1);
  CHECK(table.find("c") == -1);
}

TEST_CASE("Line ends, the byte order mark and a missing last line end make no difference",
          "[table]") {
  const Cells expected{{"1", "x"}, {"2", "y"}};
  for (const auto* text : {"a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y",
                           "\xEF\xBB\xBF"
                           "a,b\n1,x\n2,y",
                           "\n\r\na,b\n\n1,x\n   \n2,y\n\n"}) {
    CAPTURE(text);
    const auto table = parse(text);
    CHECK(table.columns() == std::vector<std::string>{"a", "b"});
    CHECK(cells_of(table) == expected);
  }
  CHECK(parse("a,b\r\n1,x\r\n2,y").line(1) == 3);
  CHECK(parse("a,b\r1,x\r2,y").line(1) == 3);
}

TEST_CASE("Quotes hold delimiters, line breaks and doubled quotes", "[table]") {
  const auto table =
      parse("a,b\n\"1,2\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\nlast,5\" pipe\n");
  CHECK(cells_of(table) ==
        Cells{{"1,2", "say \"hi\""}, {"two\r\nlines", ""}, {"last", "5\" pipe"}});
  CHECK(table.line(1) == 3);
  CHECK(table.line(2) == 5);
}

TEST_CASE("Any cells survive being written with quotes and read again", "[table]") {
  const RandomStream stream(3, "csv");
  for (std::uint64_t round = 0; round < 100; ++round) {
    const auto columns = 1 + stream.at(round).below(0, 5);
    std::string text;
    Cells rows;
    std::uint64_t draw = 0;
    for (std::uint64_t c = 0; c < columns; ++c)
      text += (c ? "," : "") + std::string("n") + std::to_string(c);
    for (int r = 0; r < 10; ++r) {
      text += r % 2 ? "\r\n" : "\n";
      auto& row = rows.emplace_back();
      for (std::uint64_t c = 0; c < columns; ++c) {
        row.push_back(random_cell(stream.at(round).at(draw++)));
        text += (c ? "," : "") + in_quotes(row.back());
      }
    }
    REQUIRE(cells_of(parse(text)) == rows);
  }
}

TEST_CASE("Columns without names are called by their position", "[table]") {
  TableFormat format;
  format.header = false;
  const auto table = parse("1,x\n2,y\n", with_format(format));
  CHECK(table.columns() == std::vector<std::string>{"c0", "c1"});
  CHECK(cells_of(table) == Cells{{"1", "x"}, {"2", "y"}});
  CHECK(table.line(0) == 1);
  CHECK(parse(",b\n1,2\n").columns() == std::vector<std::string>{"c0", "b"});
}

TEST_CASE("Trimming strips what is not quoted", "[table]") {
  TableFormat format;
  format.trim = true;
  const auto table = parse(" a , b\n 1\t,  \" x \"  \n", with_format(format));
  CHECK(table.columns() == std::vector<std::string>{"a", "b"});
  CHECK(cells_of(table) == Cells{{"1", " x "}});
  CHECK(cells_of(parse("a,b\n 1,\tx\n")) == Cells{{" 1", "\tx"}});
}

TEST_CASE("Another delimiter and another quote, or none", "[table]") {
  TableFormat format;
  format.delimiter = "\t";
  format.quote = "'";
  format.trim = true;
  CHECK(cells_of(parse("a\tb\n1\t'x\ty'\n\t\n", with_format(format))) ==
        Cells{{"1", "x\ty"}, {"", ""}});
  format.quote = "";
  format.delimiter = ";";
  CHECK(cells_of(parse("a;b\n\"1;\"x\"\n", with_format(format))) == Cells{{"\"1", "\"x\""}});
}

TEST_CASE("A value map comes first, then the missing markers", "[table]") {
  TableData config;
  config.format.missing = {"?", "-"};
  config.format.trim = true;
  config.columns["b"].values = {{">50K.", ">50K"}, {"none", "?"}, {"?", "asked"}, {"", "blank"}};
  const auto table = parse("a,b\n?,>50K.\n -,none\nNA,?\nz,\n", config);
  CHECK(cells_of(table) == Cells{{"", ">50K"}, {"", ""}, {"NA", "asked"}, {"z", "blank"}});
  CHECK(table.missing(0, 0));
  CHECK_FALSE(table.missing(0, 2));
}

TEST_CASE("A ragged row is named by file, line and counts", "[table]") {
  CHECK(message("a,b\n1,2\n1\n") ==
        "t.csv:3: 1 cell, but the header has 2; fix the row, or set data.clean.max_bad_fraction to "
        "skip "
        "such rows "
        "(1 of 2 rows is bad)");
  CHECK(message("a,b\n1,2,3\n1\n4,5\n") ==
        "t.csv:2: 3 cells, but the header has 2; fix the row, or set data.clean.max_bad_fraction "
        "to skip "
        "such rows "
        "(2 of 3 rows are bad)");
  CHECK(message("a,b\n1,\"2\"x\n") ==
        "t.csv:2: text after a closing quote; fix the row, or set data.clean.max_bad_fraction to "
        "skip "
        "such rows "
        "(1 of 1 row is bad)");
  TableFormat format;
  format.header = false;
  CHECK(message("1,2\n1,2,3\n", with_format(format)) ==
        "t.csv:2: 3 cells, but the first row has 2; fix the row, or set "
        "data.clean.max_bad_fraction to "
        "skip such "
        "rows (1 of 2 rows is bad)");
}

TEST_CASE("Bad rows within the allowed fraction are skipped and recorded", "[table]") {
  TableData config;
  config.clean.max_bad_fraction = 0.25;
  const auto table = parse("a,b\n1,2\n3\n5,6\n7,8\n", config);
  CHECK(cells_of(table) == Cells{{"1", "2"}, {"5", "6"}, {"7", "8"}});
  REQUIRE(table.bad_rows().size() == 1);
  CHECK(table.bad_rows()[0].line == 3);
  CHECK(table.bad_rows()[0].reason == "1 cell, but the header has 2");
  CHECK(message("a,b\n1,2\n3\n5,6\n", config) != "accepted");
  config.clean.max_bad_fraction = 1.0;
  CHECK(message("a,b\n1\n", config) ==
        "t.csv: no row can be used (1 bad row; the first: t.csv:2: 1 cell, but the header has 2)");
}

TEST_CASE("A file that is no table is refused with its reason", "[table]") {
  CHECK(message("") ==
        "t.csv: the file is empty; a table needs rows and a header line with the columns' names");
  CHECK(message("\n\n") == message(""));
  CHECK(message("a,b\n") == "t.csv: the file has a header line and no rows");
  CHECK(message("a,b,a\n1,2,3\n") ==
        "t.csv:1: two columns are called 'a' (number 1 and 3); rename one");
  CHECK(message("a,b\n1,\"2\n3,4\n") ==
        "t.csv:2: a quote is opened and never closed, so that the line behind it belongs to its "
        "cell; close it, or set data.format.quote to \"\" if quotes are plain characters");
  CHECK(message("a,b\n1,\"2\n3,4\n5,6\n")
            .starts_with("t.csv:2: a quote is opened and never closed, so that the 2 lines behind "
                         "it belong to its "
                         "cell; "));
  CHECK(message("a,b\n1,\"2\n").starts_with("t.csv:2: a quote is opened and never closed; "));
  CHECK(message(std::string_view("a,b\n1,\0\n", 8)) ==
        "t.csv:2: a NUL byte; the file is not CSV text in UTF-8 (is it UTF-16, or a spreadsheet?); "
        "save it as "
        "CSV in UTF-8");
  CHECK(message("a,b\n1,caf\xE9\n") ==
        "t.csv:2: not valid UTF-8 at byte 9; convert the file, for example with iconv -f latin1 -t "
        "utf-8");
}

TEST_CASE("A missing file and a folder are told apart", "[table]") {
  const test::TempDir folder;
  const auto directory = error_of([&] { read_table(folder.path(), {}); });
  REQUIRE(directory);
  CHECK(directory->kind() == ErrorKind::data);
  CHECK(directory->what() == folder.path().string() + ": is a folder; a table is one CSV file");
  const auto missing = error_of([&] { read_table(folder / "none.csv", {}); });
  REQUIRE(missing);
  CHECK(missing->kind() == ErrorKind::data);
  CHECK_THAT(missing->what(), CANDOR_CONTAINS((folder / "none.csv").string()));
  CHECK(cells_of(read_table(folder.write("t.csv", "a\n1\n"), {})) == Cells{{"1"}});
}

TEST_CASE("Columns that the config names must exist", "[table]") {
  const auto table = parse("age,sex\n1,f\n");
  TableData config;
  config.columns["agee"];
  config.columns["sex"];
  config.groups = {"country"};
  const auto error = error_of([&] { check_columns(table, config); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(error->what() ==
        std::string("data.columns: no column 'agee' in t.csv; did you mean 'age'?\n"
                    "data.groups: no column 'country' in t.csv; it has: age, sex"));
}

TEST_CASE("Group values name what is missing", "[table]") {
  const auto table = parse("sex\nf\nNA\nm\n");
  const std::vector<std::int64_t> rows{2, 1, 0};
  CHECK(group_values(table, rows, "sex") == std::vector<std::string>{"m", "(missing)", "f"});
  const auto error = error_of([&] { group_values(table, rows, "sx"); });
  REQUIRE(error);
  CHECK(error->what() == std::string("data.groups: no column 'sx' in t.csv; did you mean 'sex'?"));
}

TEST_CASE("Any bytes are read or refused, never more", "[table]") {
  const RandomStream stream(9, "hostile");
  static constexpr std::string_view kBytes = "a1,\"\n\r \t\xC3\xA9\xEF\xBB\xBF\0;";
  TableData config;
  config.clean.max_bad_fraction = 1.0;
  config.format.trim = true;
  int read = 0;
  for (std::uint64_t round = 0; round < 3000; ++round) {
    std::string text = "h,g\n1,2\n";
    for (std::uint64_t i = 0; i < round % 40; ++i) {
      text += kBytes[stream.at(round).below(i, kBytes.size())];
    }
    const auto error = error_of([&] {
      const auto table = parse(text, config);
      read += table.rows() > 0;
      CHECK(cells_of(table).size() == static_cast<std::size_t>(table.rows()));
    });
    if (error) CHECK(error->kind() == ErrorKind::data);
  }
  CHECK(read > 100);
}
