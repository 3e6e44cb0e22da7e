// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/error.h>
#include <candor/train.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto config = candor::load_config(arguments.required(0, "CONFIG"), arguments.words_from(1));
  candor::TrainOptions options;
  options.words = arguments.words_from(1);
  options.run_directory = arguments.text("run");
  options.resume = arguments.flag("resume");
  options.overwrite = arguments.flag("overwrite");
  options.dry_run = arguments.flag("dry-run");
  options.find_learning_rate = arguments.flag("find-learning-rate");
  options.hold_back_test = arguments.flag("no-test");
  options.stop_after = arguments.whole("stop-after", 0, 1'000'000'000);
  options.folds_only = arguments.flag("folds-only");
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  options.profile = arguments.text("profile");
  if (!options.profile.empty()) arguments.check_replaceable(options.profile, "profile");
  options.json = arguments.flag("json");
  options.color = candor::app::use_color(arguments);
  options.stop_requested = candor::app::stop_requested;
  options.progress = candor::app::show_progress;
  const auto result = candor::train(config, options);
  std::cout << result.text;
  return result.passed ? 0 : exit_code(candor::ErrorKind::gate);
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("train", argc, argv, run); }
