// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/row_source.h"

#include <array>
#include <cmath>
#include <sstream>

#include <candor/log.h>

#include "engine/data/open_data.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Equal, where NaN equals NaN.
bool same(const ModelInputs& a, const ModelInputs& b) {
  if (a.rows != b.rows || a.categorical != b.categorical) return false;
  if (a.numeric.size() != b.numeric.size()) return false;
  for (std::size_t i = 0; i < a.numeric.size(); ++i) {
    if (a.numeric[i] != b.numeric[i] && !(std::isnan(a.numeric[i]) && std::isnan(b.numeric[i]))) {
      return false;
    }
  }
  return true;
}

// Everything that a cell can go through: blanks in and out of quotes, a value map that ends in a
// marker, markers that are numbers.
RunConfig config_of(const std::string& train) {
  RunConfig config;
  config.name = "rows";
  config.task.target = "y";
  TableData data;
  data.files.train = train;
  data.format.trim = true;
  data.format.missing = {"?", "-999"};
  data.columns["city"].values = {{"unknown", "?"}, {"N.Y.", "New York"}};
  data.columns["age"].values = {{"old", "90"}, {"ageless", "-999"}};
  data.columns["code"].type = ColumnType::category;
  config.data = data;
  return config;
}

const std::string kTrain =
    "age,city,code,y\n"
    " 31 ,New York,7,yes\n"
    "45,\" Oslo \",-999,no\n"
    "-999,Oslo ,8,yes\n"
    "old,unknown,7,no\n"
    "52.5,?,8,no\n";

// Rows to predict, each of whose cells is spelled in another way than in training.
const std::vector<std::string> kRows = {"31,N.Y.,7",
                                        "\" 45 \",\" Oslo \",8",
                                        "-999.0,Oslo,-999",
                                        "-9.99e2,unknown,-999.0",
                                        "ageless,  unknown,7",
                                        "old,\"  \",8",
                                        " ?,?,?",
                                        ",,",
                                        "\"?\",\"N.Y.\",\"7\"",
                                        "90,Bergen,9",
                                        "1e2, \" Oslo \",8",
                                        "-998.9999,oslo,\"-999\""};

struct Fitted {
  test::TempDir folder;
  RunConfig config;
  std::shared_ptr<const Preprocessor> preprocessor;
};

std::unique_ptr<Fitted> fitted() {
  auto result = std::make_unique<Fitted>();
  result->config = config_of(result->folder.write("train.csv", kTrain));
  result->preprocessor = open_data(result->config).preprocessor;
  return result;
}

std::vector<SourceRow> rows_of(const Fitted& model, const std::string& input,
                               const std::string& format = "", const std::string& in = "") {
  std::istringstream stream(in);
  const auto source = open_rows(*model.preprocessor, model.config, input, format, stream);
  std::vector<SourceRow> rows;
  while (auto row = source()) rows.push_back(std::move(*row));
  return rows;
}

std::string message(const Fitted& model, const std::string& input, const std::string& format = "",
                    const std::string& in = "") {
  const auto error = test::error_of([&] { rows_of(model, input, format, in); });
  REQUIRE(error);
  return error->what();
}

const TableStage& stage_of(const Fitted& model) {
  return std::get<TableStage>(model.preprocessor->host());
}

}  // namespace

TEST_CASE("a row to predict becomes what the same row becomes in training", "[predict]") {
  const auto model = fitted();
  std::string labelled = "age,city,code,y\n", bare = "age,city,code\n";
  for (const auto& row : kRows) {
    labelled += row + ",yes\n";
    bare += row + "\n";
  }
  const auto table = read_table(model->folder.write("labelled.csv", labelled),
                                std::get<TableData>(model->config.data));
  const auto rows = rows_of(*model, model->folder.write("bare.csv", bare));
  REQUIRE(rows.size() == kRows.size());
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    const auto& row = rows[static_cast<std::size_t>(i)];
    INFO(kRows[static_cast<std::size_t>(i)]);
    CHECK(row.id == "bare.csv:" + std::to_string(i + 2));
    REQUIRE(row.inputs);
    CHECK(same(*row.inputs, stage_of(*model).apply(table, std::array<std::int64_t, 1>{i})));
  }
}

TEST_CASE("cells are trimmed, mapped and then missing, in that order", "[predict]") {
  const auto model = fitted();
  const auto& fields = stage_of(*model).signature().inputs;
  REQUIRE(fields.size() == 3);
  REQUIRE((fields[1].name == "city" && fields[1].kind == InputKind::category));
  REQUIRE((fields[2].name == "code" && fields[2].kind == InputKind::category));
  const auto inputs = [&](const std::string& row) {
    return *rows_of(*model, model->folder.write("one.csv", "age,city,code\n" + row + "\n"))
                .front()
                .inputs;
  };
  // Categories are sorted behind 0 (missing) and 1 (unknown): " Oslo ", "New York", "Oslo"; 7, 8.
  using Indices = std::vector<std::int64_t>;
  CHECK(inputs("31,\" Oslo \",7").categorical == Indices{2, 2});
  CHECK(inputs("31, N.Y. ,8").categorical == Indices{3, 3});
  CHECK(inputs("31, Oslo ,9").categorical == Indices{4, 1});
  CHECK(inputs("31,unknown,-999").categorical == Indices{0, 0});
  CHECK(inputs("31,\"  \",?").categorical == Indices{1, 0});
  for (const auto* missing : {"-999", "-999.0", " -9.99e2", "\"-999\"", "ageless", "?", ""}) {
    INFO(missing);
    CHECK(std::isnan(inputs(std::string(missing) + ",Oslo,7").numeric[0]));
  }
  CHECK(inputs("old,Oslo,7").numeric[0] == 90.0f);
}

TEST_CASE("a row of JSON becomes what the row of a file becomes", "[predict]") {
  const auto model = fitted();
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"31,N.Y.,7", R"({"age": 31, "city": "N.Y.", "code": "7"})"},
      {"31,N.Y.,7", R"({"age": "31", "city": "New York", "code": 7, "note": "extra"})"},
      {"-999,unknown,8", R"({"code": 8, "age": -999.0, "city": "unknown"})"},
      {",,", R"({"age": null, "city": null, "code": null})"},
      {"old, Oslo ,-999", R"({"age": "old", "city": " Oslo ", "code": -999})"}};
  std::string csv = "age,city,code\n", json;
  for (const auto& [row, object] : pairs) {
    csv += row + "\n";
    json += object + "\n\n";  // blank lines are passed over
  }
  const auto from_csv = rows_of(*model, model->folder.write("rows.csv", csv));
  const auto from_json = rows_of(*model, model->folder.write("rows.jsonl", json));
  REQUIRE(from_json.size() == pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    INFO(pairs[i].second);
    CHECK(same(model->preprocessor->prepare(from_json[i].row), *from_csv[i].inputs));
    CHECK(from_json[i].id == "rows.jsonl:" + std::to_string(2 * i + 1));
  }
}

TEST_CASE("a number that is a category is the same one from a table, a line and a request",
          "[predict]") {
  const test::TempDir folder;
  RunConfig config;
  config.task.target = "y";
  TableData data;
  data.files.train = folder.write("train.jsonl",
                                  "{\"code\": 1.0, \"paid\": true, \"y\": \"no\"}\n"
                                  "{\"code\": 2, \"paid\": false, \"y\": \"yes\"}\n"
                                  "{\"code\": \"x\", \"paid\": true, \"y\": \"no\"}\n"
                                  "{\"code\": 1e2, \"paid\": true, \"y\": \"yes\"}\n");
  data.columns["code"].type = ColumnType::category;
  data.columns["paid"].type = ColumnType::category;
  config.data = data;
  const auto preprocessor = open_data(config).preprocessor;
  const auto& stage = std::get<TableStage>(preprocessor->host());
  const auto table = read_table(data.files.train.list, data);
  std::istringstream none;
  const auto source = open_rows(*preprocessor, config, data.files.train.text(), "", none);
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const auto trained = stage.apply(table, std::array<std::int64_t, 1>{row});
    CHECK(trained.categorical[0] > 1);  // neither missing nor unknown
    CHECK(same(preprocessor->prepare(source()->row), trained));
  }
  // A request has the value, and a line may spell it otherwise than the training file.
  const auto code_of = [&](const Value& value) {
    return preprocessor->prepare({value, "true"}).categorical[0];
  };
  CHECK(code_of(1.0) == code_of("1.0"));
  CHECK(code_of(100.0) == code_of("1e2"));
  CHECK(code_of(2.0) == code_of("2"));
  CHECK(code_of(3.0) == 1);
  CHECK(code_of("1") == 1);  // text is text
  const auto lines = folder.write("a.jsonl",
                                  "{\"code\": 1, \"paid\": true}\n"
                                  "{\"code\": 2.0, \"paid\": true}\n"
                                  "{\"code\": \"1\", \"paid\": true}\n");
  const auto other = open_rows(*preprocessor, config, lines, "", none);
  CHECK(preprocessor->prepare(other()->row).categorical[0] == code_of("1.0"));
  CHECK(preprocessor->prepare(other()->row).categorical[0] == code_of("2"));
  CHECK(preprocessor->prepare(other()->row).categorical[0] == 1);
}

TEST_CASE("columns may come in any order and with others between them", "[predict]") {
  const auto model = fitted();
  const auto plain = rows_of(*model, model->folder.write("a.csv", "age,city,code\n31,Oslo,7\n"));
  const auto mixed = rows_of(
      *model, model->folder.write("b.csv", "code,y,note,city,age\n7,maybe,\"a,b\",Oslo,31\n"));
  CHECK(same(*plain[0].inputs, *mixed[0].inputs));
}

TEST_CASE("standard input is JSON lines unless it is called CSV", "[predict]") {
  const auto model = fitted();
  const auto csv = rows_of(*model, "-", "csv", "age,city,code\n31,Oslo,7\n");
  REQUIRE(csv.size() == 1);
  CHECK(csv[0].id == "standard input:2");
  const auto json = rows_of(*model, "-", "", R"({"age": 31, "city": "Oslo", "code": 7})");
  CHECK(json[0].id == "standard input:1");
  CHECK(same(model->preprocessor->prepare(json[0].row), *csv[0].inputs));
}

TEST_CASE("a key that a JSON line lacks is a missing value, and one that all lines lack is told",
          "[predict]") {
  const auto model = fitted();
  std::vector<std::string> lines;
  set_log([&](int, const std::string& line) { lines.push_back(line); });
  const auto rows =
      rows_of(*model, "-", "",
              "{\"age\": 31, \"city\": \"Oslo\"}\n{\"age\": null, \"city\": \"Oslo\"}\n"
              "{\"city\": \"Oslo\"}\n");
  set_log({});
  REQUIRE(rows.size() == 3);
  for (const std::size_t row : {1u, 2u}) {
    CHECK(std::holds_alternative<std::monostate>(rows[row].row[0]));
  }
  CHECK(std::holds_alternative<std::monostate>(rows[0].row[2]));
  CHECK(lines == std::vector<std::string>{"standard input: 'code' is in none of the 3 lines, and "
                                          "was taken as missing in all of them"});
}

TEST_CASE("a file that does not fit the model is refused with its place", "[predict]") {
  const auto model = fitted();
  CHECK(message(*model, model->folder.write("a.csv", "age,code\n1,7\n")) ==
        "a.csv: column 'city' is missing; the model needs it; the file has age, code");
  CHECK(message(*model, model->folder.write("b.csv", "age,city,code\nx,Oslo,7\n")) ==
        "b.csv:2: column 'age' has text where a number is expected; fix the cell, set "
        "data.columns.age.type to category, or add its marker to data.format.missing");
  CHECK(message(*model, "-", "", "{\"age\": 1,\n") ==
        "standard input:1: not a JSON object on one line; standard input is JSON lines, for a CSV "
        "pass --input-format csv");
  CHECK(message(*model, "-", "", R"({"age": [1], "city": "Oslo", "code": 7})") ==
        "standard input:1: 'age' holds a list or an object, and a table has one value per cell; "
        "standard input is JSON lines, for a CSV pass --input-format csv");
  CHECK(message(*model, model->folder.write("c.jsonl", "{\"age\": 1, \"city\": \"\xff\"}\n")) ==
        "c.jsonl:1: not valid UTF-8");
  CHECK(message(*model, "-", "text", "hello") ==
        "--input-format text does not fit this model; allowed: csv, jsonl");
}

TEST_CASE("a row that cannot be read leaves none out, whatever training allowed", "[predict]") {
  const auto model = fitted();
  std::get<TableData>(model->config.data).clean.max_bad_fraction = 0.9;
  const auto path = model->folder.write("rows.csv", "age,city,code\n31,Oslo,7\n31,Oslo\n");
  CHECK(message(*model, path) ==
        "rows.csv:3: 2 cells, but the header has 3; fix the row, or set "
        "data.clean.max_bad_fraction to "
        "skip such rows (1 of 2 rows is bad)");
}
