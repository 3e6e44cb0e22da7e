// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/schedule.h"

#include <cmath>
#include <numbers>

#include "support/catch.h"

using namespace candor;

namespace {

std::vector<double> factors(const ScheduleConfig& schedule, std::int64_t total) {
  std::vector<double> all;
  for (std::int64_t step = 0; step < total; ++step) {
    all.push_back(schedule_factor(schedule, step, total));
  }
  return all;
}

bool rises(const std::vector<double>& values, std::size_t from, std::size_t to) {
  for (auto i = from + 1; i < to; ++i) {
    if (values[i] <= values[i - 1]) return false;
  }
  return true;
}

bool falls(const std::vector<double>& values, std::size_t from, std::size_t to) {
  for (auto i = from + 1; i < to; ++i) {
    if (values[i] >= values[i - 1]) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a constant schedule stays at the highest rate after its warm-up", "[optim]") {
  const ScheduleConfig schedule = ConstantSchedule{0.1, {}};
  CHECK(schedule_factor(schedule, 0, 100) == Approx(0.1));
  CHECK(schedule_factor(schedule, 9, 100) == Approx(1.0));
  CHECK(schedule_factor(schedule, 99, 100) == 1.0);
}

TEST_CASE("warmup_steps is a warm-up of that many steps, whatever the run's length", "[optim]") {
  for (const std::int64_t total : {40, 1000}) {
    const auto rates = factors(ConstantSchedule{.warmup_steps = 8}, total);
    for (std::size_t step = 0; step < 8; ++step) {
      CHECK(rates[step] == Approx(static_cast<double>(step + 1) / 8.0));
    }
    CHECK(rates[8] == 1.0);
  }
  CHECK(schedule_factor(CosineSchedule{.warmup_steps = 0}, 0, 10) == 1.0);
}

TEST_CASE("a linear schedule ends at its final ratio", "[optim]") {
  const ScheduleConfig schedule = LinearSchedule{0.0, 0.2, {}};
  CHECK(schedule_factor(schedule, 0, 101) == 1.0);
  CHECK(schedule_factor(schedule, 50, 101) == Approx(0.6));
  CHECK(schedule_factor(schedule, 100, 101) == Approx(0.2));
}

TEST_CASE("a cosine schedule falls along half a cosine", "[optim]") {
  const ScheduleConfig schedule = CosineSchedule{0.0, 0.0, {}};
  CHECK(schedule_factor(schedule, 0, 101) == 1.0);
  CHECK(schedule_factor(schedule, 25, 101) == Approx(0.5 * (1 + std::sqrt(0.5))));
  CHECK(schedule_factor(schedule, 50, 101) == Approx(0.5));
  CHECK(schedule_factor(schedule, 100, 101) == Approx(0.0).margin(1e-12));
}

TEST_CASE("a run of one step trains at the full rate", "[optim]") {
  CHECK(schedule_factor(CosineSchedule{}, 0, 1) == 1.0);
  CHECK(schedule_factor(OneCycleSchedule{}, 0, 1) == 1.0);
}

TEST_CASE("one cycle is that of torch.optim.lr_scheduler.OneCycleLR", "[optim]") {
  // anneal_strategy "cos", pct_start 0.3, div_factor 25, final_div_factor 1e4: phases end at steps
  // 0.3 * total - 1 and total - 1.
  const std::int64_t total = 100;
  const auto rates = factors(OneCycleSchedule{}, total);
  const auto anneal = [](double start, double end, double share) {
    return end + (start - end) / 2.0 * (1.0 + std::cos(std::numbers::pi * share));
  };
  const double peak = 0.3 * total - 1, end = total - 1;
  for (std::int64_t step = 0; step < total; ++step) {
    const auto at = static_cast<double>(step);
    const auto expected =
        at <= peak ? anneal(0.04, 1.0, at / peak) : anneal(1.0, 4e-6, (at - peak) / (end - peak));
    INFO(step);
    CHECK(rates[static_cast<std::size_t>(step)] == Approx(expected).epsilon(1e-9));
  }
  CHECK(rates[29] == 1.0);
  CHECK(rises(rates, 0, 30));
  CHECK(falls(rates, 29, 100));
}

TEST_CASE("wsd warms up, stays, and decays to the end in the shape asked for", "[optim]") {
  WsdSchedule schedule{.warmup_ratio = 0.1, .final_ratio = 0.1, .decay_ratio = 0.2};
  for (const auto shape : {DecayShape::linear, DecayShape::cosine, DecayShape::square_root}) {
    schedule.decay = shape;
    const auto rates = factors(schedule, 100);
    CHECK(rises(rates, 0, 10));
    for (std::size_t step = 9; step < 80; ++step) CHECK(rates[step] == 1.0);
    CHECK(falls(rates, 79, 100));
    CHECK(rates[99] == Approx(0.1));
  }
  schedule.decay = DecayShape::square_root;
  CHECK(schedule_factor(schedule, 84, 100) == Approx(1.0 - 0.9 * std::sqrt(0.25)));
  schedule.decay = DecayShape::linear;
  CHECK(schedule_factor(schedule, 84, 100) == Approx(1.0 - 0.9 * 0.25));
  schedule.decay = DecayShape::cosine;
  CHECK(schedule_factor(schedule, 89, 100) == Approx(0.55));
  schedule.decay_steps = 5;
  CHECK(schedule_factor(schedule, 94, 100) == 1.0);
  CHECK(schedule_factor(schedule, 95, 100) < 1.0);
  schedule.decay_steps = 0;
  CHECK(schedule_factor(schedule, 99, 100) == 1.0);
}

TEST_CASE("wsd is the same whatever its length until it decays", "[optim]") {
  const ScheduleConfig schedule = WsdSchedule{.warmup_steps = 10, .decay_steps = 20};
  for (std::int64_t step = 0; step < 80; ++step) {
    CHECK(schedule_factor(schedule, step, 100) == schedule_factor(schedule, step, 1000));
  }
}

TEST_CASE("a step schedule falls after its milestones", "[optim]") {
  const StepSchedule at{.factor = 0.1, .milestones = {30, 60}};
  CHECK(schedule_factor(at, 29, 90) == 1.0);
  CHECK(schedule_factor(at, 30, 90) == Approx(0.1));
  CHECK(schedule_factor(at, 59, 90) == Approx(0.1));
  CHECK(schedule_factor(at, 60, 90) == Approx(0.01));
  const StepSchedule every{.factor = 0.5, .every_steps = 10};
  CHECK(schedule_factor(every, 9, 90) == 1.0);
  CHECK(schedule_factor(every, 10, 90) == 0.5);
  CHECK(schedule_factor(every, 89, 90) == Approx(std::pow(0.5, 8)));
}

TEST_CASE("plateau falls with each reduction, not below its final ratio", "[optim]") {
  const PlateauSchedule schedule{.factor = 0.5, .final_ratio = 0.1, .warmup_steps = 4};
  CHECK(schedule_factor(schedule, 50, 100, 0) == 1.0);
  CHECK(schedule_factor(schedule, 50, 100, 2) == 0.25);
  CHECK(schedule_factor(schedule, 50, 100, 3) == 0.125);
  CHECK(schedule_factor(schedule, 50, 100, 9) == 0.1);
  CHECK(schedule_factor(schedule, 1, 100, 0) == 0.5);
}
