// SPDX-License-Identifier: Apache-2.0
// Rules between fields: the message names both fields and the way out.
#include "config_text.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

struct Case {
  Json json;
  std::string message;
};

void check_all(const std::vector<Case>& cases) {
  for (const auto& test : cases) CHECK(faults(test.json) == "f.json: " + test.message);
}

}  // namespace

TEST_CASE("a run's name is one that files and routes can have", "[config]") {
  for (const std::string name : {"a", "A-1_b.c", "0", "x"})
    CHECK(faults(with(table_config(), "/name", name)) == "");
  CHECK(faults(with(table_config(), "/name", std::string(64, 'a'))) == "");
  for (const std::string name : {"-a", ".a", "a b", "a/b", "ä"}) {
    INFO(name);
    CHECK(faults(with(table_config(), "/name", name)) ==
          "f.json: /name: must be 1 to 64 letters, digits, '.', '_' or '-', and start with a "
          "letter or digit");
  }
  CHECK_FALSE(faults(with(table_config(), "/name", std::string(65, 'a'))).empty());
}

TEST_CASE("task, data and model fit each other", "[config]") {
  check_all({
      {with(text_config(), "/task/type", "classification"),
       "/task/type: data.type is text, so task.type must be language_model"},
      {with(without(table_config(), "/task/target"), "/task/type", "language_model"),
       "/task/type: task.type language_model needs data.type text"},
      {without(table_config(), "/task/target"),
       "/task/target: missing; data.type table needs task.target, the column to predict"},
      {with(images_config(), "/task/type", "regression"),
       "/task/type: task.type regression needs data.type table; images have classification"},
      {with(images_config(), "/task/target", "x"),
       "/task/target: task.target belongs to data.type table; remove it"},
      {with(with(table_config(), "/task/type", "regression"), "/task/positive", "x"),
       "/task/positive: task.positive belongs to data.type table with task.type classification; "
       "remove it"},
      {with(table_config(), "/model", Json{{"type", "resnet"}}),
       "/model/type: data.type table needs model.type mlp or transformer"},
      {with(text_config(), "/model", Json{{"type", "mlp"}}),
       "/model/type: data.type text needs model.type transformer"},
      {with(images_config(), "/model", Json{{"type", "mlp"}}),
       "/model/type: data.type images needs model.type resnet"},
      {with(table_config(), "/augment/flip", true),
       "/augment: augment changes images, but data.type is not images; remove it"},
      {with(images_config(), "/augment/crop", 32),
       "/augment/crop: augment.crop must be smaller than data.size"},
      {with(images_config(), "/augment/progressive_resize", Json{{"size", 32}}),
       "/augment/progressive_resize/size: augment.progressive_resize.size must be smaller than "
       "data.size"},
      {with(table_config(), "/augment/progressive_resize", Json{{"size", 8}}),
       "/augment: augment changes images, but data.type is not images; remove it"},
  });
}

TEST_CASE("data has each part once and leaves rows to train on", "[config]") {
  check_all({
      {with(table_config(), "/data/files/validation", "v.csv"),
       "/data/split/validation: both data.files.validation and data.split.validation are set; keep "
       "one"},
      {with(with(table_config(), "/data/files/test", "t.csv"), "/data/split/test", 0.1),
       "/data/split/test: both data.files.test and data.split.test are set; keep one"},
      {with(table_config(), "/data/split/test", 0.8),
       "/data/split: data.split.validation and data.split.test together must be below 1, so that "
       "training "
       "rows are left"},
      {with(table_config(), "/data/format/delimiter", "ab"),
       "/data/format/delimiter: must be one byte, or \"whitespace\""},
      {with(table_config(), "/data/format/comment", "//"),
       "/data/format/comment: must be one byte, or null for none"},
      {with(table_config(), "/data/format/comment", ","),
       "/data/format/comment: data.format.comment must differ from delimiter and quote"},
      {with(table_config(), "/data/cache", ""),
       "/data/cache: found \"\", expected a folder, or null for none"},
      {with(table_config(), "/data/format/quote", "''"),
       "/data/format/quote: must be one byte, or empty for none"},
      {with(table_config(), "/data/format/delimiter", "\n"),
       "/data/format/delimiter: is a line break, which ends a row; choose another byte"},
      {with(table_config(), "/data/format/quote", "\r"),
       "/data/format/quote: is a line break, which ends a row; choose another byte"},
      {with(table_config(), "/data/files/train", ""),
       "/data/files/train: found \"\", expected a file or folder"},
      {with(without(images_config(), "/data/split"), "/data/files/validation", ""),
       "/data/files/validation: found \"\", expected a file or folder, or null for none"},
      {with(text_config(), "/data/files/test", ""),
       "/data/files/test: found \"\", expected a file or folder, or null for none"},
      {with(table_config(), "/data/format/quote", ","),
       "/data/format/quote: data.format.quote and data.format.delimiter must differ"},
      {with(table_config(), "/data/categorical/embedding_width", 3),
       "/data/categorical/embedding_width: data.categorical.embedding_width needs "
       "data.categorical.encoding embedding; set that, or embedding_width to null"},
      {with(with(table_config(), "/data/columns/a/use", "weight"), "/data/columns/b/use", "weight"),
       "/data/columns: several columns have use weight; one row has one weight, so keep one of "
       "them"},
      {with(with(table_config(), "/data/weight", "w"), "/data/columns/b/use", "weight"),
       "/data/weight: data.weight and data.columns.b.use contradict each other; keep one"},
      {with(with(table_config(), "/data/weight", "w"), "/data/columns/w/use", "ignore"),
       "/data/weight: data.weight and data.columns.w.use contradict each other; keep one"},
      {with(with(table_config(), "/data/weight", "y"), "/task/target", "y"),
       "/data/weight: data.weight and task.target name the same column"},
      {with(table_config(), "/data/numeric/constant", 3),
       "/data/numeric/constant: data.numeric.constant needs impute constant, of data.numeric or of "
       "a column"},
      {with(table_config(), "/data/columns/a/impute", "constant"),
       "/data/numeric/constant: missing; impute constant needs data.numeric.constant, the number "
       "to put in"},
      {with(table_config(), "/data/numeric/encoding_width", 8),
       "/data/numeric/encoding_width: data.numeric.encoding_width needs data.numeric.encoding; set "
       "that, or encoding_width to null"},
      {with(table_config(), "/task/target_transform", "log"),
       "/task/target_transform: task.target_transform belongs to task.type regression; remove it"},
  });
}

TEST_CASE("columns of text become words of a known length, or tokens", "[config]") {
  check_all({
      {with(table_config(), "/data/text/words/ngrams", {3, 1}),
       "/data/text/words/ngrams: must be two numbers, of which the second is not below the first"},
      {with(table_config(), "/data/text/words/ngrams", Json::array()),
       "/data/text/words/ngrams: must be two numbers, of which the second is not below the first"},
      {with(table_config(), "/data/text/words", {{"sublinear", true}, {"weighting", "binary"}}),
       "/data/text/words/sublinear: data.text.words.sublinear changes counts, but "
       "data.text.words.weighting is binary; set one of them otherwise"},
      {with(table_config(), "/data/text/tokenizer", {{"type", "file"}}),
       "/data/text/tokenizer/file: missing; type file needs file, a tokenizer.json"},
      {with(text_config(), "/model/pooling", "mean"),
       "/model/pooling: model.pooling belongs to task.type classification and regression; remove "
       "it"},
  });
  auto sold = with(table_config(), "/data/columns/sold", {{"date_order", "day_first"}});
  CHECK(faults(sold) == "");
  CHECK(faults(with(sold, "/data/columns/sold/type", "category")) ==
        "f.json: /data/columns/sold/date_order: data.columns.sold.date_order needs "
        "data.columns.sold.type date or auto; remove it");
  auto classifier = with(table_config(), "/model", {{"type", "transformer"}});
  CHECK(faults(classifier) == "");
  CHECK(faults(with(classifier, "/model/tie_embeddings", false)) ==
        "f.json: /model/tie_embeddings: model.tie_embeddings belongs to task.type language_model; "
        "remove "
        "it");
  CHECK(faults(with(table_config(), "/data/text/words/ngrams", {2, 2})) == "");
  CHECK(faults(with(table_config(), "/model", {{"type", "transformer"}, {"pooling", "mean"}})) ==
        "");
}

TEST_CASE("files of columns of text lie beside the config", "[config]") {
  const auto config = with(with(table_config(), "/data/text/words/stop_words", "stop.txt"),
                           "/data/text/tokenizer", {{"type", "file"}, {"file", "t.json"}});
  TempDir folder;
  const auto path = folder.write("c.json", config.dump());
  const auto text = [](const RunConfig& read) { return std::get<TableData>(read.data).text; };
  CHECK(text(load_config(path, {})).words.stop_words == (folder / "stop.txt").string());
  CHECK(text(load_config(path, {})).tokenizer.file == (folder / "t.json").string());
  const auto given = text(load_config(
      path, {"data.text.words.stop_words=english", "data.text.tokenizer={\"type\":\"bytes\"}"}));
  CHECK(given.words.stop_words == "english");
}

TEST_CASE("a model's sizes fit each other", "[config]") {
  check_all({
      {with(text_config(), "/model/width", 130),
       "/model/width: model.width must be a multiple of model.heads"},
      {with(text_config(), "/model/width", 132),
       "/model/width: model.width / model.heads must be even, for the rotary embedding"},
      {with(text_config(), "/model/kv_heads", 3),
       "/model/kv_heads: model.heads must be a multiple of model.kv_heads"},
      {with(images_config(), "/model/depth", 18),
       "/model/blocks: model.blocks and model.depth are both set; keep one"},
      {with(images_config(), "/model/blocks", Json::array()),
       "/model/blocks: must name 1 to 6 stages"},
      {with(without(images_config(), "/model/blocks"), "/model/depth", 20),
       "/model/depth: must be 18, 34 or 50; use model.blocks for other depths"},
      {with(images_config(), "/model/widths", {8, 16, 32}),
       "/model/widths: names 3 stages, but the model has 2; give each stage of model.blocks its "
       "channels"},
      {with(without(images_config(), "/model/blocks"), "/model/widths", {8, 16}),
       "/model/widths: names 2 stages, but the model has 4; give each stage of model.blocks its "
       "channels"},
      {with(with(with(images_config(), "/model/stem", "whitening"), "/model/downsample", "pooled"),
            "/data/size", 4),
       "/model/downsample: \"pooled\" halves 3 pixels behind the stem 2 times, and nothing is "
       "left; "
       "raise data.size, or give model.blocks fewer stages"},
      {with(with(with(images_config(), "/model/stem", "whitening"), "/model/downsample", "pooled"),
            "/augment/progressive_resize", Json{{"size", 4}}),
       "/model/downsample: \"pooled\" halves 3 pixels behind the stem 2 times, and nothing is "
       "left; raise augment.progressive_resize.size, or give model.blocks fewer stages"},
      {with(images_config(), "/model/shift", 32),
       "/model/shift: model.shift must be smaller than data.size"},
  });
}

TEST_CASE("training knows when it ends and what best means", "[config]") {
  check_all({
      {with(table_config(), "/train/steps", 5),
       "/train/steps: train.epochs and train.steps are both set; keep one"},
      {without(table_config(), "/train/epochs"),
       "/train/epochs: missing; set train.epochs or train.steps"},
      {without(table_config(), "/data/split"),
       "/train/weights: train.weights \"best\" needs validation rows: set data.split.validation or "
       "data.files.validation, or train.weights to \"last\""},
      {with(table_config(), "/train/validate/every_epochs", nullptr),
       "/train/validate: train.validate.every_steps and every_epochs are both null, but "
       "train.weights is "
       "\"best\"; set one of them, or train.weights to \"last\""},
      {with(with(with(table_config(), "/train/validate/every_epochs", nullptr), "/train/weights",
                 "last"),
            "/train/early_stopping", Json::object()),
       "/train/validate: train.validate.every_steps and every_epochs are both null, but "
       "train.early_stopping is set; set one of them, or train.early_stopping to null"},
      {with(with(with(table_config(), "/train/validate/every_epochs", nullptr), "/train/weights",
                 "last"),
            "/train/metric", "accuracy"),
       "/train/validate: train.validate.every_steps and every_epochs are both null, but "
       "train.metric is set; set one of them, or train.metric to null"},
      {with(with(without(table_config(), "/data/split"), "/train/weights", "last"), "/train/metric",
            "accuracy"),
       "/train/metric: train.metric needs validation rows: set data.split.validation or "
       "data.files.validation, or train.metric to null"},
      {with(with(table_config(), "/train/validate/every_epochs", 1), "/train/validate/every_steps",
            5),
       "/train/validate/every_steps: train.validate.every_steps and train.validate.every_epochs "
       "are both "
       "set; keep one, and set the other to null"},
      {with(with(without(table_config(), "/data/split"), "/train/weights", "last"),
            "/train/early_stopping", Json::object()),
       "/train/early_stopping: train.early_stopping needs validation rows: set "
       "data.split.validation or "
       "data.files.validation, or train.early_stopping to null"},
      {with(table_config(), "/train/optimizer", Json{{"type", "sgd"}, {"nesterov", true}}),
       "/train/optimizer/nesterov: train.optimizer.nesterov needs train.optimizer.momentum above "
       "0"},
  });
  CHECK(faults(with(without(table_config(), "/data/split"), "/train/weights", "last")) == "");
}

TEST_CASE("batch normalisation has more than one row to normalise over", "[config]") {
  const auto single = with(table_config(), "/train/batch_size", 1);
  check_all({
      {with(single, "/model/norm", "batch"),
       "/train/batch_size: train.batch_size 1 is too small for model.norm \"batch\", which needs "
       "two rows at least; raise it, or set model.norm to \"layer\" or \"none\""},
      {with(images_config(), "/train/batch_size", 1),
       "/train/batch_size: train.batch_size 1 is too small for model.type resnet, whose batch "
       "normalisation needs two images at least; raise it"},
  });
  CHECK(faults(single) == "");
  CHECK(faults(with(single, "/model/norm", "layer")) == "");
  CHECK(faults(with(with(single, "/model/norm", "batch"), "/train/batch_size", 2)) == "");
}

TEST_CASE("every_steps alone takes the place of every_epochs", "[config]") {
  const auto config = config_from_json(with(table_config(), "/train/validate/every_steps", 5), "f");
  CHECK(config.train.validate.every_steps == 5);
  CHECK_FALSE(config.train.validate.every_epochs);
}

TEST_CASE("gates and the training metric are metrics of the task", "[config]") {
  const std::string regression = "rmse, mae, mape, pinball, r2";
  const std::string others = ", mean_error, interval_coverage, interval_width";
  auto houses = with(table_config(), "/task/type", "regression");
  check_all({
      {with(houses, "/evaluate/gates/rmsee/max", 1),
       "/evaluate/gates/rmsee: not a metric of this task; did you mean \"rmse\"? allowed: " +
           regression + others},
      {with(houses, "/evaluate/gates/accuracy/min", 1),
       "/evaluate/gates/accuracy: not a metric of this task; allowed: " + regression + others},
      {with(houses, "/evaluate/gates/rmse", Json::object()),
       "/evaluate/gates/rmse: a gate needs min, max or both"},
      {with(houses, "/evaluate/gates/r2", Json{{"min", 2}, {"max", 1}}),
       "/evaluate/gates/r2: min is above max, so that no value passes; lower min or raise max"},
      {with(houses, "/train/metric", "accuracy"),
       "/train/metric: not a metric of this task; allowed: loss, " + regression},
  });
  CHECK(faults(with(houses, "/train/metric", "loss")) == "");
  CHECK(faults(with(houses, "/train/metric", "mae")) == "");
}

TEST_CASE("a split by group or time has a column, a part to split off, and no rival", "[config]") {
  check_all({
      {with(text_config(), "/data/split/group", "author"),
       "/data/split/group: data.split.group names a column of a table, but data.type is not table; "
       "remove it"},
      {with(images_config(), "/data/split/time", "taken"),
       "/data/split/time: data.split.time names a column of a table, but data.type is not table; "
       "remove it"},
      {with(with(without(table_config(), "/data/split"), "/train/weights", "last"),
            "/data/split/group", "author"),
       "/data/split/group: data.split.group splits nothing unless data.split.validation or "
       "data.split.test is set; set one, or remove it"},
      {with(with(table_config(), "/data/split/group", "author"), "/data/split/time", "year"),
       "/data/split/group: data.split.group and data.split.time are both set; a group may last "
       "from the oldest rows to the newest, so keep one"},
  });
  CHECK(faults(with(table_config(), "/data/split/group", "author")) == "");
  CHECK(faults(with(table_config(), "/data/split/time", "year")) == "");
}

TEST_CASE("sampling has what it samples by", "[config]") {
  const auto sampling = [](Json base, const char* by) {
    return with(std::move(base), "/train/sampling/by", by);
  };
  check_all({
      {sampling(with(table_config(), "/task/type", "regression"), "class"),
       "/train/sampling/by: train.sampling.by class needs task.type classification; choose "
       "another"},
      {sampling(images_config(), "weight"),
       "/train/sampling/by: train.sampling.by weight needs a column, so data.type table; choose "
       "another"},
      {sampling(text_config(), "group"),
       "/train/sampling/by: train.sampling.by group needs a column, so data.type table; choose "
       "another"},
      {sampling(table_config(), "weight"),
       "/train/sampling/column: missing; train.sampling.by weight needs train.sampling.column"},
      {with(sampling(table_config(), "class"), "/train/sampling/column", "w"),
       "/train/sampling/column: train.sampling.column belongs to train.sampling.by weight or "
       "group; remove it, or set one of them"},
  });
  CHECK(faults(sampling(images_config(), "class")) == "");
  CHECK(faults(with(sampling(table_config(), "group"), "/train/sampling/column", "w")) == "");
}
