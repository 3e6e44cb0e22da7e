// SPDX-License-Identifier: Apache-2.0
#include "engine/train/estimate.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <span>
#include <variant>
#include <vector>

#include "core/base/counted.h"
#include "core/base/seconds.h"
#include "core/image/augment.h"
#include "core/metrics/report.h"
#include "engine/evaluate/baseline.h"
#include "engine/evaluate/score.h"
#include "engine/tensor/cuda_plugin.h"

namespace candor {
namespace {

constexpr double kWideSpread = 2.0;  // of the times of steps
constexpr double kLongEnough = 0.5;  // seconds of scoring that tell what all of it takes

// Most bytes so far: of the GPU where training runs on one, else of the process.
std::int64_t peak_memory(at::Device device) {
  if (const auto gpu = cuda_peak_memory(device)) return *gpu;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

std::int64_t bytes_of(const Scored& scored) {
  const auto values = scored.probabilities.size() + scored.value.size() +
                      scored.target_value.size() + scored.nll.size() + scored.entropy.size() +
                      scored.target.size() + scored.weight.size();
  return static_cast<std::int64_t>(values * sizeof(double));
}

// What it takes to score a dataset and to make the report.
struct ScoreCost {
  double seconds = 0.0;
  std::int64_t unseen_bytes = 0;  // of the answers to the rows that were not scored here
};

class ScoreProbe {
 public:
  ScoreProbe(Network& network, const OpenedData& data, const EvaluateConfig& config,
             at::Device device)
      : network_(network), data_(data), config_(config), device_(device) {}

  ScoreCost operator()(const Dataset& dataset, bool intervals) const {
    const auto parts = dataset.parts(256);
    const std::span all(parts);
    score_parts(network_, *data_.preprocessor, dataset, device_, all.first(1));
    // Twice as many each time, until it lasts long enough for a figure.
    for (std::size_t count = 1;; count *= 2) {
      count = std::min(count, parts.size());
      const auto start = Clock::now();
      const auto scored =
          score_parts(network_, *data_.preprocessor, dataset, device_, all.first(count));
      make_report(scored, config_, intervals);
      const auto seconds = seconds_since(start);
      if (count < parts.size() && seconds < kLongEnough) continue;
      const auto share = static_cast<double>(parts.size()) / static_cast<double>(count);
      return {seconds * share,
              static_cast<std::int64_t>((share - 1.0) * static_cast<double>(bytes_of(scored)))};
    }
  }

 private:
  Network& network_;
  const OpenedData& data_;
  const EvaluateConfig& config_;
  at::Device device_;
};

// Those that the plan names, and where it does not tie them to validations, half of those for the
// best so far.
std::int64_t checkpoints_in(const TrainPlan& plan, std::int64_t done, std::int64_t validations) {
  if (done >= plan.total_steps) return 0;
  if (plan.checkpoint_every == 0) return std::max<std::int64_t>(1, validations);
  return plan.times_after(done, plan.checkpoint_every) + validations / 2;
}

// The mean of the steps that are left, beside those that were timed: images may be smaller at
// first.
double mean_work(const RunConfig& config, const TrainPlan& plan, std::int64_t done,
                 std::int64_t timed) {
  const auto* images = std::get_if<ImageData>(&config.data);
  const auto& progressive = config.augment.progressive_resize;
  if (images == nullptr || !progressive || done >= plan.total_steps) return 1.0;
  const auto epoch_of = [&](std::int64_t step) { return step / plan.steps_per_epoch; };
  const auto area = [&](std::int64_t first, std::int64_t behind) {
    return mean_area(*progressive, images->size, first, behind);
  };
  return area(epoch_of(done), epoch_of(plan.total_steps - 1) + 1) /
         area(epoch_of(timed), epoch_of(timed) + 1);
}

}  // namespace

double RunEstimate::seconds() const {
  return data + static_cast<double>(steps) * step + static_cast<double>(validations) * validation +
         static_cast<double>(checkpoints) * checkpoint + report;
}

std::string RunEstimate::text(const RunConfig& config) const {
  auto text = fmt::format("memory: about {} MB\n", memory >> 20);
  text += fmt::format("time: about {:.0f} s: data {:.1f} s, {} steps of {:.2f} ms", seconds(), data,
                      steps, 1000.0 * step);
  if (validations > 0) {
    text += fmt::format(", {} of {:.2f} s", counted(validations, "validation"), validation);
  }
  text += fmt::format(", checkpoints {:.1f} s, report {:.1f} s\n",
                      static_cast<double>(checkpoints) * checkpoint, report);
  if (step_spread > kWideSpread) {
    text += fmt::format(
        "the steps' times vary {:.1f}-fold: the machine may be busy with something else, and the "
        "estimate is rough\n",
        step_spread);
  }
  if (config.train.early_stopping) text += "early stopping may end it sooner\n";
  return text;
}

Json RunEstimate::json() const {
  return {{"parameters", parameters},
          {"steps", steps},
          {"seconds_per_step", step},
          {"step_time_spread", step_spread},
          {"validations", validations},
          {"seconds_per_validation", validation},
          {"data_seconds", data},
          {"checkpoint_seconds", static_cast<double>(checkpoints) * checkpoint},
          {"report_seconds", report},
          {"seconds", seconds()},
          {"memory_bytes", memory}};
}

RunEstimate estimate_run(const RunConfig& config, const OpenedData& data, Network& network,
                         Trainer& trainer, at::Device device, const Begun& begun) {
  RunEstimate estimate;
  estimate.data = begun.data_seconds;
  estimate.parameters = network.parameter_count();
  const auto& plan = trainer.plan();
  estimate.steps = std::max<std::int64_t>(0, plan.total_steps - begun.steps);
  const auto times = trainer.probe_steps();
  estimate.step = times.median * mean_work(config, plan, begun.steps, times.first);
  estimate.step_spread = times.spread;
  estimate.validations = plan.times_after(begun.steps, plan.validate_every);
  const ScoreProbe probe(network, data, config.evaluate, device);
  std::int64_t unseen = 0;
  if (estimate.validations > 0) {
    const auto cost = probe(*data.validation, /*intervals=*/false);
    estimate.validation = cost.seconds;
    unseen = cost.unseen_bytes;
  }
  estimate.checkpoints = checkpoints_in(plan, begun.steps, estimate.validations);
  estimate.checkpoint = trainer.probe_checkpoint();
  const auto split = data.reported_part();
  const auto& reported = *data.part(split);
  auto cost = probe(reported, /*intervals=*/true);
  if (const auto stride = config.evaluate.sliding_stride) {
    const auto again = probe(*reported.sliding(*stride), /*intervals=*/false);
    cost.seconds += again.seconds;
    cost.unseen_bytes += again.unseen_bytes;
  }
  const auto start = Clock::now();
  score_baseline(config, data, reported, split);
  estimate.report = cost.seconds + seconds_since(start) + estimate.checkpoint;
  estimate.memory = peak_memory(device) + std::max(unseen, cost.unseen_bytes);
  return estimate;
}

}  // namespace candor
