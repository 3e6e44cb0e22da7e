// SPDX-License-Identifier: Apache-2.0
#include "engine/train/plan.h"

#include "support/catch.h"

using namespace candor;

namespace {

TrainPlan plan_of(std::int64_t steps, std::int64_t validate_every) {
  TrainConfig config;
  config.steps = steps;
  config.validate.every_steps = validate_every;
  return make_plan(config, 10, /*has_validation=*/true);
}

}  // namespace

TEST_CASE("what is left of a run counts every so many steps and the end", "[train]") {
  const auto plan = plan_of(10, 4);
  CHECK(plan.times_after(0, 4) == 3);  // 4, 8, 10
  CHECK(plan.times_after(4, 4) == 2);
  CHECK(plan.times_after(5, 4) == 2);
  CHECK(plan.times_after(9, 4) == 1);
  CHECK(plan.times_after(10, 4) == 0);
  CHECK(plan.times_after(0, 0) == 0);
  for (std::int64_t done = 0; done <= 10; ++done) {
    std::int64_t count = 0;
    for (auto step = done + 1; step <= 10; ++step) count += plan.validates_after(step) ? 1 : 0;
    CHECK(plan.times_after(done, 4) == count);
  }
}

TEST_CASE("a validation or an early stop that cannot come within the run is told", "[train]") {
  TrainConfig config;
  CHECK(plan_warnings(config, plan_of(100, 10)).empty());
  CHECK(plan_warnings(config, plan_of(100, 500)) ==
        std::vector<std::string>{
            "train.validate: the first validation would come after step 500, but the run has 100 "
            "steps: it validates at its end alone; validate more often, or train longer"});
  config.early_stopping = EarlyStoppingConfig{};
  config.early_stopping->patience = 10;
  CHECK(plan_warnings(config, plan_of(100, 9)).empty());
  CHECK(plan_warnings(config, plan_of(100, 10)) ==
        std::vector<std::string>{
            "train.early_stopping.patience 10: the run has 10 validations, so that it cannot stop "
            "early; lower the patience, or validate more often"});
  CHECK(plan_warnings(config, plan_of(10, 10)).back().find("has 1 validation, ") !=
        std::string::npos);
}
