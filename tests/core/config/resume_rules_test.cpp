// SPDX-License-Identifier: Apache-2.0
#include "core/config/resume_rules.h"

#include "core/config/config_json.h"
#include "support/catch.h"

using namespace candor;

namespace {

RunConfig changed(const std::vector<std::string>& words) {
  RunConfig config;
  config.name = "run";
  config.task.target = "y";
  TableData data;
  data.files.train = std::string("/train.csv");
  data.files.validation = std::string("/validation.csv");
  config.data = data;
  config.train.epochs = 3;
  return apply_words(config, words);
}

}  // namespace

TEST_CASE("what changes no weight by itself may change at resume", "[config]") {
  const auto changes = resume_changes(
      changed({}),
      changed({"name=other", "train.log_every=7", "train.checkpoint.keep=3",
               "train.checkpoint.every_seconds=60", "train.early_stopping={\"patience\": 9}",
               "train.loader_threads=2", "train.validate.every_epochs=2", "train.weights=last",
               "evaluate.confidence=0.9"}));
  CHECK(changes.taken.size() == 9);
  CHECK(changes.rates.empty());
  CHECK(changes.refused.empty());
}

TEST_CASE("length and schedule hang on the rates that the past had", "[config]") {
  const auto changes =
      resume_changes(changed({}), changed({"train.epochs=5", "train.schedule.type=constant"}));
  CHECK(changes.taken.empty());
  CHECK(changes.refused.empty());
  REQUIRE(changes.rates.size() >= 2);
  CHECK(changes.rates.front() == "train.epochs: 3 -> 5");
}

TEST_CASE("what makes another run is refused", "[config]") {
  for (const std::string word :
       {"seed=1", "task.target=z", "data.files.train=/other.csv", "model.hidden=[3]",
        "train.batch_size=3", "train.accumulate=2", "train.optimizer.learning_rate=0.5",
        "train.clip_norm=1", "train.metric=accuracy", "train.loss.label_smoothing=0.1",
        "train.regularization.l2=0.1", "train.ema={\"decay\": 0.9}"}) {
    const auto changes = resume_changes(changed({}), changed({word}));
    INFO(word);
    CHECK(changes.taken.empty());
    CHECK(changes.rates.empty());
    CHECK(changes.refused.size() == 1);
  }
}

TEST_CASE("a key that only begins like one that may change is refused", "[config]") {
  const auto changes = resume_changes(changed({}), changed({"train.sampling.by=class"}));
  CHECK(changes.refused == std::vector<std::string>{"train.sampling.by: \"uniform\" -> \"class\""});
  CHECK(resume_changes(changed({}), changed({})).refused.empty());
}
