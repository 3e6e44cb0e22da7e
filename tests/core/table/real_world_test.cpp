// SPDX-License-Identifier: Apache-2.0
// Files as people have them.
#include "cells_of.h"
#include "core/table/table.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::Cells;
using test::cells_of;
using test::error_of;

namespace {

Table parse(std::string_view text, const TableFormat& format = {}, const char* name = "t.csv") {
  TableData config;
  config.format = format;
  config.clean.max_bad_fraction = 0.0;
  return parse_table(text, name, config);
}

std::string message(std::string_view text, const TableFormat& format = {},
                    const char* name = "t.csv") {
  const auto error = error_of([&] { parse(text, format, name); });
  return error ? error->what() : "accepted";
}

}  // namespace

TEST_CASE("Runs of blanks part cells", "[table]") {
  TableFormat format;
  format.delimiter = "whitespace";
  const auto table = parse("  a   b\tc\n1  2\t\t3\n\n  4 \"5 6\" 7  \n", format);
  CHECK(table.columns() == std::vector<std::string>{"a", "b", "c"});
  CHECK(cells_of(table) == Cells{{"1", "2", "3"}, {"4", "5 6", "7"}});
  CHECK(table.line(1) == 4);
}

TEST_CASE("Comment lines are no rows", "[table]") {
  TableFormat format;
  format.comment = "#";
  const auto table = parse("# it's a \"file\"\na,b\n#,\"\n1,#2\n# end\n3,4\n", format);
  CHECK(table.columns() == std::vector<std::string>{"a", "b"});
  CHECK(cells_of(table) == Cells{{"1", "#2"}, {"3", "4"}});
  CHECK(table.line(0) == 4);
  CHECK(table.line(1) == 6);
}

TEST_CASE("A delimiter at the end of every line makes no column", "[table]") {
  CHECK(cells_of(parse("a,b\n1,2,\n3,4,\n")) == Cells{{"1", "2"}, {"3", "4"}});
  const auto named = parse("a,b,\n1,2,\n3,4,\n");
  CHECK(named.columns() == std::vector<std::string>{"a", "b"});
  CHECK(cells_of(named) == Cells{{"1", "2"}, {"3", "4"}});
  TableFormat bare;
  bare.header = false;
  CHECK(cells_of(parse("1,2,\n3,4,\n", bare)) == Cells{{"1", "2"}, {"3", "4"}});
  CHECK(parse("a,b,\n1,2,\n3,4,5\n").columns().size() == 3);
  CHECK(message("a,b\n1,2\n3,4,\n") ==
        "t.csv:3: 3 cells, but the header has 2; fix the row, or set data.clean.max_bad_fraction "
        "to skip such rows (1 of 2 rows is bad)");
}

TEST_CASE("JSON lines are tables of their keys", "[table]") {
  const auto table = parse(
      "{\"a\": 1, \"b\": \"x\\u00e9\\n\\\"\"}\r\n\n{\"b\":null,\"c\":true}\n{ \"a\" : -2.5e3 }\n",
      {}, "t.jsonl");
  CHECK(table.columns() == std::vector<std::string>{"a", "b", "c"});
  CHECK(cells_of(table) == Cells{{"1", "x\u00E9\n\"", ""}, {"", "", "true"}, {"-2.5e3", "", ""}});
  CHECK(table.line(1) == 3);
  CHECK(table.number(0, 2).value == -2500.0);
  CHECK(table.type(2) == CellType::boolean);
}

TEST_CASE("What is no flat JSON object is refused with its reason", "[table]") {
  const auto refused = [](const std::string& reason) {
    return "t.jsonl:1: " + reason +
           "; fix the row, or set data.clean.max_bad_fraction to skip such rows (1 of 2 rows is "
           "bad)";
  };
  const std::string good = "\n{\"a\":1}\n";
  CHECK(message("{\"tags\":[1]}" + good, {}, "t.jsonl") ==
        refused("'tags' holds a list or an object, and a table has one value per cell"));
  CHECK(message("{\"a\":1,\"a\":2}" + good, {}, "t.jsonl") == refused("'a' is there twice"));
  CHECK(message("{\"\":1}" + good, {}, "t.jsonl") == refused("a key is empty"));
  for (const auto* line :
       {"1", "[]", "{", "{\"a\":}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":1} x",
        "{\"a\":\"\\ud800\"}", "{\"a\":nul}", "{'a':1}", "{\"a#:\\[}", "{\"a\":\"\\u0000\"}"}) {
    CAPTURE(line);
    CHECK(message(line + good, {}, "t.jsonl") == refused("not a JSON object on one line"));
  }
  CHECK(message("", {}, "t.jsonl") ==
        "t.jsonl: the file is empty; JSON lines have one JSON object per line");
  CHECK(message("{}\n", {}, "t.jsonl") ==
        "t.jsonl: no line has a key; JSON lines have one JSON object per line");
}

TEST_CASE("The type of a file is told by its name unless the config says it", "[table]") {
  TableFormat format;
  CHECK(is_json_lines("a/b.jsonl", format));
  CHECK(is_json_lines("b.ndjson.gz", format));
  CHECK_FALSE(is_json_lines("b.csv", format));
  format.type = TableFileType::csv;
  CHECK_FALSE(is_json_lines("b.jsonl", format));
  format.type = TableFileType::json_lines;
  CHECK(is_json_lines("b.txt", format));
}

TEST_CASE("gzip that is damaged, cut short or a bomb is refused", "[table]") {
  const test::TempDir folder;
  // printf 'a,b\n1,2\n' | gzip -n
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xd4\x49\xe2\x32\xd4\x31\xe2"
      "\x02\x00\x7b\x07\x97\x0a\x08\x00\x00\x00",
      28);
  const auto read = [&](const std::string& content) {
    const auto path = folder.write("t.csv.gz", content);
    const auto error = error_of([&] { read_table(std::vector{path}, {}); });
    return error ? std::string(error->what()).substr(path.size()) : "read";
  };
  CHECK(read(packed) == "read");
  CHECK(read(packed + packed.substr(0, 12)) ==
        ": the gzip data is cut short; the file is not whole, get it anew");
  CHECK(read(packed.substr(0, 20)) ==
        ": the gzip data is cut short; the file is not whole, get it anew");
  auto damaged = packed;
  damaged[21] ^= 1;
  CHECK(read(damaged) == ": the gzip data is damaged (incorrect data check); get the file anew");
  CHECK(read("a,b\n1,2\n") ==
        ": its name ends in .gz, but it does not begin as gzip does; rename "
        "it, or get the file anew");
}
