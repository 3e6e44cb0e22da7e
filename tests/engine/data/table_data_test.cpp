// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>

#include "core/base/files.h"
#include "engine/data/datasets.h"
#include "engine/data/open_data.h"
#include "engine/predict/model_files.h"
#include "engine/train/loss.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

// A header and `count` rows of a number, a category and a class, in no order of the classes.
Lines people(int count) {
  Lines lines = {"age,city,outcome"};
  const char* cities[] = {"Aarhus", "Bergen", "Cork"};
  for (int i = 0; i < count; ++i) {
    lines.push_back(std::to_string(20 + i * 7 % 50) + "," + cities[i * 5 % 3] + "," +
                    (i * 11 % 20 < 10   ? "low"
                     : i * 11 % 20 < 16 ? "middle"
                                        : "top"));
  }
  return lines;
}

RunConfig config_of(const std::string& train, const std::string& target = "outcome") {
  RunConfig config;
  config.name = "table";
  config.task.target = target;
  TableData data;
  data.files.train = train;
  config.data = data;
  MlpConfig model;
  model.hidden = {4};
  config.model = model;
  return config;
}

TableData& data_of(RunConfig& config) { return std::get<TableData>(config.data); }

Batch whole(const Dataset& dataset) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(dataset.size()));
  std::iota(rows.begin(), rows.end(), 0);
  return dataset.batch(rows);
}

std::vector<std::int64_t> classes(const Dataset& dataset) {
  const auto target = whole(dataset).target;
  return {target.data_ptr<std::int64_t>(), target.data_ptr<std::int64_t>() + target.numel()};
}

std::map<std::int64_t, int> class_counts(const Dataset& dataset) {
  std::map<std::int64_t, int> counts;
  for (const auto label : classes(dataset)) ++counts[label];
  return counts;
}

// Index into the lines of the file, of each row of a part.
std::vector<std::size_t> line_indices(const Dataset& dataset) {
  std::vector<std::size_t> indices;
  for (const auto& id : dataset.ids()) {
    indices.push_back(std::stoul(id.substr(id.find(':') + 1)) - 1);
  }
  return indices;
}

Error error_of(const RunConfig& config) {
  const auto error = test::error_of([&] { open_data(config); });
  REQUIRE(error);
  return *error;
}

std::string message(const RunConfig& config) {
  const auto error = error_of(config);
  CHECK(error.kind() == ErrorKind::data);
  return error.what();
}

// Mean loss of an untrained network, the same one for every dataset of this preprocessing.
double loss_on(const RunConfig& config, const Preprocessor& preprocessor, const Batch& batch) {
  const auto network = make_network(config, preprocessor);
  DropoutStream off;
  const torch::NoGradGuard guard;
  const auto output = network->forward(batch.inputs, off);
  return training_loss(preprocessor.signature().output, network->stage(), output, batch)
      .item<double>();
}

}  // namespace

TEST_CASE("the classes have the same shares in every part", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("people.csv", joined(people(200))));
  data_of(config).split.validation = 0.1;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);
  using Counts = std::map<std::int64_t, int>;
  CHECK(class_counts(*data.train) == Counts{{0, 70}, {1, 42}, {2, 28}});
  CHECK(class_counts(*data.validation) == Counts{{0, 10}, {1, 6}, {2, 4}});
  CHECK(class_counts(*data.test) == Counts{{0, 20}, {1, 12}, {2, 8}});
}

TEST_CASE("a class of few rows stays in the training part", "[data]") {
  const test::TempDir folder;
  Lines lines = {"x,outcome"};
  for (int i = 0; i < 10; ++i) lines.push_back(std::to_string(i) + ",many");
  lines.push_back("10,one");
  lines.push_back("11,another");
  auto config = config_of(folder.write("rare.csv", joined(lines)));
  for (const double share : {0.1, 0.3, 0.5, 0.7}) {
    data_of(config).split.validation = share;
    const auto error = test::error_of([&] { open_data(config); });
    INFO("validation " << share << ": " << (error ? error->what() : ""));
    CHECK_FALSE(error);
  }
}

TEST_CASE("the parts together are the rows of the file, each once and with its own target",
          "[data]") {
  const test::TempDir folder;
  const auto lines = people(60);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  data_of(config).groups = {"city"};
  const auto data = open_data(config);
  const auto& labels = data.preprocessor->signature().labels;
  std::vector<std::size_t> all;
  for (const auto* part : {&data.train, &data.validation, &data.test}) {
    const auto indices = line_indices(**part);
    const auto target = classes(**part);
    const auto cities = (*part)->groups().at("city");
    const auto ages = whole(**part).inputs.numeric;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const auto expected = std::to_string(ages[static_cast<std::int64_t>(i)][0].item<int>()) +
                            "," + cities[i] + "," + labels[static_cast<std::size_t>(target[i])];
      REQUIRE(lines[indices[i]] == expected);
    }
    all.insert(all.end(), indices.begin(), indices.end());
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(all[i] == i + 1);
}

TEST_CASE("fitting looks at training rows only", "[data]") {
  const test::TempDir folder;
  auto lines = people(60);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);
  const auto fitted = data.preprocessor->to_json();
  const auto refit_with = [&](std::size_t line, const std::string& features) {
    auto changed = lines;
    changed[line] = features + changed[line].substr(changed[line].rfind(','));
    folder.write("people.csv", joined(changed));
    return open_data(config).preprocessor->to_json();
  };
  for (const auto* part : {&data.validation, &data.test}) {
    for (const auto line : line_indices(**part)) {
      REQUIRE(refit_with(line, "1000000,Atlantis") == fitted);
      REQUIRE(refit_with(line, ",") == fitted);
    }
  }
  const auto line = line_indices(*data.train)[3];
  CHECK(refit_with(line, "1000000,Cork") != fitted);
  CHECK(refit_with(line, "30,Atlantis") != fitted);
}

TEST_CASE("a weight counts a row that many times, in the statistics and in the loss", "[data]") {
  const test::TempDir folder;
  const int weights[] = {2, 0, 3, 1, 1, 0, 2, 5};
  for (const bool classes : {true, false}) {
    Lines weighted = {"x,w,y"}, repeated = {"x,w,y"};
    for (int i = 0; i < 8; ++i) {
      const auto x = std::to_string(0.5 * i * i - 3), y = std::to_string(classes ? i % 2 : 10 * i);
      weighted.push_back(x + "," + std::to_string(weights[i]) + "," + y);
      for (int k = 0; k < weights[i]; ++k) repeated.push_back(x + ",1," + y);
    }
    auto config = config_of(folder.write("weighted.csv", joined(weighted)), "y");
    config.task.type = classes ? TaskType::classification : TaskType::regression;
    data_of(config).columns["w"].use = ColumnUse::weight;
    auto other = config;
    data_of(other).files.train = folder.write("repeated.csv", joined(repeated));
    const auto data = open_data(config), alone = open_data(other);

    const auto& fitted = *data.preprocessor->stage()->table();
    const auto& expected = *alone.preprocessor->stage()->table();
    CHECK(fitted.mean[0] == Approx(expected.mean[0]));
    CHECK(fitted.scale[0] == Approx(expected.scale[0]));
    CHECK(fitted.target_mean == Approx(expected.target_mean));
    CHECK(fitted.target_scale == Approx(expected.target_scale));

    const auto batch = whole(*data.train);
    CHECK(batch.weight.equal(torch::tensor({2.0f, 0.0f, 3.0f, 1.0f, 1.0f, 0.0f, 2.0f, 5.0f})));
    const auto again = open_data(other, data.preprocessor);
    CHECK_FALSE(whole(*again.train).weight.defined());
    CHECK(loss_on(config, *data.preprocessor, batch) ==
          Approx(loss_on(config, *data.preprocessor, whole(*again.train))).epsilon(1e-5));
  }
}

TEST_CASE("values are mapped in the files of training and test alike", "[data]") {
  const test::TempDir folder;
  auto config = config_of(
      folder.write("train.csv", "city,outcome\nNYC,yes\nOslo,no\nNew York,yes\nOslo,no\n"));
  data_of(config).files.test =
      folder.write("test.csv", "outcome,city\nyes.,N.Y.\nno.,Oslo\nno.,New York\n");
  data_of(config).columns["outcome"].values = {{"yes.", "yes"}, {"no.", "no"}};
  data_of(config).columns["city"].values = {{"NYC", "New York"}, {"N.Y.", "New York"}};
  const auto data = open_data(config);
  CHECK(data.preprocessor->signature().labels == Lines{"no", "yes"});
  CHECK(classes(*data.test) == std::vector<std::int64_t>{1, 0, 0});
  const auto cities = [](const Dataset& part) { return whole(part).inputs.categorical.flatten(); };
  CHECK(cities(*data.train).equal(torch::tensor({2, 3, 2, 3}, torch::kInt64)));
  CHECK(cities(*data.test).equal(torch::tensor({2, 3, 2}, torch::kInt64)));
}

TEST_CASE("a class that training never saw is refused with its line", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", "x,outcome\n1,yes\n2,no\n3,yes\n"));
  const auto path = folder.write("test.csv", "x,outcome\n1,yes\n2,maybe\n");
  data_of(config).files.test = path;
  const auto expected = path +
                        ":3: a class of 'outcome' that training never saw (it saw 2 classes); "
                        "remove the row, or map it in data.columns.outcome.values";
  CHECK(message(config) == expected);
  data_of(config).columns["outcome"].values = {{"maybe", "no"}};
  CHECK(classes(*open_data(config).test) == std::vector<std::int64_t>{1, 0});
}

TEST_CASE("files of a user's own are the validation and the test", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", joined(people(20))));
  data_of(config).files.validation = folder.write("later.csv", joined(people(7)));
  data_of(config).files.test = folder.write("test.csv", "city,age,outcome\nCork,,top\n");
  const auto data = open_data(config);
  CHECK(data.train->size() == 20);
  CHECK(data.validation->size() == 7);
  CHECK(data.validation->ids()[6] == "later.csv:8");
  REQUIRE(data.test->size() == 1);
  CHECK(whole(*data.test).inputs.numeric.isnan().all().item<bool>());
  REQUIRE(data.files.size() == 3);
  CHECK(data.files[1]["part"] == "validation");
  CHECK(data.files[1]["path"] == data_of(config).files.validation->text());
  CHECK(data.files[1]["sha256"] == sha256(joined(people(7))));
  CHECK(data.summary[0] == "rows: 20 for training, 7 for validation, 1 for the test");
}

TEST_CASE("one part opens without the files of the others, as it was in the whole", "[data]") {
  const test::TempDir folder;
  const auto train = folder.write("train.csv", joined(people(40)));
  const auto test = folder.write("test.csv", joined(people(5)));
  auto config = config_of(train);
  data_of(config).split.validation = 0.25;
  data_of(config).files.test = test;
  const auto opened = open_data(config);
  std::filesystem::remove(test);
  for (const std::string part : {"train", "validation"}) {
    const auto data = open_data(config, opened.preprocessor, part);
    CHECK(data.part(part)->ids() == opened.part(part)->ids());
    CHECK(whole(*data.part(part)).target.equal(whole(*opened.part(part)).target));
    CHECK(data.files.size() == 1);
    CHECK_FALSE(data.part(part) == (part == "train" ? data.validation : data.train));
    CHECK_FALSE(data.test);
  }
  folder.write("test.csv", joined(people(5)));
  std::filesystem::remove(train);
  const auto data = open_data(config, opened.preprocessor, "test");
  CHECK(data.test->ids() == opened.test->ids());
  CHECK(data.files.size() == 1);
  const auto error = test::error_of([&] { data.part("validation"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "the run has no validation rows: neither data.files.validation nor data.split.validation "
        "is set; pass --data PATH or another --split");
  CHECK(std::string(test::error_of([&] {
                      open_data(config, opened.preprocessor, "tset");
                    })->what()) == "split 'tset' is unknown; allowed: train, validation, test");
}

TEST_CASE("a file of a user's own is opened for a fitted model", "[data]") {
  const test::TempDir folder;
  const auto config = config_of(folder.write("train.csv", joined(people(20))));
  const auto fitted = open_data(config).preprocessor;
  const auto path = folder.write("other.csv", "note,outcome,city,age\nx,low,Cork,33\n");
  const auto data = open_external(config, fitted, path);
  CHECK(data.test->size() == 1);
  CHECK(whole(*data.test).inputs.numeric.item<float>() == 33.0f);
  CHECK(data.preprocessor == fitted);
  CHECK(data.files[0]["part"] == "test");
}

TEST_CASE("rows that cannot be read are left out and counted, up to the share allowed", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", "x,outcome\n1,yes\n2,no,?\n3,yes\n4,no\n");
  auto config = config_of(path);
  CHECK(message(config) ==
        path +
            ":3: 3 cells, but the header has 2; fix the row, or set data.clean.max_bad_fraction to "
            "skip such rows (1 of 4 rows is bad)");
  data_of(config).clean.max_bad_fraction = 0.25;
  const auto data = open_data(config);
  CHECK(data.train->ids() == Lines{"train.csv:2", "train.csv:4", "train.csv:5"});
  CHECK(data.files[0]["rows_left_out"] == 1);
  folder.write("train.csv", "x,outcome\n1,yes\n3,yes\n4,no\n");
  CHECK_FALSE(open_data(config).files[0].contains("rows_left_out"));
}

TEST_CASE("rows without a target are left out in the same way, of every file", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", "x,outcome\n1,yes\n2,\n3,yes\n4,no\n");
  auto config = config_of(path);
  CHECK(message(config) ==
        path +
            ":3: the target 'outcome' is missing; fill it in, remove the row, or "
            "set data.clean.max_bad_fraction to leave such rows out (1 of 4 rows "
            "has none)");
  data_of(config).clean.max_bad_fraction = 0.25;
  data_of(config).files.test = folder.write("test.csv", "x,outcome\n1,yes\n2,no\n3,yes\n4,\n");
  const auto data = open_data(config);
  CHECK(data.train->ids() == Lines{"train.csv:2", "train.csv:4", "train.csv:5"});
  CHECK(data.test->ids() == Lines{"test.csv:2", "test.csv:3", "test.csv:4"});
  CHECK(data.files[1]["rows_left_out"] == 1);
  CHECK(data.ledger.empty());
  data_of(config).clean.bad_rows = BadRows::quarantine;
  CHECK_THAT(open_data(config).ledger,
             CANDOR_CONTAINS("\"line\":5,\"reason\":\"the target is missing\"}\n"));
}

TEST_CASE("a part that comes out empty is refused with the way out", "[data]") {
  const test::TempDir folder;
  const auto path = folder.write("train.csv", joined(people(6)));
  auto config = config_of(path);
  const auto empty = [&](const std::string& key) {
    return path + ": " + key +
           " asks for a part, but its share of so little data is empty; give more data, raise the "
           "share, or leave it out (~" +
           key + ")";
  };
  data_of(config).split.validation = 0.01;
  CHECK(message(config) == empty("data.split.validation"));
  data_of(config).split.validation.reset();
  data_of(config).split.test = 0.01;
  CHECK(message(config) == empty("data.split.test"));
  data_of(config).split.test = 0.99;
  CHECK(open_data(config).train->size() == 2);  // one of each class stays, whatever the share
}

TEST_CASE("a table's digest changes with its content, the split's with the split", "[data]") {
  const test::TempDir folder;
  const auto lines = people(20);
  auto config = config_of(folder.write("train.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  const auto first = open_data(config);
  CHECK(first.files[0]["sha256"] == sha256(joined(lines)));
  CHECK(open_data(config).split_digest == first.split_digest);
  auto other = config;
  data_of(other).split.seed = 1;
  CHECK(open_data(other).split_digest != first.split_digest);
  other = config;
  other.seed = 1;  // training has a seed of its own
  CHECK(open_data(other).split_digest == first.split_digest);
  folder.write("train.csv", joined(lines) + "\n");  // a blank line is no row, but another file
  const auto second = open_data(config);
  CHECK(second.split_digest == first.split_digest);
  CHECK(second.files[0]["sha256"] != first.files[0]["sha256"]);
  CHECK(changed_files(first.files, second.files) == data_of(config).files.train.list);
}

TEST_CASE("a changed file is one that was there before with other content", "[data]") {
  const auto entry = [](const char* part, const char* path, const char* digest) {
    return Json{{"part", part}, {"path", path}, {"sha256", digest}};
  };
  const auto before = Json::array({entry("train", "a.csv", "1"), entry("test", "b.csv", "2")});
  CHECK(changed_files(before, before).empty());
  CHECK(changed_files(Json::array(), before).empty());
  CHECK(changed_files(before, Json::array({entry("test", "b.csv", "3")})) == Lines{"b.csv"});
  CHECK(changed_files(before, Json::array({entry("test", "c.csv", "3")})).empty());
  CHECK(changed_files(before, Json::array({entry("validation", "b.csv", "3")})).empty());
}

TEST_CASE("training sees target encodings out of fold, evaluation those that serving gives",
          "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("rows.csv", joined(people(60))));
  data_of(config).categorical.encoding = Encoding::target;
  data_of(config).split.validation = 0.2;
  const auto data = open_data(config);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.train->size()));
  std::iota(rows.begin(), rows.end(), 0);
  const RandomStream epoch(1, "epoch");
  const auto training = data.train->training_batch(rows, epoch).inputs.numeric;
  const auto serving = data.train->batch(rows).inputs.numeric;
  CHECK(training.select(1, 0).equal(serving.select(1, 0)));  // age
  CHECK_FALSE(training.equal(serving));
  // What is scaled is what training sees.
  const auto dense =
      data.preprocessor->stage()->forward(data.train->training_batch(rows, epoch).inputs).dense;
  CHECK(dense.mean(0).abs().max().item<float>() < 1e-5f);
  const auto validation = whole(*data.validation).inputs.numeric;
  for (std::int64_t row = 0; row < validation.size(0); ++row) {
    bool served = false;
    for (std::int64_t other = 0; other < serving.size(0); ++other) {
      served = served || validation[row].slice(0, 1).equal(serving[other].slice(0, 1));
    }
    CHECK(served);
  }
  // A fitted preprocessor gives the same training rows again: a resumed run sees the same.
  const auto again = open_data(config, data.preprocessor);
  CHECK(again.train->training_batch(rows, epoch).inputs.numeric.equal(training));
}

TEST_CASE("a column of dates trains like any other", "[data]") {
  const test::TempDir folder;
  auto lines = people(40);
  lines[0] += ",since";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    lines[i] +=
        i % 7 == 0 ? "," : ",2024-0" + std::to_string(1 + i % 9) + "-1" + std::to_string(i % 10);
  }
  const auto config = config_of(folder.write("rows.csv", joined(lines)));
  const auto data = open_data(config);
  const auto network = make_network(config, *data.preprocessor);
  const auto output = network->predict(whole(*data.train).inputs);
  CHECK(output.isfinite().all().item<bool>());
  const auto served = data.preprocessor->prepare({20.0, "Aarhus", "2024-02-11"});
  CHECK(data.preprocessor->tensors(served).numeric.equal(
      whole(*data.train).inputs.numeric.slice(0, 0, 1)));
}

TEST_CASE("equal rows stay in one part, and the run says so", "[data]") {
  const test::TempDir folder;
  Lines lines = people(40);
  const auto repeated = lines;
  lines.insert(lines.end(), repeated.begin() + 1, repeated.begin() + 21);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);
  std::map<std::string, const Dataset*> part_of;
  for (const auto* part : {&data.train, &data.validation, &data.test}) {
    for (const auto line : line_indices(**part)) {
      const auto [found, added] = part_of.emplace(lines[line], part->get());
      CHECK(found->second == part->get());
    }
  }
  const auto expected = Json::parse(R"({"kind": "stratified", "seed": 0, "repeated_rows": 20})");
  CHECK(data.split == expected);
  CHECK(data.summary[0] ==
        "split: 20 rows are equal to an earlier one and stay in one part with it");
  folder.write("people.csv", joined(people(40)));
  CHECK(open_data(config).split == Json::parse(R"({"kind": "stratified", "seed": 0})"));
}

TEST_CASE("a file is split by the groups or the times of a column", "[data]") {
  const test::TempDir folder;
  const auto lines = people(60);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).split.test = 0.3;
  data_of(config).groups = {"city"};
  data_of(config).split.group = "city";
  const auto grouped = open_data(config);
  CHECK(grouped.split ==
        Json::parse(R"({"kind": "stratified_group", "group": "city", "seed": 0})"));
  const auto in_test = grouped.test->groups().at("city");
  for (const auto& city : grouped.train->groups().at("city")) {
    CHECK(std::find(in_test.begin(), in_test.end(), city) == in_test.end());
  }
  data_of(config).split.group.reset();
  data_of(config).split.time = "age";
  const auto aged = open_data(config);
  CHECK(aged.split == Json::parse(R"({"kind": "time", "time": "age", "seed": 0})"));
  const auto ages = [](const Dataset& part) { return whole(part).inputs.numeric; };
  CHECK(ages(*aged.train).max().item<float>() < ages(*aged.test).min().item<float>());
}

TEST_CASE("sampling weighs the training rows", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", "x,w,outcome\n1,2,yes\n2,0,no\n3,1,yes\n"));
  CHECK(open_data(config).sampling_weights.empty());
  config.train.sampling.by = SamplingBy::by_class;
  CHECK(open_data(config).sampling_weights == std::vector<double>{0.5, 1.0, 0.5});
  config.train.sampling.by = SamplingBy::weight;
  config.train.sampling.column = "w";
  CHECK(open_data(config).sampling_weights == std::vector<double>{2.0, 0.0, 1.0});
}

TEST_CASE("a table's batch written over another is the one made anew", "[data]") {
  const test::TempDir folder;
  auto lines = people(30);
  lines[0] += ",w";
  for (std::size_t i = 1; i < lines.size(); ++i) lines[i] += "," + std::to_string(i % 4);
  auto config = config_of(folder.write("people.csv", joined(lines)));
  data_of(config).columns["w"].use = ColumnUse::weight;
  const auto data = open_data(config);
  const RandomStream epoch(1, "epoch");
  Batch reused;
  for (const std::vector<std::int64_t>& rows :
       {std::vector<std::int64_t>{3, 1, 3}, {29, 0, 7}, {5}, {8, 9, 10, 11}}) {
    data.train->write_training_batch(rows, epoch, reused);
    const auto fresh = data.train->batch(rows);
    CHECK(reused.inputs.numeric.equal(fresh.inputs.numeric));
    CHECK(reused.inputs.categorical.equal(fresh.inputs.categorical));
    CHECK(reused.target.equal(fresh.target));
    CHECK(reused.weight.equal(fresh.weight));
  }
}
