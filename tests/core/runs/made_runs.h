// SPDX-License-Identifier: Apache-2.0
// Run directories as training leaves them, at whatever stage.
#pragma once

#include <functional>
#include <string>

#include "core/artifact/model_directory.h"
#include "core/artifact/run_directory.h"
#include "core/base/json.h"
#include "support/temp.h"

namespace candor::test {

inline Json run_config(double learning_rate = 0.01, std::int64_t epochs = 4) {
  return {{"version", 1},
          {"name", "tiny"},
          {"seed", 0},
          {"task", {{"type", "classification"}, {"target", "outcome"}}},
          {"data", {{"type", "table"}, {"files", {{"train", "/data/people.csv"}}}}},
          {"model", {{"type", "mlp"}, {"hidden", {16, 8}}}},
          {"train",
           {{"epochs", epochs},
            {"steps", nullptr},
            {"metric", nullptr},
            {"clip_norm", nullptr},
            {"optimizer", {{"type", "adamw"}, {"learning_rate", learning_rate}}}}}};
}

// Rows of five steps an epoch: the training loss falls from 1 by 0.1 a row, the validation's from
// 1.05, and the accuracy rises from 0.5.
inline void write_rows(RunDirectory& run, std::int64_t rows) {
  for (std::int64_t i = 1; i <= rows; ++i) {
    const auto value = 0.1 * static_cast<double>(i);
    run.append_metrics({{"step", 5 * i}, {"epoch", i}, {"train/loss", 1.1 - value}});
    run.append_metrics({{"step", 5 * i},
                        {"epoch", i},
                        {"validation/loss", 1.15 - value},
                        {"validation/accuracy", 0.4 + value}});
    run.append_timing({{"step", 5 * i}, {"seconds", 2.0 * static_cast<double>(i)}});
  }
}

inline void write_checkpoint(RunDirectory& run, std::int64_t step) {
  DirectoryWriter writer(run.checkpoints().path_of(step));
  writer.write("state.json", "{}");
  writer.commit(/*replace=*/true);
}

inline Json report_of(double accuracy) {
  return {{"format_version", 1},
          {"split", "test"},
          {"confidence", 0.95},
          {"metrics",
           {{"accuracy",
             {{"value", accuracy},
              {"low", accuracy - 0.02},
              {"high", accuracy + 0.02},
              {"method", "wilson"},
              {"better", "higher"}}},
            {"log_loss",
             {{"value", 0.4},
              {"low", nullptr},
              {"high", nullptr},
              {"method", "none"},
              {"better", "lower"}}}}}};
}

inline void write_results(RunDirectory& run, double accuracy) {
  DirectoryWriter writer(run.path() / "model");
  writer.write("model.json", "{}");
  writer.commit(/*replace=*/true);
  run.write_json("report.json", report_of(accuracy));
}

using Fill = std::function<void(RunDirectory&)>;

// A run with its config, and what `fill` adds; nobody has its lock afterwards.
inline void make_run(const std::filesystem::path& path, const Json& config, const Fill& fill = {}) {
  auto run = RunDirectory::create(path, /*overwrite=*/false);
  run.begin();
  run.write_json("config.json", config);
  if (fill) fill(run);
}

inline void make_finished(const std::filesystem::path& path, const Json& config, double accuracy) {
  make_run(path, config, [&](RunDirectory& run) {
    write_rows(run, 4);
    write_checkpoint(run, 20);
    write_results(run, accuracy);
  });
}

}  // namespace candor::test
