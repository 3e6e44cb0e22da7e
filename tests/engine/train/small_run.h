// SPDX-License-Identifier: Apache-2.0
// A run of a tiny model over a tiny table, for tests of the trainer.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "engine/checkpoint/weights.h"
#include "engine/one_thread.h"
#include "engine/predict/model_files.h"
#include "engine/train/trainer.h"
#include "support/temp.h"

namespace candor::test {

inline constexpr int kRows = 40;
inline constexpr std::int64_t kStepsPerEpoch = 5;

// `x` decides the class; `turned` swaps the classes, so that what is learnt from the one is wrong
// for the other.
inline std::string table(bool turned) {
  std::string csv = "x,y\n";
  for (int i = 0; i < kRows; ++i) {
    const bool high = i % 2 == 1;
    csv += std::to_string(high ? 1 + i : -1 - i) + "," + (high != turned ? "yes" : "no") + "\n";
  }
  return csv;
}

// A run that learns from train.csv and validates on rows that are alike or turned.
struct Run {
  test::OneThread one_thread;
  test::TempDir folder;
  RunConfig config;
  OpenedData data;
  std::shared_ptr<Network> network;
  RunDirectory directory = RunDirectory::create(folder / "run", false);

  explicit Run(bool turned, const std::function<void(TrainConfig&)>& change = {}) {
    config.name = "run";
    config.task.target = "y";
    TableData files;
    files.files.train = folder.write("train.csv", table(false));
    files.files.validation = folder.write("validation.csv", table(turned));
    config.data = files;
    MlpConfig model;
    model.hidden = {4};
    config.model = model;
    config.train.epochs = 20;
    config.train.batch_size = 8;
    SgdConfig sgd;
    sgd.learning_rate = 0.05;
    config.train.optimizer = sgd;
    config.train.schedule = ConstantSchedule{};
    if (change) change(config.train);
    data = open_data(config);
    network = make_network(config, *data.preprocessor);
    directory.begin();
  }

  Trainer trainer() { return {config, data, network, at::kCPU}; }
};

inline TensorMap copy_of(Network& network) {
  TensorMap copy;
  for (const auto& [name, tensor] : module_state(network.model())) copy[name] = tensor.clone();
  return copy;
}

inline bool equal(const TensorMap& a, const TensorMap& b) {
  return std::all_of(a.begin(), a.end(),
                     [&](const auto& item) { return item.second.equal(b.at(item.first)); });
}

// A stop request that comes once `trainer` has done `step` updates.
inline TrainOptions stop_at(const Trainer& trainer, std::int64_t step) {
  TrainOptions options;
  options.stop_requested = [&trainer, step] { return trainer.state().step >= step; };
  return options;
}

}  // namespace candor::test
