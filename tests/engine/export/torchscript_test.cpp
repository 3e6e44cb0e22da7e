// SPDX-License-Identifier: Apache-2.0
#include "engine/export/torchscript.h"

#include <torch/script.h>
#include <torch/torch.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

Network table_network(bool embed, bool regression, MlpConfig config = {}) {
  TableStatistics statistics;
  statistics.impute = {0.5, 1.0};
  statistics.mean = {1.0, -2.0};
  statistics.scale = {2.0, 0.5};
  statistics.indicators = {1};
  statistics.embed = embed;
  if (!embed) {
    statistics.one_hot_column = {0, 0, 1};
    statistics.one_hot_value = {2, 3, 2};
  }
  if (regression) statistics.target_mean = 200.0;
  ModelShape shape;
  shape.dense_width = statistics.dense_width();
  shape.outputs = regression ? 1 : 3;
  if (embed) {
    shape.category_sizes = {5, 4};
    shape.embedding_widths = {2, 2};
  }
  config.hidden = {8, 8};
  config.norm = regression ? Norm::layer : Norm::batch;
  return {make_table_stage(statistics), make_model(config, shape, RandomStream(1, "init"))};
}

InputTensors table_rows(std::int64_t rows, std::int64_t) {
  InputTensors inputs;
  inputs.numeric = torch::randn({rows, 2});
  inputs.numeric.index_put_({0, 1}, std::numeric_limits<float>::quiet_NaN());
  inputs.categorical = torch::randint(0, 4, {rows, 2}, torch::kInt64);
  return inputs;
}

void check_export(Network& network, const SampleInputs& samples, std::int64_t length) {
  const test::TempDir folder;
  network.train();
  const auto exported =
      export_torchscript(network, samples, length, {{"model.json", "{\"a\": 1}"}});
  CHECK(exported.parity.passed);
  CHECK(exported.parity.shapes >= 5);
  folder.write("model.pt", exported.file);
  CHECK(network.is_training());
  torch::jit::ExtraFilesMap extra = {{"model.json", ""}};
  auto loaded = torch::jit::load((folder / "model.pt").string(), at::kCPU, extra);
  CHECK(extra.at("model.json") == "{\"a\": 1}");
  const auto own = network.model().named_parameters();
  CHECK(loaded.attr("model").toModule().named_parameters().size() == own.size());
}

}  // namespace

TEST_CASE("tables export with one-hot features and with embeddings", "[export]") {
  for (const bool embed : {false, true}) {
    for (const bool regression : {false, true}) {
      auto network = table_network(embed, regression);
      check_export(network, table_rows, 0);
    }
  }
}

TEST_CASE("ensembles export with a free batch, of both kinds and tasks", "[export]") {
  for (const auto kind : {EnsembleKind::full, EnsembleKind::mini}) {
    for (const bool regression : {false, true}) {
      MlpConfig config;
      config.ensemble = EnsembleConfig{3, kind};
      config.residual = true;
      auto network = table_network(/*embed=*/true, regression, config);
      check_export(network, table_rows, 0);
    }
  }
}

namespace {

// Three numeric columns, fitted by `data` on rows that spread widely, with gaps.
std::pair<TableStatistics, ModelShape> encoded_table(const TableData& data,
                                                     const TaskConfig& task) {
  TableColumns columns;
  for (const char* name : {"a", "b", "c"}) {
    columns.numeric.push_back({name, name, SlotRole::number, 0.0});
  }
  const RandomStream stream(5, "rows");
  ModelInputs inputs;
  inputs.rows = 80;
  std::vector<double> targets;
  for (std::uint64_t i = 0; i < 240; ++i) {
    const auto value = std::exp(stream.normal(i)) - (i % 3 == 1 ? 1.0 : 0.0);
    inputs.numeric.push_back(i % 19 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                         : static_cast<float>(value));
    if (i % 3 == 0) targets.push_back(std::exp(stream.normal(1000 + i)));
  }
  const auto statistics =
      fit_table(columns, inputs, std::vector<double>(80, 1.0), targets, task, data);
  ModelShape shape;
  shape.dense_width = statistics.dense_width();
  if (statistics.encoded_apart) {
    shape.numbers.columns = static_cast<std::int64_t>(statistics.encoded_columns.size());
    shape.numbers.inputs = statistics.encoded_inputs();
    shape.numbers.frequencies = statistics.encoding == NumberEncoding::periodic ? 7 : 0;
    shape.numbers.frequency_scale = 0.3;
    shape.numbers.width = 5;
  }
  return {statistics, shape};
}

InputTensors three_numbers(std::int64_t rows, std::int64_t) {
  InputTensors inputs;
  inputs.numeric = torch::randn({rows, 3});
  inputs.numeric.index_put_({0, 1}, std::numeric_limits<float>::quiet_NaN());
  inputs.categorical = torch::empty({rows, 0}, torch::kInt64);
  return inputs;
}

}  // namespace

TEST_CASE("every way to prepare numbers and targets exports with a free batch", "[export]") {
  TaskConfig task;
  task.type = TaskType::regression;
  std::vector<TableData> ways;
  for (const auto transform : {Transform::none, Transform::log, Transform::power}) {
    for (const auto scale : {Scale::robust, Scale::quantile}) {
      ways.emplace_back();
      ways.back().numeric.transform = transform;
      ways.back().numeric.scale = scale;
      if (scale == Scale::robust) ways.back().clean.clip_outliers = 0.25;
    }
  }
  TableData mixed;
  mixed.columns["a"].transform = Transform::log;
  mixed.columns["b"].transform = Transform::power;
  mixed.columns["b"].scale = Scale::min_max;
  mixed.columns["c"].scale = Scale::quantile;
  ways.push_back(mixed);
  for (const auto encoding : {NumberEncoding::piecewise_linear, NumberEncoding::periodic}) {
    ways.emplace_back(mixed).numeric.encoding = encoding;
    ways.emplace_back(mixed).numeric.encoding = encoding;
    ways.back().numeric.encoding_width = 5;
  }
  for (const auto& data : ways) {
    for (const auto transform : {TargetTransform::standard, TargetTransform::log}) {
      task.target_transform = transform;
      const auto [statistics, shape] = encoded_table(data, task);
      MlpConfig config;
      config.hidden = {8};
      Network network(make_table_stage(statistics),
                      make_model(config, shape, RandomStream(1, "init")));
      check_export(network, three_numbers, 0);
    }
  }
}

TEST_CASE("Transformers export with free batch and length", "[export]") {
  for (const std::int64_t kv_heads : {2, 4}) {
    TransformerConfig config;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = kv_heads;
    config.width = 32;
    config.context = 40;
    config.tie_embeddings = kv_heads == 4;
    ModelShape shape;
    shape.outputs = 19;
    Network network(make_text_stage(), make_model(config, shape, RandomStream(1, "init")));
    const auto samples = [](std::int64_t rows, std::int64_t length) {
      InputTensors inputs;
      inputs.ids = torch::randint(0, 19, {rows, length}, torch::kInt64);
      return inputs;
    };
    check_export(network, samples, 40);
  }
}

TEST_CASE("Transformers of whole texts export with free batch, length and padding", "[export]") {
  for (const auto pooling : {Pooling::last, Pooling::mean}) {
    TransformerConfig config;
    config.layers = 2;
    config.heads = 4;
    config.width = 32;
    config.context = 40;
    config.pooling = pooling;
    ModelShape shape;
    shape.outputs = 3;
    shape.vocabulary = 19;
    Network network(make_text_stage(), make_model(config, shape, RandomStream(1, "init")));
    {
      const torch::NoGradGuard guard;
      network.model().named_parameters()["score.weight"].mul_(50.0);  // differences would show
    }
    const auto samples = [](std::int64_t rows, std::int64_t length) {
      InputTensors inputs;
      // From full to empty, evenly.
      const auto missing = torch::arange(rows) * length / std::max<std::int64_t>(1, rows - 1);
      const auto ends = length - missing;
      const auto real = torch::arange(length).unsqueeze(0) < ends.unsqueeze(1);
      inputs.ids = torch::randint(0, 19, {rows, length}, torch::kInt64);
      inputs.ids.masked_fill_(real.logical_not(), ModelInputs::kPadding);
      return inputs;
    };
    check_export(network, samples, 40);
  }
}

TEST_CASE("ResNets export with a free batch", "[export]") {
  ResNetConfig config;
  config.blocks = std::vector<std::int64_t>{1, 1};
  config.width = 4;
  for (const auto stem : {Stem::small, Stem::imagenet, Stem::whitening}) {
    config.stem = stem;
    config.downsample = stem == Stem::whitening ? Downsample::pooled : Downsample::strided;
    ModelShape shape;
    shape.outputs = 3;
    Network network(make_image_stage({{0.4, 0.5, 0.6}, {0.2, 0.2, 0.3}}),
                    make_model(config, shape, RandomStream(1, "init")));
    network.model().fit({torch::randn({4, 3, 16, 16}), {}});
    const auto samples = [](std::int64_t rows, std::int64_t) {
      InputTensors inputs;
      inputs.image = torch::randint(0, 256, {rows, 3, 16, 16}, torch::kUInt8);
      return inputs;
    };
    check_export(network, samples, 0);
  }
}

namespace {

// A model that computes something else for one row than for more: a trace cannot follow it.
struct Fickle : Model {
  at::Tensor forward(const Features& features, DropoutStream&) override {
    return features.dense.size(0) == 1 ? features.dense : features.dense * 2;
  }
};

// A model with a tensor that it does not own.
struct Baked : Model {
  at::Tensor table = torch::arange(8, torch::kFloat32);
  at::Tensor forward(const Features& features, DropoutStream&) override {
    return features.dense.sum(1, true) + table;
  }
};

std::string failure(std::shared_ptr<Model> model) {
  TableStatistics statistics;
  statistics.impute = {0, 0};
  statistics.mean = {0, 0};
  statistics.scale = {1, 1};
  Network network(make_table_stage(statistics), std::move(model));
  const auto error = test::error_of([&] { export_torchscript(network, table_rows, 0, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  return error->what();
}

}  // namespace

TEST_CASE("a file that computes something else is not kept", "[export]") {
  CHECK_THAT(failure(std::make_shared<Fickle>()),
             CANDOR_CONTAINS("does not compute what the native model computes"));
}

TEST_CASE("a tensor that nobody owns is refused", "[export]") {
  CHECK(failure(std::make_shared<Baked>()) ==
        "TorchScript export: the graph holds a tensor constant of 8 elements; no file was written");
}

TEST_CASE("texts export with any number of terms, and none", "[export]") {
  for (const std::int64_t numbers : {0, 2}) {
    TableStatistics statistics;
    statistics.impute.assign(static_cast<std::size_t>(numbers), 0.5);
    statistics.mean = statistics.scale =
        std::vector<double>(static_cast<std::size_t>(numbers), 2.0);
    ModelShape shape;
    shape.dense_width = statistics.dense_width();
    shape.terms = 11;
    shape.outputs = 3;
    MlpConfig config;
    config.hidden = {8};
    Network network(make_table_stage(statistics),
                    make_model(config, shape, RandomStream(1, "init")));
    const auto samples = [&](std::int64_t rows, std::int64_t) {
      InputTensors inputs;
      inputs.numeric = torch::randn({rows, numbers});
      inputs.categorical = torch::empty({rows, 0}, torch::kInt64);
      // Row i has i % 4 terms; a single row has none.
      const auto counts = torch::arange(rows, torch::kInt64) % 4;
      const auto all = counts.sum().item<std::int64_t>();
      inputs.terms = torch::randint(0, 11, {all}, torch::kInt64);
      inputs.term_weights = torch::randn({all});
      inputs.offsets = counts.cumsum(0) - counts;
      return inputs;
    };
    check_export(network, samples, 0);
  }
}
