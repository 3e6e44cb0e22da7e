// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/schedule.h"

#include "support/catch.h"

using namespace candor;

TEST_CASE("a constant schedule stays at the highest rate after its warm-up", "[optim]") {
  const ScheduleConfig schedule = ConstantSchedule{0.1};
  CHECK(schedule_factor(schedule, 0, 100) == Approx(0.1));
  CHECK(schedule_factor(schedule, 9, 100) == Approx(1.0));
  CHECK(schedule_factor(schedule, 99, 100) == 1.0);
}

TEST_CASE("a linear schedule ends at its final ratio", "[optim]") {
  const ScheduleConfig schedule = LinearSchedule{0.0, 0.2};
  CHECK(schedule_factor(schedule, 0, 101) == 1.0);
  CHECK(schedule_factor(schedule, 50, 101) == Approx(0.6));
  CHECK(schedule_factor(schedule, 100, 101) == Approx(0.2));
}

TEST_CASE("a cosine schedule falls along half a cosine", "[optim]") {
  const ScheduleConfig schedule = CosineSchedule{0.0, 0.0};
  CHECK(schedule_factor(schedule, 0, 101) == 1.0);
  CHECK(schedule_factor(schedule, 25, 101) == Approx(0.5 * (1 + std::sqrt(0.5))));
  CHECK(schedule_factor(schedule, 50, 101) == Approx(0.5));
  CHECK(schedule_factor(schedule, 100, 101) == Approx(0.0).margin(1e-12));
}

TEST_CASE("a run of one step trains at the full rate", "[optim]") {
  CHECK(schedule_factor(CosineSchedule{}, 0, 1) == 1.0);
}
