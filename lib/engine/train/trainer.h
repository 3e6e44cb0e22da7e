// SPDX-License-Identifier: Apache-2.0
// The training loop: steps, validation, checkpoints, early stop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <candor/train.h>

#include "core/artifact/checkpoint_saver.h"
#include "core/artifact/run_directory.h"
#include "core/metrics/report.h"
#include "engine/checkpoint/host_copies.h"
#include "engine/data/open_data.h"
#include "engine/optim/weight_average.h"
#include "engine/preprocess/network.h"
#include "engine/train/find_learning_rate.h"
#include "engine/train/group_weights.h"
#include "engine/train/run_log.h"
#include "engine/train/state.h"

namespace candor {

// Updates in a row whose loss or gradient is not finite, after which training goes back to the last
// planned checkpoint; and the roll-back that is one too many.
inline constexpr std::int64_t kMostSkippedInRow = 5;
inline constexpr std::int64_t kTooManyRollBacks = 3;

// Seconds of updates, each timed.
struct StepTimes {
  double median = 0.0;
  double spread = 1.0;     // the 90th percentile by the 10th
  std::int64_t first = 0;  // number of the first one timed
};

class Trainer {
 public:
  Trainer(const RunConfig& config, const OpenedData& data, std::shared_ptr<Network> network,
          at::Device device);

  const TrainPlan& plan() const { return plan_; }
  // Whether nothing is left to train.
  bool ended() const;

  // Loads the newest complete checkpoint of `run`, if there is one. Throws Error{model} when it
  // does not fit. `before` is the config that the run had so far: Error{config} when the updates
  // that are done would have had other rates with the config of now.
  void resume(RunDirectory& run, const RunConfig& before);

  // To the end of the plan, early stopping, or a stop request: then a checkpoint and
  // Error{stopped}.
  void train(RunDirectory& run, const TrainOptions& options);

  // For estimates: seconds of an update, of those that fit into two seconds, at least three after
  // the first, with images of full size where the run has any; and of a checkpoint, which is
  // written to a temporary folder and removed (0 where none can be written).
  StepTimes probe_steps();
  double probe_checkpoint();

  // find_learning_rate() on this run; trains the network.
  RateRange find_rate(const std::function<bool()>& stop_requested = {});

  // Puts the weights that config.train.weights asks for into the network.
  void take_final_weights(RunDirectory& run);

  // `dataset` through the network as it is now. Throws Error{diverged} naming the step when an
  // answer is not finite. `between` is called before each batch and may throw.
  Scored score_finite(const Dataset& dataset, const std::string& part,
                      const std::function<void()>& between = {}) const;

  const TrainState& state() const { return state_; }
  ProductKind products() const { return products_; }
  double seconds() const { return seconds_; }
  // Of the updates alone, without the first one of train(); 0 where there was no other.
  double items_per_second() const { return items_per_second_; }
  // For Error{stopped}: where, and how to go on.
  std::string stopped_message(const RunDirectory& run) const;

 private:
  struct Loop;  // what train() holds while it runs

  std::int64_t first_probed(std::int64_t fewest) const;
  // Whether options.stop_after updates are done.
  bool pauses(const TrainOptions& options) const;
  StepContext context(const RunConfig& config);
  // One update; false when it was the last of too many bad ones, and training was rolled back.
  bool update(Loop& loop);
  // Validation, checkpoint and stop, where they are due after state_.step.
  void follow_up(Loop& loop);
  // Whether the score is the best so far; empty when a stop came before the end.
  std::optional<bool> validate(Loop& loop);
  bool judge(double score, bool higher);
  void judge_plateau(double score, bool higher);
  void note_skipped(Loop& loop, const StepResult& result);
  void roll_back(Loop& loop, const StepResult& result);

  void checkpoint(Loop& loop, bool best, bool planned);
  CheckpointContent snapshot(bool best);
  // State, weights and optimizer become those of the checkpoint.
  void load_checkpoint(RunDirectory& run, std::int64_t step);
  void check_rates(const RunConfig& before) const;
  void restore_links(RunDirectory& run);
  void start_again(RunDirectory& run);
  std::unique_ptr<Loader> make_loader(OrderKind order) const;
  // The loader goes on as `state`, the content of state.json, says. Throws Error{model}.
  void resume_loader(const Json& state, const std::string& where);
  std::int64_t batches_taken() const;
  void load_weights(const std::filesystem::path& file);
  void set_products(ProductKind products);
  // Those that a checkpoint names, as far as this machine can.
  void resume_products(const Json& name);

  const RunConfig& config_;
  const OpenedData& data_;
  std::shared_ptr<Network> network_;
  at::Device device_;
  OutputKind kind_;
  Optimizer optimizer_;
  std::optional<WeightAverage> average_;  // of the weights where the optimizer has put them
  LossOptions loss_;
  std::optional<GroupWeights> groups_;  // of train.fairness
  std::unique_ptr<Loader> loader_;
  TrainPlan plan_;
  ProductKind products_;
  std::optional<WorkingWeights> working_;  // with bfloat16 products
  TrainState state_;
  std::shared_ptr<HostCopies> copies_;  // of the last checkpoint
  double seconds_ = 0.0;
  double items_per_second_ = 0.0;
};

// The part of a checkpoint that says which choices change bits: instruction set, threads, device,
// kind of matrix products, the versions of candor and LibTorch.
Json bit_choices(at::Device device, ProductKind products);

}  // namespace candor
