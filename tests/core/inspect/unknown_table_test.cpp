// SPDX-License-Identifier: Apache-2.0
// One content in many shapes: inspect, like training, sees one table.
#include "core/base/random.h"
#include "core/inspect/data_kind.h"
#include "inspected.h"
#include "support/gzip.h"

using namespace candor;
using candor::test::check_words;
using candor::test::error_of;
using candor::test::find;
using candor::test::table_config;
using candor::test::TempDir;
using candor::test::text_of;

namespace {

struct Person {
  std::string age, city, member, y;
};

std::vector<Person> people() {
  const RandomStream random(1, "people");
  const char* cities[] = {"Cork", "Lyon", "Oslo", ""};
  std::vector<Person> rows;
  for (std::uint64_t i = 0; i < 240; ++i) {
    const auto city = std::string(cities[random.below(3 * i, 4)]);
    const bool yes = random.below(3 * i + 1, 3) == 0;
    rows.push_back({std::to_string(20 + random.below(3 * i + 2, 60)), city,
                    i % 2 == 0 ? "true" : "false", yes ? "yes" : "no"});
  }
  return rows;
}

std::string csv_of(const std::vector<Person>& rows, std::size_t begin, std::size_t end,
                   const std::string& delimiter = ",", const std::string& missing = "") {
  std::string text = "age" + delimiter + "city" + delimiter + "member" + delimiter + "y\n";
  for (std::size_t i = begin; i < end; ++i) {
    const auto& row = rows[i];
    text += row.age + delimiter + (row.city.empty() ? missing : row.city) + delimiter + row.member +
            delimiter + row.y + "\n";
  }
  return text;
}

std::string json_lines_of(const std::vector<Person>& rows) {
  std::string text;
  for (const auto& row : rows) {
    text += "{\"age\": " + row.age +
            ", \"city\": " + (row.city.empty() ? "null" : "\"" + row.city + "\"") +
            ", \"member\": " + row.member + ", \"y\": \"" + row.y + "\"}\n";
  }
  return text;
}

Json columns_of(const std::string& data) {
  const auto inspection = inspect_table({data, "y", std::nullopt});
  check_words(inspection, table_config());
  return inspection_json(inspection)["columns"];
}

}  // namespace

TEST_CASE("a table looks the same from every kind of file that training reads", "[inspect]") {
  TempDir folder;
  const auto rows = people();
  const auto plain = csv_of(rows, 0, 240);
  const auto expected = columns_of(folder.write("plain.csv", plain));
  CHECK(expected[0]["type"] == "integer");
  CHECK(expected[2]["type"] == "boolean");
  CHECK(expected[1]["missing"].get<int>() > 20);
  CHECK(columns_of(folder.write("packed.csv.gz", test::gzip(plain))) == expected);
  CHECK(columns_of(folder.write("lines.jsonl", json_lines_of(rows))) == expected);
  CHECK(columns_of(folder.write("lines.data", json_lines_of(rows))) == expected);
  CHECK(columns_of(folder.write("lines.ndjson.gz", test::gzip(json_lines_of(rows)))) == expected);
  CHECK(columns_of(folder.write("semi.csv", csv_of(rows, 0, 240, " ; ", "?"))) == expected);
  folder.write("part-1.csv", csv_of(rows, 0, 100));
  folder.write("part-2.csv", csv_of(rows, 100, 240));
  CHECK(columns_of((folder / "part-*.csv").string()) == expected);
}

TEST_CASE("what was found out is among the facts", "[inspect]") {
  TempDir folder;
  const auto rows = people();
  const auto facts = [&](const std::string& data) {
    return inspection_json(inspect_table({data, "", std::nullopt}))["facts"];
  };
  folder.write("part-1.csv", csv_of(rows, 0, 100, "|"));
  folder.write("part-2.csv", csv_of(rows, 100, 240, "|"));
  const auto parts = facts((folder / "part-*.csv").string());
  CHECK(parts["files"] == 2);
  CHECK(parts["rows"] == 240);
  CHECK(parts["delimiter"] == "|");
  CHECK(parts["bytes"] == csv_of(rows, 0, 100).size() + csv_of(rows, 100, 240).size());
  const auto lines = facts(folder.write("lines.jsonl", json_lines_of(rows)));
  CHECK(lines["format"] == "JSON lines");
  CHECK_FALSE(lines.contains("delimiter"));
}

TEST_CASE("of several files a line is named with its file", "[inspect]") {
  TempDir folder;
  auto rows = people();
  rows[150].age = "4O";
  folder.write("part-1.csv", csv_of(rows, 0, 100));
  folder.write("part-2.csv", csv_of(rows, 100, 240) + "1,2\n");
  const auto data = (folder / "part-*.csv").string();
  const auto inspection = inspect_table({data, "y", std::nullopt});
  CHECK(text_of(inspection, "mixed") ==
        "is numbers but for 1 cell, the first in line 52 of part-2.csv");
  CHECK(text_of(inspection, "bad_rows") ==
        "1 row cannot be read, the first in line 142 of part-2.csv");
}

TEST_CASE("JSON lines with a label are a table, those with a text alone a corpus", "[inspect]") {
  TempDir folder;
  const auto kind = [&](const std::string& name, const std::string& text, bool target = false) {
    return kind_of(folder.write(name, text), target, "candor inspect");
  };
  const std::string rows = "{\"text\": \"a b c\", \"label\": \"spam\"}\n";
  CHECK(kind("a.jsonl", rows) == DataKind::table);
  CHECK(kind("b.jsonl", "{\"age\": 3, \"y\": \"no\"}\n") == DataKind::table);
  const std::string corpus = "{\"id\": 1, \"text\": \"a b c\", \"meta\": {\"x\": [1]}}\n";
  CHECK(kind("c.jsonl", corpus) == DataKind::text);
  CHECK(kind("c.jsonl", corpus, true) == DataKind::table);
  CHECK(kind("d.jsonl.gz", test::gzip("{\"body\": \"a b c\"}\n{\"body\": \"d\"}\n")) ==
        DataKind::text);
  CHECK(corpus_field("{\"body\": \"a b c\"}\n") == "body");
  CHECK(corpus_field(corpus) == "text");
  CHECK_FALSE(corpus_field("{\"body\": 3}\n"));
  CHECK_FALSE(corpus_field("{\"a\": \"b\"}\n{\"c\": \"d\"}\n"));
  CHECK_FALSE(corpus_field("no JSON\n"));
  CHECK(looks_like_json_lines("\n {\"a\": 1} \r\n{}\n"));
  CHECK_FALSE(looks_like_json_lines("{\"a\": 1}\nplain\n"));
  CHECK_FALSE(looks_like_json_lines("{curly} words\n"));
  CHECK_FALSE(looks_like_json_lines(""));
}

TEST_CASE("a pattern without a match and a damaged file are refused", "[inspect]") {
  TempDir folder;
  const auto pattern = (folder / "none-*.csv").string();
  CHECK_THAT(error_of([&] { inspect(pattern, {}); })->what(), CANDOR_CONTAINS(pattern));
  auto packed = test::gzip(csv_of(people(), 0, 240));
  packed.resize(packed.size() / 2);
  const auto cut = folder.write("cut.csv.gz", packed);
  const auto error = error_of([&] { inspect(cut, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK_THAT(error->what(), CANDOR_CONTAINS(cut));
}
