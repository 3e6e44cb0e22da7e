// SPDX-License-Identifier: Apache-2.0
// Tables: features, targets and weights of a part.
#include <torch/torch.h>

#include "engine/data/datasets.h"
#include "engine/predict/model_files.h"
#include "engine/train/loss.h"
#include "table_runs.h"

using namespace candor;
using namespace candor::test;

namespace {

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
