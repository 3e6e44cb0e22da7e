// SPDX-License-Identifier: Apache-2.0
// Rules of optimizers, schedules and losses.
#include "core/config/check_train.h"

#include "config_text.h"
#include "core/config/schedule_faults.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

Json schedule(const Json& value, Json base = table_config()) {
  return with(std::move(base), "/train/schedule", value);
}

Json with_loss(const Json& value, Json base = table_config()) {
  return with(std::move(base), "/train/loss", value);
}

std::string fault(const std::string& text) { return text.empty() ? "" : "f.json: " + text; }

}  // namespace

TEST_CASE("a schedule has one length of each part", "[config]") {
  CHECK(faults(schedule({{"type", "cosine"}, {"warmup_ratio", 0.1}, {"warmup_steps", 5}})) ==
        fault("/train/schedule/warmup_steps: train.schedule.warmup_ratio and "
              "train.schedule.warmup_steps are both set; keep one"));
  CHECK(faults(schedule({{"type", "wsd"}, {"decay_ratio", 0.1}, {"decay_steps", 5}})) ==
        fault("/train/schedule/decay_steps: train.schedule.decay_ratio and "
              "train.schedule.decay_steps are both set; keep one"));
  CHECK(faults(schedule({{"type", "wsd"}, {"warmup_ratio", 0.5}, {"decay_ratio", 0.6}})) ==
        fault("/train/schedule/decay_ratio: train.schedule.warmup_ratio and "
              "train.schedule.decay_ratio together are above 1; lower one"));
  // The ratio of one_cycle has a default of its own, which is no wish of anybody's.
  CHECK(faults(schedule({{"type", "one_cycle"}, {"warmup_steps", 5}})) == "");
  CHECK(faults(schedule({{"type", "constant"}, {"warmup_steps", 0}})) == "");
}

TEST_CASE("a step schedule says when the rate falls", "[config]") {
  CHECK(faults(schedule({{"type", "step"}})) ==
        fault("/train/schedule/milestones: missing; train.schedule.type step needs "
              "train.schedule.milestones or train.schedule.every_steps"));
  CHECK(faults(schedule({{"type", "step"}, {"milestones", {3, 5}}, {"every_steps", 2}})) ==
        fault("/train/schedule/every_steps: train.schedule.milestones and "
              "train.schedule.every_steps are both set; keep one"));
  CHECK(faults(schedule({{"type", "step"}, {"milestones", {3, 8, 5}}})) ==
        fault("/train/schedule/milestones: must ascend, but 5 follows 8"));
  CHECK(faults(schedule({{"type", "step"}, {"milestones", {3, 5, 8}}})) == "");
}

TEST_CASE("plateau looks at validations, so there must be some", "[config]") {
  const auto alone = with(without(table_config(), "/data/split"), "/train/weights", "last");
  CHECK(faults(schedule({{"type", "plateau"}}, alone)) ==
        fault("/train/schedule: train.schedule.type plateau needs validation rows: set "
              "data.split.validation or data.files.validation, or choose another schedule"));
  const auto never =
      with(with(table_config(), "/train/validate/every_epochs", nullptr), "/train/weights", "last");
  CHECK(faults(schedule({{"type", "plateau"}}, never)) ==
        fault("/train/validate: train.validate.every_steps and every_epochs are both null, but "
              "train.schedule.type is plateau; set one of them, or choose another schedule"));
  CHECK(faults(schedule({{"type", "plateau"}})) == "");
}

TEST_CASE("a schedule is not longer than the run", "[config]") {
  CHECK(faults(schedule({{"type", "cosine"}, {"warmup_steps", 11}}, text_config())) ==
        fault("/train/schedule/warmup_steps: train.schedule.warmup_steps 11 is more than the run's "
              "10 steps; lower it, or train longer"));
  CHECK(
      faults(schedule({{"type", "wsd"}, {"warmup_steps", 4}, {"decay_steps", 7}}, text_config())) ==
      fault("/train/schedule/decay_steps: train.schedule.warmup_steps 4 and "
            "train.schedule.decay_steps 7 together are more than the run's 10 steps; lower one, "
            "or train longer"));
  CHECK(faults(schedule({{"type", "step"}, {"milestones", {5, 10}}}, text_config())) ==
        fault("/train/schedule/milestones: train.schedule.milestones has 10, but only what lies "
              "below the run's 10 steps changes anything; remove it, or train longer"));
  CHECK(faults(schedule({{"type", "wsd"}, {"warmup_steps", 4}, {"decay_steps", 6}},
                        text_config())) == "");
  // Where epochs count, the data says how many steps there are.
  CHECK(faults(schedule({{"type", "cosine"}, {"warmup_steps", 1000}})) == "");
  const auto error = error_of([] { require_schedule_fits(WsdSchedule{.decay_steps = 40}, 30); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "train.schedule.decay_steps 40 is more than the run's 30 steps; lower one, or train "
        "longer");
  CHECK_FALSE(error_of([] { require_schedule_fits(WsdSchedule{.decay_steps = 30}, 30); }));
}

TEST_CASE("Muon has a hidden weight matrix", "[config]") {
  const auto muon = with(table_config(), "/train/optimizer", Json{{"type", "muon"}});
  CHECK(faults(with(muon, "/model/hidden", {32})) ==
        fault("/train/optimizer/type: train.optimizer.type muon needs a weight matrix between two "
              "hidden layers, but model.hidden has one layer; add one there, or choose adamw"));
  CHECK(faults(with(muon, "/model/hidden", {32, 32})) == "");
  CHECK(faults(with(text_config(), "/train/optimizer", Json{{"type", "muon"}})) == "");
  CHECK(faults(with(muon, "/train/optimizer/momentum", 0)) ==
        fault("/train/optimizer/nesterov: train.optimizer.nesterov needs train.optimizer.momentum "
              "above 0; raise that, or set nesterov to false"));
}

TEST_CASE("a loss fits its task", "[config]") {
  const auto regression = with(table_config(), "/task/type", "regression");
  CHECK(faults(with_loss({{"label_smoothing", 0.1}}, regression)) ==
        fault("/train/loss/label_smoothing: train.loss.label_smoothing belongs to task.type "
              "classification and language_model; remove it"));
  CHECK(faults(with_loss({{"focal_gamma", 2}}, text_config())) ==
        fault("/train/loss/focal_gamma: train.loss.focal_gamma belongs to task.type "
              "classification; remove it"));
  CHECK(faults(with_loss({{"class_weighting", "balanced"}}, regression)) ==
        fault("/train/loss/class_weighting: train.loss.class_weighting belongs to task.type "
              "classification; remove it"));
  CHECK(faults(with_loss({{"class_weighting", "balanced"}, {"class_weights", {{"yes", 2}}}})) ==
        fault("/train/loss/class_weights: train.loss.class_weighting and "
              "train.loss.class_weights are both set; keep one"));
  CHECK(faults(with_loss({{"class_weights", {{"yes", -1}}}})) ==
        fault("/train/loss/class_weights/yes: found -1, expected a number from 0 to 1e9"));
  CHECK(faults(with_loss({{"label_smoothing", 0.1}}, text_config())) == "");
  CHECK(faults(with_loss({{"label_smoothing", 0.1}, {"focal_gamma", 2}})) == "");
}

TEST_CASE("accumulation with batch normalisation is warned about", "[config]") {
  const auto warnings = [](Json json) {
    return config_warnings(config_from_json(with(std::move(json), "/train/accumulate", 4), "f"));
  };
  CHECK(warnings(table_config()).empty());
  CHECK(warnings(with(table_config(), "/model/norm", "layer")).empty());
  CHECK(warnings(with(table_config(), "/model/norm", "batch")) ==
        std::vector<std::string>{
            "train.accumulate 4 with batch normalisation: each batch of 64 rows is normalised by "
            "itself, so an update is not that of one batch of 256; set model.norm to layer, or "
            "raise train.batch_size instead"});
  CHECK(warnings(images_config()).size() == 1);
}

TEST_CASE("one_cycle has steps to fall in", "[config]") {
  const auto steps = with(without(table_config(), "/train/epochs"), "/train/steps", 10);
  const auto one_cycle = [&](const char* key, const Json& value) {
    return faults(schedule({{"type", "one_cycle"}, {key, value}}, steps));
  };
  CHECK(one_cycle("warmup_steps", 10) ==
        fault("/train/schedule/warmup_steps: train.schedule.warmup_steps 10 leaves one_cycle no "
              "step to fall in, of the run's 10 steps; lower it, or train longer"));
  CHECK(one_cycle("warmup_ratio", 0.95) ==
        fault("/train/schedule/warmup_ratio: train.schedule.warmup_ratio 0.95 leaves one_cycle no "
              "step to fall in, of the run's 10 steps; lower it, or train longer"));
  CHECK(one_cycle("warmup_steps", 11) ==
        fault("/train/schedule/warmup_steps: train.schedule.warmup_steps 11 is more than the run's "
              "10 steps; lower it, or train longer"));
  CHECK(one_cycle("warmup_steps", 9) == "");
  CHECK(one_cycle("warmup_ratio", 0.9) == "");
  // A warm-up alone can be all of another schedule.
  CHECK(faults(schedule({{"type", "cosine"}, {"warmup_steps", 10}}, steps)) == "");
}

TEST_CASE("activation checkpointing is for models that have it", "[config]") {
  const auto asked = [](const Json& base) {
    return faults(with(base, "/train/activation_checkpointing", true));
  };
  CHECK(asked(table_config()) ==
        fault("/train/activation_checkpointing: train.activation_checkpointing belongs to "
              "model.type transformer and resnet; remove it, and lower train.batch_size where "
              "memory is short"));
  CHECK(asked(text_config()) == "");
  CHECK(asked(images_config()) == "");
}

TEST_CASE("what is frozen has no rate and no decay of its own", "[config]") {
  const auto parameters = [](const Json& what) {
    return faults(with(table_config(), "/train/parameters", {{"layers.0.*", what}}));
  };
  CHECK(parameters({{"freeze", true}, {"learning_rate_factor", 0.1}}) ==
        fault("/train/parameters/layers.0.*/learning_rate_factor: train.parameters has freeze and "
              "learning_rate_factor for \"layers.0.*\", but what is frozen is not updated; keep "
              "one"));
  CHECK(parameters({{"freeze", true}, {"weight_decay", 0.0}}) ==
        fault("/train/parameters/layers.0.*/weight_decay: train.parameters has freeze and "
              "weight_decay for \"layers.0.*\", but what is frozen is not updated; keep one"));
  CHECK(parameters({{"freeze", true}}) == "");
  CHECK(parameters({{"freeze", false}, {"learning_rate_factor", 0.1}}) == "");
}

TEST_CASE("training for groups that no report shows is warned about", "[config]") {
  auto json =
      with(table_config(), "/train/fairness", {{"method", "reweighing"}, {"group", "color"}});
  CHECK(
      config_warnings(config_from_json(json, "f")) ==
      std::vector<std::string>{
          "train.fairness.group 'color' is not among data.groups, so that neither validations nor "
          "the report show what it does; add it there"});
  json = with(std::move(json), "/data/groups", {"color"});
  CHECK(config_warnings(config_from_json(json, "f")).empty());
}
