// SPDX-License-Identifier: Apache-2.0
// What the host stage makes of numbers far from zero, dates, and target-encoded categories.
#include <candor/error.h>
#include <candor/log.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "core/table/table_stage.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using Indices = std::vector<std::int64_t>;

TaskConfig task_of(const std::string& target, TaskType type = TaskType::classification) {
  TaskConfig task;
  task.target = target;
  task.type = type;
  return task;
}

Indices all_rows(const Table& table) {
  Indices rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TableStage fit(const Table& table, const TaskConfig& task, const TableData& data = {}) {
  return TableStage::fit(table, all_rows(table), task, data);
}

template <class Action>
std::string message(ErrorKind kind, Action&& action) {
  const auto error = error_of(action);
  if (!error) return "accepted";
  return error->kind() == kind ? error->what() : std::string("wrong kind: ") + error->what();
}

std::vector<std::string> slots(const TableStage& stage) {
  std::vector<std::string> names;
  for (const auto& slot : stage.columns().numeric) names.push_back(slot.name);
  return names;
}

bool equal(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

TableStage reread(const TableStage& stage) {
  return TableStage::from_json(Json::parse(stage.to_json().dump()));
}

// Seconds since 1970 that float32 holds to 128 s only, one second apart.
const std::string kSeconds =
    "at,small,y\n1700000001,1.5,p\n1700000002,2.5,q\n1700000003,,p\n1700000004,0,q\n";

// Three cities; a label that depends on them.
std::string cities(std::size_t rows, const std::string& flipped = "") {
  std::string text = "city,n,y\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const char* city = i % 3 == 0 ? "Oslo" : i % 3 == 1 ? "Bergen" : "";
    const bool yes = (i % 3 == 0) != (i % 5 == 0);
    const bool flip = flipped == std::to_string(i);
    text += std::string(city) + "," + std::to_string(i) + "," + (yes != flip ? "yes" : "no") + "\n";
  }
  return text;
}

TableData target_encoding() {
  TableData data;
  data.categorical.encoding = Encoding::target;
  data.categorical.target_smoothing = 2.0;
  return data;
}

}  // namespace

TEST_CASE("Numbers far from zero keep their digits", "[table]") {
  const auto table = parse_table(kSeconds, "t.csv", {});
  const auto stage = fit(table, task_of("y"));
  const auto inputs = stage.apply(table, all_rows(table));
  const auto middle = stage.columns().numeric[0].offset;
  CHECK(middle == 1700000002.5);
  CHECK(stage.columns().numeric[1].offset == 0.0);
  for (std::size_t row = 0; row < 4; ++row) {
    CHECK(inputs.numeric[2 * row] ==
          static_cast<float>(1700000001.0 + static_cast<double>(row) - middle));
  }
  CHECK(equal(reread(stage).prepare({1700000003.0, 2.5}).numeric, {0.5f, 2.5f}));
  CHECK(equal(stage.prepare({"1700000001", std::monostate{}}).numeric,
              {-1.5f, std::numeric_limits<float>::quiet_NaN()}));
}

TEST_CASE("Numbers that float32 holds, or that spread as far as they lie, keep no offset",
          "[table]") {
  for (const char* cells : {"2019\n2020\n2021\n", "0.1\n100000.7\n-3.3\n", "273.15\n290.4\n301.2\n",
                            "1000000064\n1000000128\n1000000192\n"}) {
    std::string text = "a,y\n";
    int i = 0;
    for (const char* at = cells; *at != '\0'; ++at) {
      text += *at == '\n' ? std::string(i++ % 2 == 0 ? ",p\n" : ",q\n") : std::string(1, *at);
    }
    CAPTURE(cells);
    CHECK(fit(parse_table(text, "t.csv", {}), task_of("y")).columns().numeric[0].offset == 0.0);
  }
  TableData data;
  data.columns["at"].transform = Transform::log;  // of the number itself
  CHECK(fit(parse_table(kSeconds, "t.csv", data), task_of("y"), data).columns().numeric[0].offset ==
        0.0);
}

TEST_CASE("A value that its offset takes beyond float32 is refused", "[table]") {
  const auto stage = fit(parse_table(kSeconds, "t.csv", {}), task_of("y"));
  CHECK(message(ErrorKind::request, [&] {
          stage.prepare({-3.4028234663852886e38, 1.0});
        }) == "accepted");
  auto json = stage.to_json();
  json["features"][0]["offset"] = 3e38;
  CHECK(message(ErrorKind::request, [&] {
          TableStage::from_json(json).prepare({-3e38, 1.0});
        }) == "input 'at': expected a finite number within float32");
}

TEST_CASE("A date becomes its time and the parts and cycles that vary", "[table]") {
  const auto table = parse_table(
      "sold,y\n2021-03-04,p\n2021-12-31,q\n,p\n2023-03-04,q\n2022-06-15,p\n", "t.csv", {});
  const auto stage = fit(table, task_of("y"));
  REQUIRE(stage.signature().inputs.size() == 1);
  CHECK(stage.signature().inputs[0].kind == InputKind::date);
  CHECK(slots(stage) ==
        std::vector<std::string>{"sold.time", "sold.year", "sold.month", "sold.day", "sold.weekday",
                                 "sold.month_sine", "sold.month_cosine", "sold.weekday_sine",
                                 "sold.weekday_cosine", "sold.year_sine", "sold.year_cosine"});
  CHECK(stage.columns().numeric[0].role == SlotRole::derived);
  CHECK(stage.columns().numeric[5].role == SlotRole::cycle);
  const auto inputs = stage.apply(table, all_rows(table));
  const auto row = [&](std::size_t index) {
    const auto width = stage.columns().numeric.size();
    const auto first = inputs.numeric.begin() + static_cast<std::ptrdiff_t>(index * width);
    return std::vector<float>(first, first + static_cast<std::ptrdiff_t>(width));
  };
  CHECK(row(0)[1] == 2021.0f);
  CHECK(row(3)[0] - row(0)[0] == 730.0f);  // days
  for (const auto value : row(2)) CHECK(std::isnan(value));
  // A request becomes what the same cell became, also after saving.
  CHECK(equal(stage.prepare({"2022-06-15"}).numeric, row(4)));
  CHECK(equal(reread(stage).prepare({"15 June 2022"}).numeric, row(4)));
  CHECK(equal(stage.prepare({20220615.0}).numeric, row(4)));
  CHECK(std::isnan(stage.prepare({std::monostate{}}).numeric[0]));
}

TEST_CASE("Parts and cycles can be left out, the time stays", "[table]") {
  TableData data;
  data.dates.parts = data.dates.cycles = false;
  const auto table = parse_table("at,y\n2021-03-04T10:00,p\n2021-03-05T11:30,q\n", "t.csv", data);
  CHECK(slots(fit(table, task_of("y"), data)) == std::vector<std::string>{"at.time"});
  data.dates.parts = true;
  CHECK(slots(fit(table, task_of("y"), data)) ==
        std::vector<std::string>{"at.time", "at.day", "at.weekday", "at.hour", "at.minute"});
}

TEST_CASE("The order of day and month is that of the training file, wherever a date comes from",
          "[table]") {
  const auto table = parse_table("d,y\n31.03.2024,p\n01.04.2024,q\n", "t.csv", {});
  const auto stage = fit(table, task_of("y"));
  REQUIRE(stage.signature().inputs[0].kind == InputKind::date);
  const auto later = parse_table("d\n05.04.2024\n", "new.csv", {});  // alone it would be May
  CHECK(equal(stage.apply(later, Indices{0}).numeric, stage.prepare({"2024-04-05"}).numeric));
  CHECK(
      equal(reread(stage).prepare({"05.04.2024"}).numeric, stage.prepare({"2024-04-05"}).numeric));
}

TEST_CASE("Dates that can be read in two ways are told, and data.columns says which", "[table]") {
  const auto first_month = [](const TableData& data, std::vector<std::string>& lines) {
    const auto table = parse_table("d,y\n03/04/2024,p\n05/06/2024,q\n", "t.csv", data);
    set_log([&](int, const std::string& line) { lines.push_back(line); });
    const auto stage = fit(table, task_of("y"), data);
    set_log({});
    CHECK(equal(reread(stage).prepare({"03/04/2024"}).numeric,
                stage.prepare({"03/04/2024"}).numeric));
    return equal(stage.prepare({"03/04/2024"}).numeric, stage.prepare({"2024-03-04"}).numeric);
  };
  TableData data;
  std::vector<std::string> lines;
  CHECK(first_month(data, lines));
  CHECK(lines == std::vector<std::string>{
                     "column 'd': its dates can be read day first or month first, and are read "
                     "month first; set data.columns.d.date_order to say which"});
  lines.clear();
  data.columns["d"].date_order = DateOrder::day_first;
  CHECK_FALSE(first_month(data, lines));
  CHECK(lines.empty());
}

TEST_CASE("What is no date is refused by place and by field", "[table]") {
  const auto table = parse_table("d,y\n2021-03-04,p\n2021-03-05,q\n", "t.csv", {});
  const auto stage = fit(table, task_of("y"));
  CHECK(message(ErrorKind::request, [&] { stage.prepare({"soon"}); }) ==
        "input 'd': expected a date, as \"2021-03-04\" or \"2021-03-04T14:05:00Z\"");
  CHECK(message(ErrorKind::data,
                [&] { stage.apply(parse_table("d\nsoon\n", "new.csv", {}), Indices{0}); }) ==
        "new.csv:2: column 'd' has text where a date is expected (as 2021-03-04 or "
        "2021-03-04T14:05:00Z); fix the cell, set data.columns.d.type to category, or add its "
        "marker to data.format.missing");
  TableData data;
  data.columns["d"].type = ColumnType::date;
  CHECK(message(ErrorKind::data,
                [&] {
                  fit(parse_table("d,y\n20210304,p\n7,q\n", "t.csv", data), task_of("y"), data);
                }) ==
        "t.csv:3: column 'd' has text where a date is expected (as 2021-03-04 or "
        "2021-03-04T14:05:00Z); fix the cell, set data.columns.d.type to category, or add its "
        "marker to data.format.missing");
  data.columns["d"].type = ColumnType::category;
  CHECK(fit(table, task_of("y"), data).category_sizes() == Indices{4});
}

TEST_CASE("Numbers are dates only where it is said", "[table]") {
  const auto text = "d,y\n20210304,p\n20210405,q\n";
  CHECK(fit(parse_table(text, "t.csv", {}), task_of("y")).signature().inputs[0].kind ==
        InputKind::number);
  TableData data;
  data.columns["d"].type = ColumnType::date;
  const auto stage = fit(parse_table(text, "t.csv", data), task_of("y"), data);
  CHECK(stage.signature().inputs[0].kind == InputKind::date);
  CHECK(equal(stage.prepare({"2021-03-04"}).numeric, stage.prepare({"20210304"}).numeric));
}

TEST_CASE("A target encoding takes the category's place among the numbers", "[table]") {
  const auto data = target_encoding();
  const auto table = parse_table(cities(30), "t.csv", data);
  const auto stage = fit(table, task_of("y"), data);
  CHECK(stage.encodes_target());
  CHECK(stage.category_sizes().empty());
  CHECK(slots(stage) == std::vector<std::string>{"city.target", "n"});
  CHECK(stage.signature().inputs[0].kind == InputKind::category);
  // Serving needs no label, and sees what evaluation sees; an unknown city is the mean of all rows.
  const auto inputs = stage.apply(table, all_rows(table));
  CHECK(equal(reread(stage).prepare({"Oslo", 0.0}).numeric, {inputs.numeric[0], 0.0f}));
  CHECK(equal(stage.prepare({std::monostate{}, 2.0}).numeric, {inputs.numeric[4], 2.0f}));
  const auto labels = stage.labels(table, all_rows(table));
  const auto mean = std::accumulate(labels.begin(), labels.end(), 0.0) / 30.0;
  CHECK(stage.prepare({"Atlantis", 1.0}).numeric[0] == Approx(mean));
}

TEST_CASE("Flipping a training row's label does not move the row's own encoding", "[table]") {
  const auto data = target_encoding();
  const auto encoded = [&](const std::string& flipped) {
    const auto table = parse_table(cities(30, flipped), "t.csv", data);
    return fit(table, task_of("y"), data).apply_training(table, all_rows(table), data).numeric;
  };
  const auto before = encoded("");
  for (std::size_t row = 0; row < 30; ++row) {
    const auto after = encoded(std::to_string(row));
    CHECK(after[2 * row] == before[2 * row]);
    CHECK(after != before);  // but those of others
  }
  const auto table = parse_table(cities(30), "t.csv", data);
  CHECK(fit(table, task_of("y"), data).apply(table, all_rows(table)).numeric != before);
}

TEST_CASE("Several classes and regressions have target encodings too", "[table]") {
  const auto data = target_encoding();
  const auto classes = parse_table("a,y\nu,p\nv,q\nu,r\nw,p\nv,r\n", "t.csv", data);
  const auto stage = fit(classes, task_of("y"), data);
  CHECK(slots(stage) == std::vector<std::string>{"a.target", "a.target1"});
  // "u" holds p once of two rows: (1 + 2 * 2/5) / 4; q never: (0 + 2 * 1/5) / 4
  CHECK(stage.prepare({"u"}).numeric[0] == Approx(0.45));
  CHECK(stage.prepare({"u"}).numeric[1] == Approx(0.1));
  CHECK(reread(stage).prepare({"u"}).numeric == stage.prepare({"u"}).numeric);
  const auto values = parse_table("a,y\nu,1\nv,4\nu,3\n", "t.csv", data);
  CHECK(fit(values, task_of("y", TaskType::regression), data).prepare({"u"}).numeric[0] ==
        Approx((4.0 + 2.0 * 8.0 / 3.0) / 4.0));
  auto log = task_of("y", TaskType::regression);
  log.target_transform = TargetTransform::log;
  const auto sum = std::log(2.0) + std::log(4.0), mean = (sum + std::log(5.0)) / 3.0;
  CHECK(fit(values, log, data).prepare({"u"}).numeric[0] == Approx((sum + 2.0 * mean) / 4.0));
}

TEST_CASE("A damaged target encoding or date is refused by its place", "[table]") {
  const auto data = target_encoding();
  const auto encoded = fit(parse_table(cities(9), "t.csv", data), task_of("y"), data).to_json();
  const auto dated =
      fit(parse_table("d,y\n2021-03-04,p\n2021-03-05,q\n", "t.csv", {}), task_of("y")).to_json();
  const auto refused = [](Json json, const std::string& pointer, const Json& value) {
    json[Json::json_pointer(pointer)] = value;
    return message(ErrorKind::model, [&] { TableStage::from_json(json); });
  };
  CHECK(refused(encoded, "/features/0/target_encodings", {1, 2}) ==
        "table stage: /features/0/target_encodings: 2 numbers, expected 4");
  CHECK(refused(encoded, "/features/0/target_encodings/1", "x") ==
        "table stage: /features/0/target_encodings: expected numbers within float32");
  CHECK(refused(dated, "/features/0/date_values", Json::array()) ==
        "table stage: /features/0/date_values: expected at least one");
  CHECK(refused(dated, "/features/0/date_values/0", "era") ==
        "table stage: /features/0/date_values: a name that is not known");
  CHECK(refused(dated, "/features/0/date_order", "any") ==
        "table stage: /features/0/date_order: an order that is not known");
  CHECK(refused(dated, "/features/0/offset", 1e300) ==
        "table stage: /features/0/offset: a number beyond float32");
  CHECK(refused(dated, "/target_transform", "root") ==
        "table stage: /target_transform: expected standard or log");
}

TEST_CASE("data.weight names the column of weights", "[table]") {
  TableData data;
  data.weight = "w";
  const auto table = parse_table("w,a,y\n0.5,1,p\n2,2,q\n", "t.csv", data);
  const auto stage = fit(table, task_of("y"), data);
  CHECK(stage.weight_name() == "w");
  CHECK(stage.weights(table, Indices{0, 1}) == std::vector<double>{0.5, 2});
  CHECK(stage.signature().inputs.size() == 1);
  CHECK(reread(stage).weight_name() == "w");
  data.weight = "ww";
  CHECK(message(ErrorKind::config, [&] { fit(table, task_of("y"), data); }) ==
        "data.weight: no column 'ww' in t.csv; did you mean 'w'?");
}

TEST_CASE("A target that a logarithm cannot take is refused", "[table]") {
  auto task = task_of("y", TaskType::regression);
  task.target_transform = TargetTransform::log;
  CHECK(
      message(ErrorKind::data, [&] { fit(parse_table("a,y\n1,0\n2,-1\n", "t.csv", {}), task); }) ==
      "t.csv:3: the target 'y' is -1 or below, but task.target_transform log learns "
      "log(1 + target); set it to standard");
  const auto table = parse_table("a,y\n1,0\n2,-0.5\n", "t.csv", {});
  CHECK(fit(table, task).targets(table, Indices{1}) == std::vector<double>{-0.5});
}

namespace {

TableData declared(const std::string& column, ColumnType type) {
  TableData data;
  data.columns[column].type = type;
  return data;
}

std::string fault(const std::string& csv, const TableData& data) {
  return message(ErrorKind::data,
                 [&] { fit(parse_table(csv, "t.csv", data), task_of("y"), data); });
}

}  // namespace

TEST_CASE("integers are whole numbers, in files and in requests", "[table]") {
  const auto data = declared("n", ColumnType::integer);
  const auto table = parse_table("n,y\n3,a\n,b\n4.0,a\n", "t.csv", data);
  const auto stage = reread(fit(table, task_of("y"), data));
  CHECK(equal(stage.apply(table, all_rows(table)).numeric,
              {3, std::numeric_limits<float>::quiet_NaN(), 4}));
  const auto wrong =
      "t.csv:3: column 'n' has a number that is not whole, but data.columns.n.type is integer; fix "
      "the cell, or set the type to real";
  CHECK(fault("n,y\n1,a\n2.5,b\n", data) == wrong);
  const auto other = parse_table("n,y\n1,a\n2.5,b\n", "t.csv", data);
  CHECK(message(ErrorKind::data, [&] { stage.apply(other, all_rows(other)); }) == wrong);
  CHECK(equal(stage.prepare({"7"}).numeric, {7}));
  for (const Value& value : {Value(1.5), Value("1.5")}) {
    CHECK(message(ErrorKind::request, [&] { stage.prepare({value}); }) ==
          "input 'n': expected a whole number");
  }
  CHECK(fault("n,y\n1,a\nx,b\n", data) ==
        "t.csv:3: column 'n' has text where a number is expected; fix the cell, set "
        "data.columns.n.type to category, or add its marker to data.format.missing");
}

TEST_CASE("real is another name of number", "[table]") {
  const auto data = declared("n", ColumnType::real);
  CHECK(fault("n,y\n1,a\nx,b\n", data) ==
        fault("n,y\n1,a\nx,b\n", declared("n", ColumnType::number)));
  CHECK(fault("n,y\n1,a\n2.5,b\n", data) == "accepted");
}

TEST_CASE("booleans are two categories, by whichever word", "[table]") {
  const auto data = declared("b", ColumnType::boolean);
  const auto table = parse_table("b,y\nyes,a\nNO,b\n,a\nno,b\n", "t.csv", data);
  const auto stage = reread(fit(table, task_of("y"), data));
  CHECK(stage.category_sizes() == Indices{4});
  CHECK(stage.apply(table, all_rows(table)).categorical == Indices{3, 2, 0, 2});
  const std::vector<std::pair<Value, std::int64_t>> cases = {
      {"TRUE", 3}, {"off", 2}, {"t", 3}, {"n", 2}, {std::monostate{}, 0}};
  for (const auto& [value, index] : cases) CHECK(stage.prepare({value}).categorical[0] == index);
  CHECK(message(ErrorKind::request, [&] { stage.prepare({"maybe"}); }) ==
        "input 'b': expected true or false, yes or no, on or off");
  const auto wrong =
      "t.csv:3: column 'b' has text that is none of true/false, yes/no, t/f, y/n, on/off, but "
      "data.columns.b.type is boolean; fix the cell, set the type to category, or add the cell's "
      "marker to data.format.missing";
  CHECK(fault("b,y\nyes,a\nmaybe,b\n", data) == wrong);
  const auto other = parse_table("b,y\nyes,a\nmaybe,b\n", "t.csv", data);
  CHECK(message(ErrorKind::data, [&] { stage.apply(other, all_rows(other)); }) == wrong);
}

TEST_CASE("a declared identifier is no feature", "[table]") {
  const auto data = declared("id", ColumnType::identifier);
  const auto table = parse_table("id,x,y\nA1,1,a\nA2,2,b\n", "t.csv", data);
  const auto stage = fit(table, task_of("y"), data);
  REQUIRE(stage.signature().inputs.size() == 1);
  CHECK(stage.signature().inputs[0].name == "x");
}
