// SPDX-License-Identifier: Apache-2.0
// The training loop: steps, validation, checkpoints, early stop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <candor/train.h>

#include "core/artifact/run_directory.h"
#include "core/metrics/report.h"
#include "engine/data/open_data.h"
#include "engine/preprocess/network.h"
#include "engine/train/run_log.h"
#include "engine/train/state.h"

namespace candor {

class Trainer {
 public:
  Trainer(const RunConfig& config, const OpenedData& data, std::shared_ptr<Network> network,
          at::Device device);

  const TrainPlan& plan() const { return plan_; }

  // Loads the newest complete checkpoint of `run`, if there is one. Throws Error{model} when it
  // does not fit.
  void resume(RunDirectory& run);

  // To the end of the plan, early stopping, or a stop request: then a checkpoint and
  // Error{stopped}.
  void train(RunDirectory& run, const TrainOptions& options);

  // For estimates: seconds of an update, from those that fit into two seconds, at least three after
  // the first; and of a checkpoint, which is written to a temporary folder and removed (0 where
  // none can be written).
  double probe_steps();
  double probe_checkpoint() const;

  // Puts the weights that config.train.weights asks for into the network.
  void take_final_weights(RunDirectory& run);

  // `dataset` through the network as it is now. Throws Error{diverged} naming the step when an
  // answer is not finite.
  Scored score_finite(const Dataset& dataset, const std::string& part) const;

  const TrainState& state() const { return state_; }
  double seconds() const { return seconds_; }

 private:
  // True when the score is the best so far.
  bool validate(RunLog& log);
  void checkpoint(RunDirectory& run, bool best);
  void write_checkpoint(const std::filesystem::path& folder) const;
  void restore_links(RunDirectory& run);
  void start_again(RunDirectory& run);
  std::unique_ptr<Loader> make_loader(OrderKind order) const;
  // The loader goes on as `state`, the content of state.json, says. Throws Error{model}.
  void resume_loader(const Json& state, const std::string& where);
  void load_weights(const std::filesystem::path& checkpoint);
  std::string stopped_message(const RunDirectory& run) const;

  const RunConfig& config_;
  const OpenedData& data_;
  std::shared_ptr<Network> network_;
  at::Device device_;
  OutputKind kind_;
  Optimizer optimizer_;
  std::unique_ptr<Loader> loader_;
  TrainPlan plan_;
  TrainState state_;
  double seconds_ = 0.0;
};

// The part of a checkpoint that says which choices change bits: instruction set, threads, device,
// the versions of candor and LibTorch.
Json bit_choices(at::Device device);

}  // namespace candor
