// SPDX-License-Identifier: Apache-2.0
#include "core/table/table_stage.h"

#include <candor/error.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/random.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using Indices = std::vector<std::int64_t>;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TaskConfig classify(const std::string& target) {
  TaskConfig task;
  task.target = target;
  return task;
}

TaskConfig regress(const std::string& target) {
  auto task = classify(target);
  task.type = TaskType::regression;
  return task;
}

Indices all_rows(const Table& table) {
  Indices rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TableStage fit(std::string_view text, const TaskConfig& task, const TableData& data = {}) {
  const auto table = parse_table(text, "t.csv", data);
  return TableStage::fit(table, all_rows(table), task, data);
}

std::vector<std::string> inputs_of(const TableStage& stage, InputKind kind) {
  std::vector<std::string> names;
  for (const auto& input : stage.signature().inputs) {
    if (input.kind == kind) names.push_back(input.name);
  }
  return names;
}
std::vector<std::string> numbers_of(const TableStage& stage) {
  return inputs_of(stage, InputKind::number);
}
std::vector<std::string> categories_of(const TableStage& stage) {
  return inputs_of(stage, InputKind::category);
}

template <class Action>
std::string message(ErrorKind kind, Action&& action) {
  const auto error = error_of(action);
  if (!error) return "accepted";
  return error->kind() == kind ? error->what() : std::string("wrong kind: ") + error->what();
}

bool equal(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

constexpr const char* kPeople =
    "age,job,height,out\n"
    "30,cook,1.7,no\n"
    "NA,smith,1.8,yes\n"
    "41,,nan,no\n"
    "25,cook,1.6,yes\n";

}  // namespace

TEST_CASE("Kinds, order and labels are found in the training rows", "[table]") {
  const auto stage = fit(kPeople, classify("out"));
  CHECK(numbers_of(stage) == std::vector<std::string>{"age", "height"});
  CHECK(categories_of(stage) == std::vector<std::string>{"job"});
  CHECK(stage.category_sizes() == Indices{4});
  CHECK(stage.signature().labels == std::vector<std::string>{"no", "yes"});
  CHECK(stage.signature().target == "out");
  REQUIRE(stage.signature().inputs.size() == 3);
  CHECK(stage.signature().inputs[1].name == "job");
  CHECK(stage.signature().inputs[1].kind == InputKind::category);
}

TEST_CASE("Cells become numbers and indices, row by row", "[table]") {
  const auto stage = fit(kPeople, classify("out"));
  const auto table = parse_table(
      "out,height,job,extra,age\nyes,2,baker,?,1\nno,,smith,?,\nno,1e1,,?,+3\n", "new.csv", {});
  const auto inputs = stage.apply(table, Indices{2, 0, 1});
  CHECK(inputs.rows == 3);
  CHECK(equal(inputs.numeric, {3, 10, 1, 2, kNaN, kNaN}));
  CHECK(inputs.categorical == Indices{0, 1, 3});
  CHECK(stage.labels(table, Indices{0, 1}) == Indices{1, 0});
}

TEST_CASE("A row of a request becomes what the same row of a file becomes", "[table]") {
  TableData data;
  data.format.trim = true;
  data.format.missing = {"?", "-999"};
  data.columns["b"].values = {{"x.", "x"}};
  data.columns["c"].type = ColumnType::category;
  const std::string header = "a,b,c,y\n";
  const auto stage = fit(header + "1,x,3,p\n2,z,4.5,q\n-7,x.,100000,p\n", classify("y"), data);
  const std::vector<std::pair<std::string, Row>> cases = {
      {"1.5, x. ,3,p", {1.5, " x. ", 3.0}},     {" 2 ,?,?,p", {" 2 ", "?", std::monostate{}}},
      {"-999,new,4.5,p", {-999.0, "new", 4.5}}, {"?,z,100000,p", {std::monostate{}, "z", "100000"}},
      {",,7,p", {std::nan(""), "", 7.0}},       {"1e-3,x,-999,p", {"1e-3", "x", -999.0}}};
  for (const auto& [line, row] : cases) {
    CAPTURE(line);
    const auto table = parse_table(header + line + "\n", "t.csv", data);
    const auto expected = stage.apply(table, Indices{0});
    const auto prepared = stage.prepare(row);
    CHECK(prepared.rows == 1);
    CHECK(equal(prepared.numeric, expected.numeric));
    CHECK(prepared.categorical == expected.categorical);
  }
}

TEST_CASE("A request that does not fit is refused by field and type", "[table]") {
  const auto stage = fit(kPeople, classify("out"));
  const auto refused = [&](const Row& row) {
    return message(ErrorKind::request, [&] { stage.prepare(row); });
  };
  const Pixels image{1, 1, {1, 2, 3}};
  CHECK(refused({1.0, "cook"}) == "expected 3 inputs, got 2");
  CHECK(refused({"old", "cook", 1.0}) == "input 'age': expected a number, got text");
  CHECK(refused({image, "cook", 1.0}) == "input 'age': expected a number, got an image");
  CHECK(refused({HUGE_VAL, "cook", 1.0}) == "input 'age': expected a finite number within float32");
  CHECK(refused({1e300, "cook", 1.0}) == "input 'age': expected a finite number within float32");
  CHECK(refused({"1e300", "cook", 1.0}) == "input 'age': expected a finite number within float32");
  CHECK(refused({"inf", "cook", 1.0}) == "input 'age': expected a finite number within float32");
  CHECK(refused({1.0, image, 1.0}) == "input 'job': expected text, got an image");
  CHECK(refused({1.0, HUGE_VAL, 1.0}) == "input 'job': expected text or a finite number");
}

TEST_CASE("Rare categories become unknown and are stored nowhere", "[table]") {
  TableData data;
  data.categorical.min_count = 2;
  const auto stage = fit(kPeople, classify("out"), data);
  CHECK(stage.category_sizes() == Indices{3});
  CHECK(stage.prepare({1.0, "smith", 1.0}).categorical == Indices{1});
  CHECK(stage.prepare({1.0, "cook", 1.0}).categorical == Indices{2});
  CHECK(stage.to_json().dump().find("smith") == std::string::npos);
}

TEST_CASE("Only training rows decide", "[table]") {
  const auto table = parse_table("a,b,y\n1,u,p\n2,v,q\nx,w,r\n", "t.csv", {});
  const auto stage = TableStage::fit(table, Indices{0, 1}, classify("y"), {});
  CHECK(numbers_of(stage) == std::vector<std::string>{"a"});
  CHECK(stage.category_sizes() == Indices{4});
  CHECK(message(ErrorKind::data,
                [&] {
                  stage.apply(table, Indices{0, 2});
                }) ==
        "t.csv:4: column 'a' has text where a number is expected; fix the cell, set "
        "data.columns.a.type to "
        "category, or add its marker to data.format.missing");
  CHECK(message(ErrorKind::data, [&] { stage.labels(table, Indices{2}); }) ==
        "t.csv:4: a class of 'y' that training never saw (it saw 2 classes); remove the row, or "
        "map it in "
        "data.columns.y.values");
}

TEST_CASE("Labels of integers are sorted by value, and the positive class comes last", "[table]") {
  const std::string numbers = "a,y\n1,10\n2,9\n3,-1\n4,-20\n5,0\n";
  CHECK(fit(numbers, classify("y")).signature().labels ==
        std::vector<std::string>{"-20", "-1", "0", "9", "10"});
  const std::string two = "a,y\n1,yes\n2,no\n";
  auto task = classify("y");
  task.positive = "no";
  CHECK(fit(two, task).signature().labels == std::vector<std::string>{"yes", "no"});
  task.positive = "yes";
  CHECK(fit(two, task).signature().labels == std::vector<std::string>{"no", "yes"});
  task.positive = "Yes";
  CHECK(message(ErrorKind::config, [&] { fit(two, task); }) ==
        "task.positive: 'Yes' is not a class of 'y' (did you mean 'yes'?); classes: no, yes");
  CHECK(message(ErrorKind::config, [&] { fit(numbers, task); }) ==
        "task.positive: only a target with two classes has a positive one; 'y' has 5; remove "
        "task.positive");
}

TEST_CASE("A target that cannot be learned is refused", "[table]") {
  CHECK(message(ErrorKind::data, [] { fit("a,y\n1,p\n2,p\n", classify("y")); }) ==
        "t.csv: the target 'y' has 1 class in the training rows; classification needs two or more");
  CHECK(message(ErrorKind::data, [] { fit("a,y\n1,p\n2,\n", classify("y")); }) ==
        "t.csv:3: the target 'y' is missing; fill it in, or remove the row");
  CHECK(message(ErrorKind::data, [] { fit("a,y\n1,2\n2,x\n", regress("y")); }) ==
        "t.csv:3: the target 'y' is not a number; regression needs a finite number in every row");
  CHECK(message(ErrorKind::data, [] { fit("a,y\n1,\n2,1\n", regress("y")); }) ==
        "t.csv:2: the target 'y' is missing; regression needs a finite number in every row");
  CHECK(message(ErrorKind::data, [] { fit("a,y\n1,inf\n2,1\n", regress("y")); }) ==
        "t.csv:2: the target 'y' is not finite; regression needs a finite number in every row");
  std::string many = "a,y\n";
  for (int i = 0; i < 1001; ++i) many += "1," + std::to_string(i) + ".5\n";
  CHECK(message(ErrorKind::data, [&] { fit(many, classify("y")); }) ==
        "t.csv: the target 'y' has 1001 classes, 1000 are allowed; it looks like a number: set "
        "task.type to "
        "regression");
}

TEST_CASE("Regression targets keep their values", "[table]") {
  const auto table = parse_table("a,y\n1,2.5\n2,-1e6\n", "t.csv", {});
  const auto stage = TableStage::fit(table, all_rows(table), regress("y"), {});
  CHECK(stage.signature().output == OutputKind::regression);
  CHECK(stage.signature().labels.empty());
  CHECK(stage.targets(table, Indices{1, 0}) == std::vector<double>{-1e6, 2.5});
}

TEST_CASE("Infinity in a column of numbers is refused unless it is a missing marker", "[table]") {
  const std::string text = "a,y\n1,p\ninf,q\n";
  CHECK(message(ErrorKind::data, [&] { fit(text, classify("y")); }) ==
        "t.csv:3: column 'a' has a number that is infinite, NaN or beyond float32; fix the cell, "
        "or add its "
        "marker to data.format.missing");
  TableData data;
  data.format.missing = {"inf"};
  CHECK(numbers_of(fit(text, classify("y"), data)).size() == 1);
  const auto stage = fit("a,y\n1,p\n2,q\n", classify("y"));
  const auto table = parse_table("a\n1e39\n", "new.csv", {});
  CHECK(message(ErrorKind::data, [&] { stage.apply(table, Indices{0}); }) ==
        "new.csv:2: column 'a' has a number that is infinite, NaN or beyond float32; fix the cell, "
        "or add its "
        "marker to data.format.missing");
}

TEST_CASE("A declared type is kept to", "[table]") {
  TableData data;
  data.columns["a"].type = ColumnType::number;
  CHECK(message(ErrorKind::data, [&] { fit("a,y\n1,p\nx,q\n", classify("y"), data); }) ==
        "t.csv:3: column 'a' has text where a number is expected; fix the cell, set "
        "data.columns.a.type to "
        "category, or add its marker to data.format.missing");
  data.columns["a"].type = ColumnType::category;
  CHECK(fit("a,y\n1,p\n2,q\n", classify("y"), data).category_sizes() == Indices{4});
}

TEST_CASE("Ignored, weight and empty columns are no features", "[table]") {
  TableData data;
  data.columns["id"].use = ColumnUse::ignore;
  data.columns["w"].use = ColumnUse::weight;
  data.groups = {"sex"};
  const auto table = parse_table("id,w,gap,sex,y\n7,0.5,,f,p\n8,2,NA,m,q\n", "t.csv", data);
  const auto stage = TableStage::fit(table, all_rows(table), classify("y"), data);
  CHECK(categories_of(stage) == std::vector<std::string>{"sex"});
  CHECK(numbers_of(stage).empty());
  CHECK(stage.weights(table, Indices{1, 0}) == std::vector<double>{2, 0.5});
  CHECK(fit("a,y\n1,p\n2,q\n", classify("y")).weights(table, Indices{0, 1}) ==
        std::vector<double>{1, 1});
  const auto bad = parse_table("w\n-1\n0\n", "bad.csv", {});
  CHECK(message(ErrorKind::data, [&] { stage.weights(bad, Indices{0}); }) ==
        "bad.csv:2: the weight 'w' is neither 0 nor a number from 1e-30 to 1e30");
  CHECK(message(ErrorKind::data, [&] { stage.weights(bad, Indices{1}); }) ==
        "bad.csv: every weight in 'w' is 0; some row must count");
}

TEST_CASE("Names and uses that contradict each other are refused", "[table]") {
  const std::string text = "age,b,y\n1,2,p\n2,3,q\n";
  CHECK(message(ErrorKind::config, [&] { fit(text, classify("agee")); }) ==
        "task.target: no column 'agee' in t.csv; did you mean 'age'?");
  CHECK(message(ErrorKind::config, [&] { fit(text, {}); }) ==
        "task: a table needs task.target, and task.type classification or regression");
  TableData data;
  data.columns["y"].use = ColumnUse::ignore;
  CHECK(message(ErrorKind::config, [&] { fit(text, classify("y"), data); }) ==
        "data.columns.y.use: the column is task.target and can have no other use; remove one of "
        "the two");
  data = {};
  data.columns["age"].use = data.columns["b"].use = ColumnUse::weight;
  CHECK(message(ErrorKind::config, [&] { fit(text, classify("y"), data); }) ==
        "data.columns: both 'age' and 'b' are the weight; one column at most can be");
  data.columns["b"].use = ColumnUse::ignore;
  CHECK(message(ErrorKind::data, [&] { fit(text, classify("y"), data); }) ==
        "t.csv: no feature column is left beside the target 'y'; check data.columns");
}

TEST_CASE("A file that lacks feature columns is refused, all of them at once", "[table]") {
  const auto stage = fit(kPeople, classify("out"));
  const auto table = parse_table("Job,height\ncook,1\n", "new.csv", {});
  CHECK(message(ErrorKind::data, [&] { stage.apply(table, Indices{0}); }) ==
        "no column 'age' in new.csv; it has: Job, height\nno column 'job' in new.csv; did you mean "
        "'Job'?");
  CHECK(message(ErrorKind::data, [&] { stage.labels(table, Indices{0}); }) ==
        "the target: no column 'out' in new.csv; it has: Job, height");
}

TEST_CASE("A stage read from JSON does what the saved one did", "[table]") {
  TableData data;
  data.format.trim = true;
  data.format.missing = {"?", "-1"};
  data.columns["job"].values = {{"chef", "cook"}};
  data.columns["height"].use = ColumnUse::weight;
  const auto stage = fit(kPeople + std::string("?,chef,1,no\n"), classify("out"), [&] {
    auto copy = data;
    copy.format.missing = {"?", "-1", "NA", "nan"};
    copy.columns["height"].use = ColumnUse::ignore;
    return copy;
  }());
  const auto loaded = TableStage::from_json(Json::parse(stage.to_json().dump()));
  CHECK(loaded.to_json() == stage.to_json());
  CHECK(loaded.signature().labels == stage.signature().labels);
  CHECK(loaded.category_sizes() == stage.category_sizes());
  for (const Row& row :
       std::vector<Row>{{-1.0, " chef "}, {3.0, "?"}, {"?", "none"}, {" 8", std::monostate{}}}) {
    const auto a = stage.prepare(row);
    const auto b = loaded.prepare(row);
    CHECK(equal(a.numeric, b.numeric));
    CHECK(a.categorical == b.categorical);
  }
}

TEST_CASE("A copied stage stands on its own", "[table]") {
  auto original = std::make_unique<TableStage>(fit(kPeople, classify("out")));
  const TableStage copy = *original;
  original.reset();
  CHECK(copy.prepare({1.0, "smith", 2.0}).categorical == Indices{3});
}

TEST_CASE("A stage file with any flaw is refused by its place", "[table]") {
  const auto good = fit(kPeople, classify("out")).to_json();
  const auto refused = [](const Json& json) {
    return message(ErrorKind::model, [&] { TableStage::from_json(json); });
  };
  const auto with = [&](const std::string& pointer, const Json& value) {
    auto changed = good;
    changed[Json::json_pointer(pointer)] = value;
    return refused(changed);
  };
  CHECK(refused(good) == "accepted");
  CHECK(refused(3) == "table stage: /: expected an object");
  CHECK(with("/format_version", 4) == "table stage: /format_version: expected 1 to 3");
  CHECK(with("/type", "text") == "table stage: /type: expected table");
  CHECK(with("/task", "x") == "table stage: /task: expected classification or regression");
  CHECK(with("/task", "regression") == "table stage: /labels: a regression has none");
  CHECK(with("/labels", {"no"}) == "table stage: /labels: 1 classes; 2 to 1000 are allowed");
  CHECK(with("/labels", {"no", "no"}) == "table stage: /labels: a name twice");
  CHECK(with("/labels/1", 7) == "table stage: /labels/1: expected text");
  CHECK(with("/target", "") == "table stage: /target: an empty name");
  CHECK(with("/weight", 1) == "table stage: /weight: expected text");
  CHECK(with("/trim", 1) == "table stage: /trim: expected true or false");
  CHECK(with("/missing", "NA") == "table stage: /missing: expected an array");
  CHECK(with("/features", Json::array()) == "table stage: /features: expected at least one");
  CHECK(with("/features/0", 1) == "table stage: /features/0: expected an object");
  CHECK(with("/features/0/name", "job") ==
        "table stage: /features/1/name: empty, or the name of another column");
  CHECK(with("/features/0/name", "out") ==
        "table stage: /features/0/name: empty, or the name of another column");
  CHECK(with("/features/0/kind", "sound") ==
        "table stage: /features/0/kind: expected one of number, category, date, text");
  CHECK(with("/features/0/values", {1}) == "table stage: /features/0/values: expected an object");
  CHECK(with("/features/0/values/a", 1) ==
        "table stage: /features/0/values: expected text as every value");
  CHECK(with("/features/1/categories", {"a", "a"}) ==
        "table stage: /features/1/categories: a name twice");
  CHECK(with("/features/1/categories", {""}) ==
        "table stage: /features/1/categories: an empty name");
  for (const auto& [key, value] : good.items()) {
    auto without = good;
    without.erase(key);
    CHECK(refused(without) == "table stage: /" + key + ": missing");
  }
}
