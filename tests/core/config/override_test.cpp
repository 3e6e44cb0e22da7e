// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config_text.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

RunConfig changed(const Json& base, const std::vector<std::string>& words) {
  TempDir folder;
  return load_config(folder.write("f.json", base.dump()), words);
}

const ColumnConfig& column(const RunConfig& config, const std::string& name) {
  return std::get<TableData>(config.data).columns.at(name);
}

// With the file's name and not its folder, which is another each time.
std::string load_faults(const Json& base, const std::vector<std::string>& words) {
  TempDir folder;
  const auto path = folder.write("f.json", base.dump());
  const auto error = error_of([&] { load_config(path, words); });
  std::string text = error ? error->what() : "";
  for (auto at = text.find(path); at != std::string::npos; at = text.find(path)) {
    text.replace(at, path.size(), "f.json");
  }
  return text;
}

}  // namespace

TEST_CASE("a word sets a value: JSON where it is JSON, else text", "[config]") {
  const auto config =
      changed(table_config(),
              {"train.epochs=30", "name=bare-words", "model.hidden=[8, 4]", "train.clip_norm=0.5",
               "data.format.header=false", "task.positive=\"1\"", "train.weights=last"});
  CHECK(config.train.epochs == 30);
  CHECK(config.name == "bare-words");
  CHECK(std::get<MlpConfig>(config.model).hidden == std::vector<std::int64_t>{8, 4});
  CHECK(config.train.clip_norm == 0.5);
  CHECK_FALSE(std::get<TableData>(config.data).format.header);
  CHECK(config.task.positive == "1");
  CHECK(config.train.weights == Weights::last);
}

TEST_CASE("the way to add an entry of a map that is told does add it", "[config]") {
  const auto told = [](const std::string& word) {
    auto text = load_faults(table_config(), {word});
    INFO(text);
    text.erase(std::remove(text.begin(), text.end(), '\''), text.end());
    const auto begin = text.rfind(" +"), end = text.rfind(" to add it");
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    return text.substr(begin + 1, end - begin - 1);
  };
  const auto gate = told("evaluate.gates.accuracy=0.75");
  CHECK(gate == "+evaluate.gates.accuracy.min=0.75");
  CHECK(changed(table_config(), {gate}).evaluate.gates.at("accuracy").min == 0.75);
  const auto space = told("search.train.epochs.integer=[1, 3]");
  CHECK(space == "+search.\"train.epochs\".integer=[1, 3]");
  CHECK(changed(table_config(), {space}).search.at("train.epochs").integer ==
        std::vector<std::int64_t>{1, 3});
  CHECK(told("search.train.epochs={\"integer\": [1, 3]}") ==
        "+search.\"train.epochs\"={\"integer\": [1, 3]}");
  // What a shell has taken the double quotes off.
  CHECK_THAT(load_faults(table_config(), {"+search.train.epochs.integer=[1, 3]"}),
             CANDOR_CONTAINS("a name that has dots itself goes in double quotes: "
                             "'+search.\"train.epochs\".integer=[1, 3]'"));
}

TEST_CASE("words apply in order and create what is absent", "[config]") {
  CHECK(changed(table_config(), {"train.epochs=1", "train.epochs=2"}).train.epochs == 2);
  const auto config = changed(table_config(), {"train.early_stopping.patience=9", "seed=4"});
  REQUIRE(config.train.early_stopping);
  CHECK(config.train.early_stopping->patience == 9);
  CHECK(config.seed == 4);
}

TEST_CASE("a field of a variant that is absent belongs to the default's type", "[config]") {
  const auto config = changed(table_config(), {"train.optimizer.weight_decay=0.5"});
  CHECK(std::get<AdamWConfig>(config.train.optimizer).weight_decay == 0.5);
}

TEST_CASE("setting a variant's type drops its other keys", "[config]") {
  const auto base =
      with(table_config(), "/train/optimizer", Json{{"type", "adamw"}, {"beta1", 0.5}});
  const auto config = changed(base, {"train.optimizer.type=sgd", "train.optimizer.momentum=0.9"});
  CHECK(std::get<SgdConfig>(config.train.optimizer).momentum == 0.9);
  CHECK(changed(table_config(), {"task.type=regression"}).task.target == "outcome");
}

TEST_CASE("+ adds to a map and nothing else", "[config]") {
  const auto config = changed(
      table_config(), {"+data.columns.age={\"use\": \"ignore\"}",
                       "+data.columns.\"a.b\".type=category", "+evaluate.gates.accuracy.min=0.9"});
  CHECK(column(config, "age").use == ColumnUse::ignore);
  CHECK(column(config, "a.b").type == ColumnType::category);
  CHECK(config.evaluate.gates.at("accuracy").min == 0.9);
  const auto base = with(table_config(), "/data/columns/age/use", "ignore");
  CHECK(load_faults(base, {"+data.columns.age={}"}) ==
        "command line: +data.columns.age={}: 'age' is there already; write it without + to change "
        "it");
  CHECK(load_faults(base, {"+train.epochs=4"}) ==
        "command line: +train.epochs=4: 'epochs' is no entry of a map; write it without +");
  CHECK(load_faults(table_config(), {"data.columns.age.use=ignore"}) ==
        "command line: data.columns.age.use=ignore: 'age' is not in /data/columns; write "
        "+data.columns.age.use=ignore to add it");
  CHECK(column(changed(base, {"data.columns.age.use=weight"}), "age").use == ColumnUse::weight);
}

TEST_CASE("~ returns to the default", "[config]") {
  const auto base =
      with(with(table_config(), "/train/clip_norm", 2), "/data/columns/age/use", "ignore");
  CHECK_FALSE(changed(base, {"~train.clip_norm"}).train.clip_norm);
  CHECK(std::get<TableData>(changed(base, {"~data.columns.age"}).data).columns.empty());
  CHECK_FALSE(changed(base, {"~train.early_stopping.patience"}).train.early_stopping);
  CHECK(std::holds_alternative<AdamWConfig>(changed(base, {"~train.optimizer"}).train.optimizer));
  const auto sgd = with(base, "/train/optimizer", Json{{"type", "sgd"}, {"momentum", 0.9}});
  CHECK(
      std::holds_alternative<AdamWConfig>(changed(sgd, {"~train.optimizer.type"}).train.optimizer));
  CHECK(std::holds_alternative<AdamWConfig>(
      changed(table_config(), {"~train.optimizer.type"}).train.optimizer));
  CHECK(load_faults(base, {"~model.type"}) ==
        "command line: ~model.type: /model: missing; what learns");
  CHECK(load_faults(base, {"~data.columns.size"}) ==
        "command line: ~data.columns.size: 'size' is not in /data/columns");
  CHECK(load_faults(base, {"~name"}) ==
        "command line: ~name: /name: missing; names the run directory and the model");
}

TEST_CASE("a word that cannot be applied is named as it was typed", "[config]") {
  CHECK(load_faults(table_config(), {"train"}) ==
        "command line: train: expected key=value, +key=value or ~key");
  CHECK(load_faults(table_config(), {"~seed=3"}) ==
        "command line: ~seed=3: ~key takes no value; it returns the key to its default");
  for (const std::string word :
       {"=3", ".a=3", "train..epochs=3", "train.=3", "data.columns.\"a=3"}) {
    INFO(word);
    CHECK_THAT(load_faults(table_config(), {word}),
               CANDOR_CONTAINS("command line: " + word + ": "));
  }
  CHECK(load_faults(table_config(), {"trian.epochs=3"}) ==
        "command line: trian.epochs=3: unknown key 'trian'; did you mean \"train\"? allowed: "
        "version, name, "
        "seed, task, data, augment, model, train, calibration, evaluate, "
        "cross_validation, search, tune");
  CHECK_THAT(load_faults(table_config(), {"train.epochs.x=3"}),
             CANDOR_CONTAINS("command line: train.epochs.x=3"));
  CHECK_THAT(load_faults(table_config(), {"model.hidden.0=3"}),
             CANDOR_CONTAINS("command line: model.hidden.0=3"));
}

TEST_CASE("a bad value of a word is blamed on the word, with all others", "[config]") {
  CHECK(load_faults(table_config(), {"train.epochs=many", "model.dropout=2"}) ==
        "command line: model.dropout=2: /model/dropout: found 2, expected a number in [0, 1)\n"
        "command line: train.epochs=many: /train/epochs: found \"many\", expected a whole number "
        "in [1, "
        "1000000000]");
}

TEST_CASE("a word that is not UTF-8 is counted, not repeated", "[config]") {
  CHECK(load_faults(table_config(), {"seed=1", "name=caf\xE9"}) ==
        "command line: word 2: not valid UTF-8 at byte 8; a config is UTF-8 text, so write the "
        "word in a UTF-8 terminal");
  CHECK(load_faults(table_config(), {"+data.columns.\xFF={}", "sed=1"}) ==
        "command line: word 1: not valid UTF-8 at byte 14; a config is UTF-8 text, so write the "
        "word in a UTF-8 terminal\n"
        "command line: sed=1: unknown key 'sed'; did you mean \"seed\"? allowed: version, name, "
        "seed, task, data, augment, model, train, calibration, evaluate, "
        "cross_validation, search, tune");
}

TEST_CASE("a field of a variant without a type and without a default asks for the type",
          "[config]") {
  CHECK(load_faults(without(table_config(), "/model"), {"model.dropout=0.1"}) ==
        "command line: model.dropout=0.1: '/model' has no valid type; set its type first (one of "
        "mlp, transformer, resnet)\n"
        "f.json: /model/type: missing; expected one of mlp, transformer, resnet");
}

TEST_CASE("words on a section that is no object in the file are no crash", "[config]") {
  CHECK(load_faults(with(table_config(), "/train", 3),
                    {"train.epochs=3", "train.optimizer.type=sgd"}) != "");
  CHECK(load_faults(with(table_config(), "/train/optimizer", 3), {"train.optimizer.eps=1"}) ==
        "f.json: /train/optimizer: found 3, expected an object");
  CHECK(load_faults(Json::array(), {"train.epochs=3"}) != "");
}

TEST_CASE("words change a config that was read before, and leave its paths alone", "[config]") {
  const auto base = config_from_json(table_config(), "f");
  const auto config = apply_words(base, {"+evaluate.gates.accuracy={\"min\": 0.5}"});
  CHECK(config.evaluate.gates.at("accuracy").min == 0.5);
  CHECK(std::get<TableData>(config.data).files.train == "people.csv");
  CHECK(config_differences(base, config) ==
        std::vector<std::string>{"evaluate.gates.accuracy: null -> {\"min\":0.5,\"max\":null,"
                                 "\"confidence\":null}"});
}

TEST_CASE("a word is to blame for what it breaks elsewhere", "[config]") {
  CHECK(load_faults(table_config(), {"seed=4", "data.split.validation=null"}) ==
        "command line: data.split.validation=null: /train/weights: train.weights \"best\" needs "
        "validation rows: set data.split.validation or data.files.validation, or train.weights to "
        "\"last\"");
  CHECK(load_faults(table_config(), {"~data.split.validation", "seed=4"})
            .starts_with("command line: ~data.split.validation: /train/weights: "));
  // Setting the type drops what the data needs.
  CHECK(load_faults(table_config(), {"data.type=table"})
            .starts_with("command line: data.type=table: /data/files: missing; "));
  CHECK(word_faults(table_config(), {"data.split.validation=null"})
            .starts_with("command line: data.split.validation=null: /train/weights: "));
}

TEST_CASE("each word without which it would be right is to blame, or all together", "[config]") {
  CHECK(load_faults(table_config(),
                    {"model.type=mlp", "model.hidden=[8]", "train.optimizer.type=muon"}) ==
        "command line: train.optimizer.type=muon: /train/optimizer/type: train.optimizer.type muon "
        "needs a weight matrix between two hidden layers, but model.hidden has one layer; add one "
        "there, or choose adamw");
  const auto single = with(table_config(), "/model/hidden", {8, 8});
  CHECK(load_faults(single, {"model.norm=batch", "train.batch_size=1"})
            .starts_with("command line: train.batch_size=1: /train/batch_size: "));
  CHECK(load_faults(with(single, "/train/schedule/type", "cosine"),
                    {"data.split.validation=null", "train.weights=last", "train.metric=accuracy",
                     "train.early_stopping={}"}) ==
        "command line: train.early_stopping={}: /train/early_stopping: train.early_stopping needs "
        "validation rows: set data.split.validation or data.files.validation, or "
        "train.early_stopping to null\n"
        "command line: train.metric=accuracy: /train/metric: train.metric needs validation rows: "
        "set data.split.validation or data.files.validation, or train.metric to null");
}

TEST_CASE("what is wrong in the file stays the file's, whatever words there are", "[config]") {
  const auto base = without(table_config(), "/data/split");
  CHECK(load_faults(base, {"seed=4", "train.epochs=9"}).starts_with("f.json: /train/weights: "));
}

TEST_CASE("a mistyped type is told of, among the keys", "[config]") {
  CHECK(load_faults(table_config(), {"train.optimizer.typ=lion"}) ==
        "command line: train.optimizer.typ=lion: unknown key 'typ'; did you mean \"type\"? "
        "allowed: type, learning_rate, beta1, beta2, eps, weight_decay");
  CHECK(load_faults(table_config(), {"~train.schedule.tpye"}) ==
        "command line: ~train.schedule.tpye: unknown key 'tpye'; did you mean \"type\"? allowed: "
        "type, warmup_ratio, warmup_steps, final_ratio");
  CHECK(
      load_faults(
          with(table_config(), "/train/optimizer", Json{{"type", "adamw"}, {"typ", "lion"}}), {}) ==
      "f.json: /train/optimizer/typ: unknown key; did you mean \"type\"? allowed: type, "
      "learning_rate, beta1, beta2, eps, weight_decay");
  // A section without types has none.
  CHECK(load_faults(table_config(), {"train.typ=1"}).find("allowed: type,") == std::string::npos);
}

TEST_CASE("a key in double quotes may hold dots, stars and equals signs", "[config]") {
  const auto config =
      changed(table_config(), {"+train.parameters.\"layers.0.*\"={\"freeze\": true}",
                               "+train.parameters.\"a=b.*\".learning_rate_factor=0.5"});
  CHECK(config.train.parameters.at("layers.0.*").freeze);
  CHECK(config.train.parameters.at("a=b.*").learning_rate_factor == 0.5);
  CHECK(load_faults(table_config(), {"+train.parameters.layers.0.*={}"}) ==
        "command line: +train.parameters.layers.0.*={}: unknown key '0'; allowed: "
        "learning_rate_factor, weight_decay, freeze; a name that has dots itself goes in double "
        "quotes: '+train.parameters.\"layers.0.*\"={}'");
  // A mistyped key of an entry is no name with dots.
  CHECK(load_faults(table_config(), {"+data.columns.age.tpye=number"}).find("quotes") ==
        std::string::npos);
}

TEST_CASE("broken JSON in a word is called that, and where it breaks", "[config]") {
  CHECK(load_faults(table_config(), {"train.optimizer={type:"}) ==
        "command line: train.optimizer={type:: /train/optimizer: value:1:3: not valid JSON: syntax "
        "error while parsing object key - invalid literal; names and texts in JSON stand in double "
        "quotes");
  CHECK_THAT(load_faults(table_config(), {"model.hidden=[8, 4"}),
             CANDOR_CONTAINS("/model/hidden: value:1:") &&
                 CANDOR_CONTAINS(": not valid JSON: syntax error while parsing array"));
  // What may be a text is one, and the last word counts.
  CHECK(changed(table_config(), {"task.target={a"}).task.target == "{a");
  CHECK(load_faults(table_config(), {"model.hidden=[8, 4", "model.hidden=3"}) ==
        "command line: model.hidden=3: /model/hidden: found 3, expected a list");
}

TEST_CASE("a metric whose name is left short is hinted at", "[config]") {
  CHECK(load_faults(table_config(), {"train.metric=average"})
            .starts_with(
                "command line: train.metric=average: /train/metric: not a metric of this task; "
                "did you mean \"average_precision\"? allowed: loss, accuracy, "));
}

TEST_CASE("the last word that sets a field, or a section that holds it, is the one to blame",
          "[config]") {
  const std::vector<std::string> words = {"train.epochs=3", "train.init_from={\"path\":\"a\"}",
                                          "train.init_from.path=b", "train.init_from_other=c"};
  CHECK(word_that_set(words, "train.init_from.path") == "train.init_from.path=b");
  CHECK(word_that_set({words[1]}, "train.init_from.path") == words[1]);
  CHECK_FALSE(word_that_set({words[0], words[3]}, "train.init_from.path"));
}

TEST_CASE("the name of a type alone hints at the word that sets it", "[config]") {
  CHECK(load_faults(table_config(), {"train.optimizer=lion"}) ==
        "command line: train.optimizer=lion: /train/optimizer: found \"lion\", expected an object; "
        "did you mean {\"type\": \"lion\"} (on the command line train.optimizer.type=lion)?");
  CHECK(load_faults(table_config(), {"train.schedule=unheard-of"})
            .find("expected an object with a type (one of constant, ") != std::string::npos);
}
