// SPDX-License-Identifier: Apache-2.0
// Rules of evaluation, decisions, cross-validation and search.
#include "core/config/check_evaluate.h"

#include "config_text.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

std::string fault(const std::string& text) { return text.empty() ? "" : "f.json: " + text; }

Json kept_rows(Json base = table_config()) {
  return with(std::move(base), "/data/split/calibration", 0.1);
}

Json searched(const std::string& key, const Json& space) {
  auto config = table_config();
  config["search"][key] = space;
  return config;
}

}  // namespace

TEST_CASE("a threshold is a number or a way to find one", "[config]") {
  CHECK(faults(with(table_config(), "/task/threshold", 0.3)) == "");
  CHECK(faults(with(kept_rows(), "/task/threshold", {{"maximize", "f1"}})) == "");
  CHECK(faults(with(kept_rows(), "/task/threshold", {{"recall", 0.9}})) == "");
  CHECK(faults(with(table_config(), "/task/threshold", "half")) ==
        fault("/task/threshold: found \"half\", expected a number in [0, 1] or an object"));
  CHECK(faults(with(table_config(), "/task/threshold", 1.5)) ==
        fault("/task/threshold: found 1.5, expected a number in [0, 1] or an object"));
  CHECK(faults(with(kept_rows(), "/task/threshold", {{"recall", 0.9}, {"precision", 0.5}})) ==
        fault("/task/threshold: needs one of value, maximize, recall and precision"));
  CHECK(faults(with(kept_rows(), "/task/threshold", {{"maximize", "f2"}})) ==
        fault("/task/threshold/maximize: no threshold is chosen by that; did you mean \"f1\"? "
              "allowed: f1, balanced_accuracy, accuracy, mcc"));
  CHECK(faults(with(table_config(), "/task/threshold", {{"maximize", "f1"}})) ==
        fault("/task/threshold: this threshold is found on rows that are kept for it; set "
              "data.split.calibration, for example to 0.1"));
}

TEST_CASE("a threshold that is a number is written as one, and words can change it", "[config]") {
  const auto number = config_from_json(with(table_config(), "/task/threshold", 0.3), "f.json");
  CHECK(config_json(number).at("task").at("threshold") == 0.3);
  const auto kept =
      config_from_json(with(kept_rows(), "/task/threshold", {{"maximize", "f1"}}), "f.json");
  CHECK(config_json(kept).at("task").at("threshold").at("maximize") == "f1");
  const auto changed =
      apply_words(config_from_json(with(table_config(), "/task/threshold", 0.3), "f.json"),
                  {"task.threshold.recall=0.9", "data.split.calibration=0.2"});
  REQUIRE(changed.task.threshold);
  CHECK(changed.task.threshold->recall == 0.9);
  CHECK(!changed.task.threshold->value);
}

TEST_CASE("searched values are of the key's kind and range, and have a part in the score",
          "[config]") {
  const auto told = [](const std::string& key, const Json& space) {
    return faults(searched(key, space));
  };
  CHECK(
      told("train.optimizer.type", {{"choice", {"sgd", "adamx"}}})
          .starts_with(fault("/search/train.optimizer.type: no trial can have \"adamx\", expected "
                             "one of ")));
  CHECK(told("model.dropout", {{"uniform", {0.0, 1.5}}}) ==
        fault("/search/model.dropout: no trial can have 1.5, expected a number in [0, 1)"));
  CHECK(told("model.hidden", {{"choice", {Json{64}, 64}}}) ==
        fault("/search/model.hidden: no trial can have 64, expected a list of whole numbers in "
              "[1, 65536]"));
  CHECK(told("train.epochs", {{"log", {0.5, 1.5}}}) ==
        fault("/search/train.epochs: no trial can have 0.5, expected a whole number in "
              "[1, 1000000000]; \"integer\" and \"choice\" draw whole numbers"));
  CHECK(told("train.early_stopping", {{"choice", {nullptr, {{"patience", 3}}}}}) == "");
  CHECK_THAT(told("calibration.conformal.alpha", {{"choice", {0.1, 0.2}}}),
             CANDOR_CONTAINS("'calibration' has no part in how trials are judged"));
  CHECK_THAT(told("train.metric", {{"choice", {"loss"}}}),
             CANDOR_CONTAINS("'train.metric' has no part in how trials are judged"));
  CHECK_THAT(told("train.epochs", {{"choice", Json::array()}}),
             CANDOR_CONTAINS("needs values: one of log, uniform, integer and choice"));
  CHECK_THAT(told("train.epochs", {{"choice", {1}}, {"integer", {1, 2}}}),
             CANDOR_CONTAINS("has more than one of log, uniform, integer and choice"));
}

TEST_CASE("a searched key is told by its first wrong part, and what may stand there", "[config]") {
  const auto told = [](const std::string& key) {
    return faults(searched(key, {{"choice", {1, 2}}}));
  };
  CHECK_THAT(told("train.optimiser.learning_rate"),
             CANDOR_CONTAINS("unknown key 'train.optimiser'; did you mean \"train.optimizer\"?"));
  CHECK_THAT(told("train.optimizer.learning_rates"),
             CANDOR_CONTAINS("unknown key; did you mean \"train.optimizer.learning_rate\"?"));
  const auto column = told("data.columns.size.imput");
  CHECK_THAT(column, CANDOR_CONTAINS("did you mean \"data.columns.size.impute\"?"));
  CHECK(column.find("tokenizer") == std::string::npos);
  CHECK_THAT(told("trains.epochs"),
             CANDOR_CONTAINS("unknown key 'trains'; did you mean \"train\"?"));
}

TEST_CASE("a searched key below a plain value is told what stands there", "[config]") {
  const auto fault_of = [](const std::string& key) {
    return faults(searched(key, {{"choice", {1, 2}}}));
  };
  CHECK(fault_of("train.epochs.foo") ==
        fault("/search/train.epochs.foo: unknown key: train.epochs is a whole number in "
              "[1, 1000000000] and has no keys; search train.epochs"));
  CHECK(fault_of("train.optimizer.type.foo") ==
        fault("/search/train.optimizer.type.foo: unknown key: train.optimizer.type is one of sgd, "
              "adam, adamw, lion, muon and has no keys; search train.optimizer.type"));
  CHECK(fault_of("model.hidden.0") ==
        fault("/search/model.hidden.0: unknown key: model.hidden is a list of whole numbers in "
              "[1, 65536] and has no keys; search model.hidden"));
  for (const std::string key : {"train..epochs", "train.\"epochs", "train.epochs."}) {
    CHECK_THAT(fault_of(key), CANDOR_CONTAINS("the key is not a path of names between points"));
  }
}

TEST_CASE("a searched column whose name has points is written in quotes", "[config]") {
  auto config = table_config();
  config["data"]["columns"]["a.b"] = {{"scale", "robust"}};
  const Json space = {{"choice", {"robust", "standard"}}};
  auto bare = config;
  bare["search"]["data.columns.a.b.scale"] = space;
  CHECK(faults(bare) == fault("/search/data.columns.a.b.scale: a name that has points itself goes "
                              "in double quotes: data.columns.\\\"a.b\\\".scale"));
  config["search"]["data.columns.\"a.b\".scale"] = space;
  CHECK(faults(config) == "");
  // One spelling for each key, so that no two are the same.
  CHECK_THAT(faults(searched("train.\"epochs\"", {{"choice", {1, 2}}})),
             CANDOR_CONTAINS("write it train.epochs: "));
  CHECK_THAT(faults(searched("data.columns.p=q.scale", space)),
             CANDOR_CONTAINS("write it data.columns.\\\"p=q\\\".scale: "));
}

TEST_CASE("objects that are searched are looked into before the first trial", "[config]") {
  const auto told = [](const std::string& key, const Json& value) {
    return faults(searched(key, {{"choice", {value}}}));
  };
  CHECK_THAT(told("train.optimizer", {{"type", "sgdd"}}),
             CANDOR_CONTAINS("type is \"sgdd\", expected one of sgd, adam, "));
  CHECK_THAT(told("train.optimizer", {{"type", "sgd"}, {"momentun", 0.9}}),
             CANDOR_CONTAINS("unknown key 'momentun'; did you mean \"momentum\"?"));
  CHECK_THAT(told("train.ema", {{"decay", 2.0}}),
             CANDOR_CONTAINS("'decay' is 2.0, expected a number"));
  CHECK_THAT(told("train.fairness", {{"method", "group_dro"}}),
             CANDOR_CONTAINS("it lacks 'group'"));
  CHECK(told("train.optimizer", {{"type", "sgd"}, {"momentum", 0.9}}) == "");
  auto off = searched("train.early_stopping", {{"choice", {nullptr, {{"patience", 3}}}}});
  CHECK(faults(off) == "");
  off["search"]["train.early_stopping.patience"] = {{"integer", {2, 5}}};
  CHECK_THAT(faults(off), CANDOR_CONTAINS("'train.early_stopping' is searched as well, and null in "
                                          "some trials"));
}

TEST_CASE("what holds the rows or the target is not searched as a whole either", "[config]") {
  const auto* const same =
      ": every trial must be judged on the same rows and by the same target; "
      "search other keys";
  const Json space = {{"choice", {Json::object()}}};
  const auto target = table_config().at("task").at("target").get<std::string>();
  for (const auto& key : {std::string("data"), std::string("data.columns"), std::string("task"),
                          "data.columns." + target, std::string("data.files")}) {
    CHECK(faults(searched(key, space)) == fault("/search/" + key + same));
  }
  CHECK(faults(searched("data.filesx", space)).find("unknown key") != std::string::npos);
}

TEST_CASE("what every trial would lack, or must not change, is told before the first", "[config]") {
  CHECK_THAT(faults(searched("train.fairness.method", {{"choice", {"reweighing"}}})),
             CANDOR_CONTAINS("/search/train.fairness.method: every trial would lack "
                             "train.fairness.group, which has no default; set it in the config"));
  // But where the search sets the section as a whole.
  auto whole = searched("train.fairness.method", {{"choice", {"reweighing"}}});
  whole["search"]["train.fairness"] = {{"choice", {{{"method", "reweighing"}, {"group", "size"}}}}};
  CHECK(faults(whole) == "");
  CHECK(faults(searched("train.ema.decay", {{"uniform", {0.9, 0.99}}})) == "");
  CHECK_THAT(faults(searched("data.columns.outcome.use", {{"choice", {"ignore"}}})),
             CANDOR_CONTAINS("every trial must be judged on the same rows and by the same target"));
}

TEST_CASE("a limit that no value can keep is refused", "[config]") {
  const auto gated = [](const std::string& name, const Json& limits) {
    auto base = table_config();
    base["evaluate"]["gates"][name] = limits;
    return faults(base);
  };
  CHECK(gated("accuracy", {{"min", 95}}) ==
        fault("/evaluate/gates/accuracy: min 95 is above 1, the highest value that accuracy can "
              "have; lower it"));
  CHECK(gated("log_loss", {{"max", -1}}) ==
        fault("/evaluate/gates/log_loss: max -1 is below 0, the lowest value that log_loss can "
              "have; raise it"));
  CHECK(gated("mcc", {{"min", -0.5}}) == "");
}

TEST_CASE("a gate on decisions needs the rule that makes them", "[config]") {
  const auto gated = [](Json base, const std::string& name) {
    base["evaluate"]["gates"][name] = {{"min", 0.5}};
    return faults(base);
  };
  CHECK(gated(table_config(), "set_coverage") ==
        fault("/evaluate/gates/set_coverage: set_coverage needs a model that was trained with "
              "calibration.conformal and its calibration rows; set them and train, or remove this "
              "gate"));
  CHECK(gated(table_config(), "answered") ==
        fault("/evaluate/gates/answered: answered needs a model that was trained with "
              "calibration.abstain and its calibration rows; set them and train, or remove this "
              "gate"));
  const auto sets = with(kept_rows(), "/calibration", {{"conformal", {{"alpha", 0.1}}}});
  CHECK(gated(sets, "set_coverage") == "");
  CHECK_THAT(gated(sets, "accuracy_answered"), CANDOR_CONTAINS("calibration.abstain"));
  const auto grouped = with(sets, "/data/groups", {"age", "city"});
  CHECK(gated(grouped, "city/set_coverage") == "");
  CHECK_THAT(gated(grouped, "age*city/set_coverage"),
             CANDOR_CONTAINS("set_coverage is counted by the groups of single columns; name one "
                             "column"));
}

TEST_CASE("calibration needs rows of its own, and rows of their own a use", "[config]") {
  const auto asked = with(table_config(), "/calibration", {{"method", "temperature"}});
  CHECK(faults(asked) ==
        fault("/calibration: calibration is found on rows that are kept for it; set "
              "data.split.calibration, for example to 0.1"));
  CHECK(faults(kept_rows(asked)) == "");
  CHECK(faults(kept_rows()) ==
        fault("/data/split/calibration: keeps rows for calibration and task.threshold, but neither "
              "asks for them; set one of them, or remove this"));
  CHECK(faults(with(kept_rows(), "/calibration", {{"abstain", Json::object()}})) ==
        fault("/calibration/abstain: needs one of accuracy and coverage"));
  CHECK(faults(with(kept_rows(), "/calibration", {{"conformal", {{"group", "sex"}}}})) ==
        fault("/calibration/conformal/group: 'sex' is not in data.groups; add it there"));
  CHECK(faults(with(with(kept_rows(), "/data/groups", {"sex"}), "/calibration",
                    {{"conformal", {{"group", "sex"}}}})) == "");
  CHECK(faults(with(text_config(), "/data/split/calibration", 0.1)) ==
        fault("/data/split/calibration: belongs to classification and regression; remove it"));
}

TEST_CASE("sets need calibration rows or folds, and no other decision takes folds", "[config]") {
  const auto sets = [](const Json& conformal) {
    return with(table_config(), "/calibration", {{"conformal", conformal}});
  };
  const auto folded = [](Json base) {
    return with(std::move(base), "/cross_validation", {{"folds", 5}});
  };
  const auto needs_rows = fault(
      "/calibration: calibration is found on rows that are kept for it; set "
      "data.split.calibration, for example to 0.1");
  CHECK(faults(sets({{"alpha", 0.1}})) == needs_rows);
  CHECK(faults(folded(sets({{"alpha", 0.1}}))) == "");
  CHECK(faults(folded(with(sets({{"alpha", 0.1}}), "/calibration/method", "temperature"))) ==
        needs_rows);
  CHECK(faults(kept_rows(sets({{"method", "aps"}}))) == "");
  CHECK(faults(kept_rows(sets({{"method", "raps"}}))) ==
        fault("/calibration/conformal/method: found \"raps\", expected one of lac, aps; did you "
              "mean \"aps\"?"));
  const auto read = [](const Json& config) { return config_from_json(config, "f.json"); };
  CHECK(sets_from_folds(read(folded(sets({{"alpha", 0.1}})))));
  CHECK_FALSE(asks_for_calibration_rows(read(folded(sets({{"alpha", 0.1}})))));
  CHECK_FALSE(sets_from_folds(read(folded(kept_rows(sets({{"alpha", 0.1}}))))));
  CHECK(asks_for_calibration_rows(read(folded(kept_rows(sets({{"alpha", 0.1}}))))));
  CHECK(read(kept_rows(sets(Json::object()))).calibration.conformal->method == SetMethod::lac);
}

TEST_CASE("thresholds by group exclude one for all", "[config]") {
  const auto both = with(with(with(kept_rows(), "/data/groups", {"sex"}), "/task/threshold", 0.4),
                         "/calibration", {{"group_thresholds", {{"group", "sex"}}}});
  CHECK(faults(both) ==
        fault("/calibration/group_thresholds: calibration.group_thresholds and task.threshold both "
              "set the threshold; remove one of them"));
}

TEST_CASE("given priors are shares of everything", "[config]") {
  const auto given = [](const Json& shares) {
    return with(table_config(), "/evaluate/priors", {{"given", shares}});
  };
  CHECK(faults(given(Json::object())) == "");
  CHECK(faults(given({{"yes", 0.2}, {"no", 0.8}})) == "");
  CHECK(faults(given({{"yes", 0.2}, {"no", 0.7}})) ==
        fault("/evaluate/priors/given: the shares add up to 0.9, expected 1"));
  CHECK(faults(given({{"yes", 1.2}})) ==
        fault("/evaluate/priors/given/yes: found 1.2, expected a share between 0 and 1"));
}

TEST_CASE("a search names keys of the config and what they may be", "[config]") {
  CHECK(faults(searched("train.optimizer.learning_rate", {{"log", {1e-4, 1e-2}}})) == "");
  CHECK(faults(searched("model.hidden", {{"choice", {{64}, {64, 64}}}})) == "");
  CHECK(faults(searched("train.optimizer.type", {{"choice", {"adamw", "muon"}}})) == "");
  CHECK(faults(searched("train.optimiser.learning_rate", {{"log", {1e-4, 1e-2}}}))
            .starts_with("f.json: /search/train.optimiser.learning_rate: unknown key"));
  CHECK(faults(searched("train.optimizer.learning_rat", {{"log", {1e-4, 1e-2}}}))
            .find("did you mean \"train.optimizer.learning_rate\"?") != std::string::npos);
  CHECK(faults(searched("data.split.test", {{"uniform", {0.1, 0.2}}})) ==
        fault("/search/data.split.test: every trial must be judged on the same rows and by the "
              "same target; search other keys"));
  CHECK(faults(searched("train.epochs", {{"integer", {5, 3}}})) ==
        fault("/search/train.epochs/integer: needs two numbers, of which the second is above the "
              "first"));
  CHECK(
      faults(searched("train.epochs", Json::object())) ==
      fault(
          "/search/train.epochs: needs values: one of log, uniform, integer and choice, and not an "
          "empty one"));
}

TEST_CASE("a search knows what its trials are judged by", "[config]") {
  const auto space = searched("train.epochs", {{"integer", {3, 5}}});
  CHECK(faults(with(without(space, "/data/split"), "/train/weights", "last")) ==
        fault("/tune/score: tune.score validation needs validation rows; set "
              "data.split.validation, or tune.score to \"cross_validation\""));
  CHECK(faults(with(space, "/tune", {{"score", "cross_validation"}})) ==
        fault("/tune/score: tune.score cross_validation needs cross_validation, for example "
              "{\"folds\": 5}"));
  CHECK(faults(with(text_config(), "/cross_validation", Json::object())) ==
        fault("/cross_validation: cross_validation needs rows, which task.type language_model does "
              "not have; set it to null"));
}

TEST_CASE("multipliers that would swing are refused", "[config]") {
  const auto with_step = [](const char* method, double step) {
    return with(table_config(), "/train/fairness",
                {{"method", method}, {"group", "sex"}, {"step", step}});
  };
  CHECK(faults(with_step("group_dro", 0.5)) == "");
  CHECK(faults(with_step("exponentiated_gradient", 0.1)) == "");
  CHECK(faults(with_step("exponentiated_gradient", 0.5)) ==
        fault("/train/fairness/step: found 0.5, expected at most 0.1 with exponentiated_gradient, "
              "whose multipliers move at every update; lower it"));
}

TEST_CASE("training for groups is of another column than the target, and by keys of its method",
          "[config]") {
  const auto fair = [](Json section) {
    return with(table_config(), "/train/fairness", std::move(section));
  };
  CHECK(faults(fair({{"method", "reweighing"}, {"group", "outcome"}})) ==
        fault("/train/fairness/group: 'outcome' is task.target: groups are of another column; name "
              "one"));
  CHECK(
      faults(fair({{"method", "reweighing"}, {"group", "sex"}, {"step", 0.1}})) ==
      fault("/train/fairness/step: belongs to method group_dro and exponentiated_gradient; remove "
            "it"));
  CHECK(faults(fair({{"method", "group_dro"}, {"group", "sex"}, {"max_difference", 0.1}})) ==
        fault("/train/fairness/max_difference: belongs to method exponentiated_gradient; remove "
              "it"));
  CHECK(faults(fair({{"method", "group_dro"}, {"group", "sex"}, {"size_adjustment", 1.0}})) == "");
}

TEST_CASE("a text is no group of itself", "[config]") {
  const auto grouped =
      with(with(text_config(), "/data/documents", "json_lines"), "/data/groups", {"text"});
  CHECK(
      faults(grouped) ==
      fault("/data/groups: 'text' is data.field, the text itself, which would be told in reports; "
            "name other fields"));
}

TEST_CASE("windows that overlap move by 1 to model.context tokens, of language models",
          "[config]") {
  const auto slid = [](const Json& stride) {
    return with(with(text_config(), "/model/context", 32), "/evaluate/sliding_stride", stride);
  };
  for (const auto& fine : {Json(1), Json(32), Json(nullptr)}) CHECK(faults(slid(fine)) == "");
  CHECK(faults(slid(0)) ==
        fault("/evaluate/sliding_stride: found 0, expected a whole number in [1, 1000000000]"));
  CHECK(faults(slid(33)) ==
        fault("/evaluate/sliding_stride: found 33, expected at most model.context, 32, which is "
              "how long a window is; lower it"));
  CHECK(faults(with(table_config(), "/evaluate/sliding_stride", 4)) ==
        fault("/evaluate/sliding_stride: evaluate.sliding_stride belongs to task.type "
              "language_model; set it to null"));
}

TEST_CASE("what such windows measure is in reports alone, and needs them", "[config]") {
  const Json gates = {{"sliding_perplexity", {{"max", 9}}}};
  const auto gated = with(text_config(), "/evaluate/gates", gates);
  CHECK(faults(gated) == fault("/evaluate/gates/sliding_perplexity: sliding_perplexity needs "
                               "evaluate.sliding_stride, for example half of model.context"));
  CHECK(faults(with(gated, "/evaluate/sliding_stride", 4)) == "");
  CHECK(faults(with(text_config(), "/train/metric", "sliding_cross_entropy")) ==
        fault("/train/metric: sliding_cross_entropy is measured in reports alone, not in "
              "validations; set it to \"cross_entropy\""));
  CHECK(faults(with(table_config(), "/train/metric", "sliding_cross_entropy"))
            .starts_with("f.json: /train/metric: not a metric of this task"));
}
