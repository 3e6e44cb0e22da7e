// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "inspected.h"

using namespace candor;
using candor::test::check_words;
using candor::test::codes;
using candor::test::column_of;
using candor::test::error_of;
using candor::test::find;
using candor::test::table_config;
using candor::test::TempDir;
using candor::test::text_of;

namespace {

Inspection look(const std::string& path, const std::string& target = "",
                const std::optional<std::string>& test = std::nullopt) {
  return inspect_table({path, target, test});
}

std::uint64_t draw(int row, const char* stream, std::uint64_t bound) {
  return RandomStream(5, stream).below(static_cast<std::uint64_t>(row), bound);
}

const ColumnReport& column(const Inspection& inspection, const std::string& name) {
  const auto found = std::find_if(inspection.columns.begin(), inspection.columns.end(),
                                  [&](const ColumnReport& c) { return c.name == name; });
  REQUIRE(found != inspection.columns.end());
  return *found;
}

// A table in which every kind of column and most faults occur once.
std::string messy(int rows) {
  std::string csv =
      "customer_id,name,when,amount,amount_again,city,city_code,same,nothing,flag,comment,income,"
      "slip,y,y_code\n";
  static const char* cities[] = {"Cork", "Bergen", "Lyon"};
  for (int i = 0; i < rows; ++i) {
    const auto city = draw(i, "city", 3);
    const auto amount = std::to_string(draw(i, "amount", 900)) + ".5";
    const bool yes = draw(i, "y", 20) == 0;
    csv += std::to_string(1000 + i) + ",name" + std::to_string(i) + ",2024-03-" +
           std::to_string(10 + draw(i, "day", 19)) + "," + amount + "," + amount + "," +
           (i == 3 ? "Bonn" : cities[city]) + "," + (i == 3 ? "9" : std::to_string(city)) +
           ",EUR,," + (draw(i, "flag", 2) == 0 ? "yes" : "no") + ",a few words number " +
           std::to_string(i) + " of it," +
           std::to_string(i % 100 == 0 ? 900'000 + i : 20 + draw(i, "income", 60)) + "," +
           (i == 7 ? std::string("1O5") : std::to_string(draw(i, "slip", 90))) + "," +
           (yes ? "churned" : "stayed") + "," + (yes ? "1" : "0") + "\n";
  }
  return csv;
}

}  // namespace

TEST_CASE("each column gets its type, counts and range", "[inspect]") {
  TempDir folder;
  const auto inspection = look(folder.write("a.csv", messy(600)), "y");
  CHECK(column(inspection, "customer_id").kind == ColumnKind::identifier);
  CHECK(column(inspection, "name").kind == ColumnKind::identifier);
  CHECK(column(inspection, "when").kind == ColumnKind::date);
  CHECK(column(inspection, "amount").kind == ColumnKind::real);
  CHECK(column(inspection, "city").kind == ColumnKind::category);
  CHECK(column(inspection, "city_code").kind == ColumnKind::integer);
  CHECK(column(inspection, "same").kind == ColumnKind::constant);
  CHECK(column(inspection, "nothing").kind == ColumnKind::empty);
  CHECK(column(inspection, "flag").kind == ColumnKind::boolean);
  CHECK(column(inspection, "comment").kind == ColumnKind::text);
  CHECK(column(inspection, "nothing").missing == 600);
  CHECK(column(inspection, "city").distinct == 4);
  CHECK(column(inspection, "city").rare_values == 1);
  const auto& numbers = *column(inspection, "city_code").numbers;
  CHECK(numbers.least == 0.0);
  CHECK(numbers.most == 9.0);
  std::int64_t rows = 0;
  for (const auto bin : numbers.histogram) rows += bin;
  CHECK(rows == 600);
  CHECK(inspection.classes.size() == 2);
}

TEST_CASE("what is wrong with a table is found, and nothing else is said of it", "[inspect]") {
  TempDir folder;
  const auto inspection = look(folder.write("a.csv", messy(600)), "y");
  CHECK(codes(inspection) ==
        std::vector<std::string>{"gives_target_away", "identifier", "identifier", "constant",
                                 "empty", "mixed", "duplicate_column", "imbalance", "date",
                                 "rare_categories", "free_text", "heavy_tail", "recoded_column"});
  CHECK(column_of(inspection, "gives_target_away") == "y_code");
  CHECK(column_of(inspection, "constant") == "same");
  CHECK(text_of(inspection, "mixed") == "is numbers but for 1 cell, the first in line 9");
  CHECK(column_of(inspection, "duplicate_column") == "amount_again");
  CHECK(text_of(inspection, "duplicate_column") == "is equal to column 'amount' in every row");
  CHECK(column_of(inspection, "recoded_column") == "city_code");
  CHECK(text_of(inspection, "free_text") ==
        "holds free text, which a model reads as words or tokens, as data.text says");
  check_words(inspection, table_config());
}

TEST_CASE("a copy of the target in another shape is found, strong honest columns are not",
          "[inspect]") {
  TempDir folder;
  std::string csv = "strong,weak,y,late\n";
  for (int i = 0; i < 2000; ++i) {
    const bool yes = draw(i, "y", 3) == 0;
    // Nine times in ten the strong column is on the right side.
    const bool side = draw(i, "s", 10) == 0 ? !yes : yes;
    csv += std::to_string((side ? 500 : 0) + draw(i, "v", 500)) + "," +
           std::to_string(draw(i, "w", 100)) + "," + (yes ? "gone" : "here") + "," +
           (yes ? std::to_string(1 + draw(i, "late", 300)) : "") + "\n";
  }
  const auto inspection = look(folder.write("a.csv", csv), "y");
  const auto* away = find(inspection, "gives_target_away");
  REQUIRE(away != nullptr);
  CHECK(away->column == "late");  // filled in only where the target is "gone"
  CHECK(away->severity == Severity::error);
  CHECK_THAT(away->text, CANDOR_CONTAINS("of the target 'y' (share of its entropy, out of fold); "
                                         "is it known before the target is?"));
  CHECK(find(inspection, "gives_target_away", "strong") == nullptr);
  CHECK(find(inspection, "strong_column") == nullptr);
}

TEST_CASE("a target that is an amount is given away by its recoding", "[inspect]") {
  TempDir folder;
  std::string csv = "x,net,price\n";
  for (int i = 0; i < 1000; ++i) {
    const auto price = 1000 + 7 * draw(i, "p", 1'000'000);
    csv += std::to_string(draw(i, "x", 9)) + "," + std::to_string(price / 119.0) + "," +
           std::to_string(price) + "\n";
  }
  const auto inspection = look(folder.write("a.csv", csv), "price");
  REQUIRE(find(inspection, "gives_target_away") != nullptr);
  CHECK(column_of(inspection, "gives_target_away") == "net");
  CHECK(inspection.classes.empty());
}

TEST_CASE("equal rows and equal rows with another target are counted", "[inspect]") {
  TempDir folder;
  std::string csv = "a,b,y\n";
  for (int i = 0; i < 100; ++i) {
    csv += std::to_string(i) + "," + std::to_string(draw(i, "b", 9)) + (i % 2 ? ",no\n" : ",yes\n");
  }
  const auto plain = look(folder.write("plain.csv", csv), "y");
  CHECK(find(plain, "duplicate_rows") == nullptr);
  CHECK(find(plain, "conflicting_labels") == nullptr);
  const auto row = [&](int i, const char* y) {
    return std::to_string(i) + "," + std::to_string(draw(i, "b", 9)) + "," + y + "\n";
  };
  const auto inspection = look(
      folder.write("a.csv", csv + row(1, "no") + row(1, "no") + row(2, "no") + row(3, "yes")), "y");
  CHECK(text_of(inspection, "duplicate_rows") ==
        "2 rows (1.9 %) equal an earlier row in every column");
  CHECK(text_of(inspection, "conflicting_labels") ==
        "4 rows have a twin with equal columns but another target, which no model gets right in 2 "
        "rows");
  CHECK(find(inspection, "duplicate_rows")->config ==
        std::vector<std::string>{"data.clean.deduplicate=true"});
  CHECK_THAT(find(inspection, "conflicting_labels")->advice,
             CANDOR_CONTAINS("this only mitigates: "));
  check_words(inspection, table_config());
}

TEST_CASE("rows that cannot be read are counted and their line is named, not their content",
          "[inspect]") {
  TempDir folder;
  const auto inspection = look(folder.write("a.csv",
                                            "a,y\n1,no\n2,yes,secret\n3,no\n4,yes\n5,no\n"
                                            "6,no\n7,yes\n"));
  CHECK(text_of(inspection, "bad_rows") == "1 row cannot be read, the first in line 3");
  CHECK(find(inspection, "bad_rows")->severity == Severity::warning);
  CHECK_THAT(inspection_json(inspection).dump(), !CANDOR_CONTAINS("secret"));
  check_words(inspection, table_config());
}

TEST_CASE("a target that cannot be learned is an error", "[inspect]") {
  TempDir folder;
  const auto path = folder.write(
      "a.csv", "a,b,same,ids\n" + [] {
        std::string rows;
        for (int i = 0; i < 40; ++i) {
          rows += std::to_string(i % 7) + "," +
                  (i % 3 == 0 ? ""
                   : i % 2    ? "x"
                              : "w") +
                  ",one,k" + std::to_string(i) + "\n";
        }
        return rows;
      }());
  CHECK(text_of(look(path, "same"), "nothing_to_learn") == "the target has one value only");
  CHECK(text_of(look(path, "ids"), "too_many_classes") ==
        "the target has 40 different values, too many for classes");
  CHECK(text_of(look(path, "b"), "target_missing").starts_with("14 rows have no target; "));
  for (const auto* target : {"same", "ids", "b"}) {
    check_words(look(path, target), table_config());
  }
  CHECK(error_of([&] { look(path, "bb"); })->what() ==
        "--target: no column 'bb' in " + path + "; did you mean 'b'?");
}

TEST_CASE("a test file is compared: columns, types, categories, labels, rows", "[inspect]") {
  TempDir folder;
  std::string train = "a,b,city,only,y\n", test = "b,a,city,extra,y\n";
  for (int i = 0; i < 300; ++i) {
    const auto city = i % 2 ? "Cork" : "Lyon";
    train += std::to_string(i) + "," + std::to_string(i % 7) + "," + city + ",1" +
             std::to_string(i % 3) + (i % 3 ? ",<=50K\n" : ",>50K\n");
    test += std::string(i == 9 ? "n/k" : std::to_string(i % 7)) + "," + std::to_string(5000 + i) +
            "," + (i < 20 ? "Oslo" : city) + ",z" + (i % 3 ? ",<=50K.\n" : ",>50K.\n");
  }
  const auto inspection =
      look(folder.write("train.csv", train), "y", folder.write("test.csv", test));
  CHECK(column_of(inspection, "test_without_column") == "only");
  CHECK(text_of(inspection, "test_other_type") ==
        "is numbers in the training file, but not in the test file, line 11");
  CHECK(text_of(inspection, "test_new_categories") ==
        "20 rows of the test file have a category that the training file does not have");
  CHECK(column_of(inspection, "test_shift") == "a");
  const auto* labels = find(inspection, "test_new_labels");
  REQUIRE(labels != nullptr);
  CHECK(labels->config == std::vector<std::string>{
                              R"(+data.columns.y={"values":{"<=50K.":"<=50K",">50K.":">50K"}})"});
  CHECK(find(inspection, "test_rows_in_train") == nullptr);
  CHECK(inspection_json(inspection)["facts"]["columns_only_in_test"] == Json({"extra"}));
  check_words(inspection, table_config());
}

TEST_CASE("rows of the test that stand in the training file are counted, in any order of columns",
          "[inspect]") {
  TempDir folder;
  std::string train = "a,b,y\n", test = "y,b,a\n";
  for (int i = 0; i < 200; ++i) {
    train += std::to_string(i) + "," + std::to_string(i * 3) + (i % 2 ? ",no\n" : ",yes\n");
    const int j = i + 190;
    test += std::string(j % 2 ? "no," : "yes,") + std::to_string(j * 3) + "," + std::to_string(j) +
            "\n";
  }
  const auto inspection =
      look(folder.write("train.csv", train), "y", folder.write("test.csv", test));
  CHECK(text_of(inspection, "test_rows_in_train") ==
        "10 rows of the test file (5.0 %) stand in the training file too, whatever their target");
  CHECK(find(inspection, "test_rows_in_train")->severity == Severity::warning);
  using Words = std::vector<std::string>;
  CHECK(find(inspection, "test_rows_in_train")->config == Words{"data.clean.deduplicate=true"});
  CHECK(find(inspection, "test_rows_in_train")->advice.empty());
  // Of rows that differ in the target the words do not hold, and the finding says so.
  const auto flipped = folder.write("flipped.csv", "y,b,a\nyes,3,1\nno,6,2\nyes,9,3\n");
  const auto mixed = look((folder / "train.csv").string(), "y", flipped);
  CHECK(text_of(mixed, "test_rows_in_train") ==
        "3 rows of the test file (100.0 %) stand in the training file too, whatever their target");
  CHECK(find(mixed, "test_rows_in_train")->config ==
        Words{"data.files.test=null", "data.split.test=0.2"});
  const auto some = look((folder / "train.csv").string(), "y",
                         folder.write("some.csv", "y,b,a\nno,3,1\nno,6,2\nyes,9,3\n"));
  CHECK(find(some, "test_rows_in_train")->config == Words{"data.clean.deduplicate=true"});
  CHECK(find(some, "test_rows_in_train")->advice ==
        "takes equal rows out of training, but not those that differ in the target, as 2 rows of "
        "the test do");
}

TEST_CASE("outliers are to be clipped, and a heavy tail transformed", "[inspect]") {
  TempDir folder;
  std::string csv = "some,heavy,signed,y\n";
  for (int i = 0; i < 500; ++i) {
    const auto value = std::to_string(draw(i, "v", 100));
    csv += (i % 50 == 0 ? "450" : value) + "," + (i % 100 == 0 ? "90000" : value) + "," +
           (i % 100 == 0 ? "-90000" : value) + (draw(i, "y", 2) ? ",a\n" : ",b\n");
  }
  const auto inspection = look(folder.write("a.csv", csv), "y");
  using Words = std::vector<std::string>;
  const auto* outliers = find(inspection, "outliers");
  REQUIRE(outliers != nullptr);
  CHECK(outliers->column == "some");
  CHECK(outliers->config == Words{"data.clean.clip_outliers=3"});
  const auto* heavy = find(inspection, "heavy_tail", "heavy");
  REQUIRE(heavy != nullptr);
  CHECK(heavy->config == Words{R"(+data.columns.heavy={"transform":"log"})"});
  CHECK(find(inspection, "heavy_tail", "signed")->config ==
        Words{R"(+data.columns.signed={"scale":"quantile"})"});
  check_words(inspection, table_config());
}

TEST_CASE("figures are written for people", "[inspect]") {
  CHECK(figure(0.0) == "0");
  CHECK(figure(-0.25) == "-0.25");
  CHECK(figure(1484705.0) == "1,484,705");
  CHECK(figure(-1484705.5) == "-1,484,706");
  CHECK(figure(999999.5) == "1,000,000");
  CHECK(figure(123456.0) == "123,456");
  CHECK(figure(38.58164675) == "38.5816");
  CHECK(figure(0.00012345678) == "0.000123457");
  CHECK(figure(1e-7) == "1e-07");
  CHECK(figure(2.5e15) == "2.5e+15");
}

TEST_CASE("bins of whole numbers hold equally many of them", "[inspect]") {
  TempDir folder;
  std::string csv = "code,age,real\n";
  for (int i = 0; i < 740; ++i) {
    csv += std::to_string(1 + i % 16) + "," + std::to_string(17 + i % 74) + "," +
           std::to_string(0.5 * (i % 74)) + "\n";
  }
  const auto inspection = look(folder.write("a.csv", csv));
  const auto& code = *column(inspection, "code").numbers;
  CHECK(code.histogram.size() == 16);
  CHECK(code.low == 0.5);
  CHECK(code.high == 16.5);
  const auto& age = *column(inspection, "age").numbers;
  CHECK(age.histogram.size() == 19);  // of 4 each
  CHECK(age.low == 16.5);
  CHECK(age.high == 92.5);
  for (std::size_t i = 0; i + 1 < age.histogram.size(); ++i) CHECK(age.histogram[i] == 40);
  CHECK(column(inspection, "real").numbers->histogram.size() == 24);
}

TEST_CASE("no identifier, date, free text or rare category is in any output", "[inspect]") {
  TempDir folder;
  const auto path = folder.write("a.csv", messy(600));
  for (const bool json : {false, true}) {
    InspectOptions options;
    options.target = "y";
    options.json = json;
    options.html = true;
    const auto result = inspect(path, options);
    for (const auto& text : {result.text, result.html}) {
      CHECK_THAT(text, CANDOR_CONTAINS("Cork"));
      for (const auto* hidden : {"name17", "a few words", "2024-03", "Bonn", "1O5"}) {
        CHECK_THAT(text, !CANDOR_CONTAINS(hidden));
      }
    }
  }
}

TEST_CASE("the page escapes what comes from the data and loads nothing", "[inspect]") {
  TempDir folder;
  std::string csv = "<script>x</script>,y\n";
  for (int i = 0; i < 60; ++i) csv += std::string(i % 2 ? "<b>,no\n" : "&amp,yes\n");
  InspectOptions options;
  options.html = true;
  const auto page = inspect(folder.write("a.csv", csv), options).html;
  CHECK_THAT(page, CANDOR_CONTAINS("&lt;script&gt;x&lt;/script&gt;"));
  CHECK_THAT(page, CANDOR_CONTAINS("&lt;b&gt;"));
  CHECK_THAT(page, !CANDOR_CONTAINS("<script"));
  CHECK_THAT(page, !CANDOR_CONTAINS("http:"));
  CHECK_THAT(page, CANDOR_CONTAINS("name=\"viewport\""));
}

TEST_CASE("names with dots, quotes and equal signs give words that are read", "[inspect]") {
  TempDir folder;
  std::string csv = "a.b,\"c\"\"d\",e=f,x y,y\n";
  for (int i = 0; i < 40; ++i) csv += "1,2,3,4," + std::string(i % 2 ? "no\n" : "yes\n");
  const auto inspection = look(folder.write("a.csv", csv), "y");
  check_words(inspection, table_config());
  for (const auto* name : {"a.b", "c\"d", "e=f", "x y"}) {
    const auto* finding = find(inspection, "constant", name);
    REQUIRE(finding != nullptr);
    const auto config = apply_words(table_config(), finding->config);
    CHECK(std::get<TableData>(config.data).columns.at(name).use == ColumnUse::ignore);
  }
}

TEST_CASE("a shell gets each word as one", "[inspect]") {
  CHECK(shell_word("data.size=32") == "data.size=32");
  CHECK(shell_word("+data.columns.a={\"use\":\"ignore\"}") ==
        "'+data.columns.a={\"use\":\"ignore\"}'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
}

TEST_CASE("delimiter, quotes, blanks and header are found without being told", "[inspect]") {
  TempDir folder;
  std::string messages;
  for (int i = 0; i < 60; ++i) {
    messages += std::string(i % 3 ? "ham" : "spam") + "\t" + (i == 7 ? "\"" : "") + "message " +
                std::to_string(i) + " of them\n";
  }
  const auto inspection = look(folder.write("a.tsv", messages), "c0");
  const auto facts = inspection_json(inspection)["facts"];
  CHECK(facts["delimiter"] == "\t");
  CHECK(facts["quotes"] == false);
  CHECK(facts["header"] == false);
  CHECK(facts["rows"] == 60);
  CHECK(facts["bad_rows"] == 0);
}

TEST_CASE("what is no table is refused with its line", "[inspect]") {
  TempDir folder;
  const auto fault = [&](const std::string& text) {
    const auto path = folder.write("a.csv", text);
    const auto error = error_of([&] { look(path); });
    REQUIRE(error);
    return std::string(error->what()).substr(path.size());
  };
  CHECK(fault("") ==
        ": the file is empty; a table needs rows and a header line with the columns' names");
  CHECK(fault("a,b\n") == ": the file has a header line and no rows");
  CHECK(fault("a,b\n1,x\n\xff,y\n") ==
        ":3: not valid UTF-8 at byte 8; convert the file, for example with iconv -f latin1 -t "
        "utf-8");
  CHECK(fault(std::string("a,b\n1,\0\n", 8)) ==
        ":2: a NUL byte; the file is not CSV text in UTF-8 (is it UTF-16, or a spreadsheet?); save "
        "it as CSV in UTF-8");
  CHECK(fault("a,b,a\n1,2,3\n2,3,4\n") ==
        ":1: two columns are called 'a' (number 1 and 3); rename one");
  CHECK(error_of([&] { look(folder.path().string()); })->what() ==
        folder.path().string() + ": is a folder, but a file is expected");
}

TEST_CASE("dates that can be read in two ways are found, with the word that says which",
          "[inspect]") {
  TempDir folder;
  std::string open = "at,y\n", told = "at,y\n";
  for (int i = 0; i < 60; ++i) {
    const auto day = std::to_string(1 + i % 12), y = std::to_string(i % 2);
    open += day + "/" + std::to_string(1 + i % 11) + "/2024," + y + "\n";
    told += std::to_string(1 + i % 28) + "/" + std::to_string(1 + i % 11) + "/2024," + y + "\n";
  }
  const auto inspection = look(folder.write("a.csv", open), "y");
  CHECK(column_of(inspection, "date_order") == "at");
  CHECK(text_of(inspection, "date_order") ==
        "its dates can be read day first or month first, and are read month first");
  const auto other = codes(look(folder.write("b.csv", told), "y"));
  CHECK(std::find(other.begin(), other.end(), "date_order") == other.end());
}
