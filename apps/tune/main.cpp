// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/error.h>
#include <candor/tune.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto config = candor::load_config(arguments.required(0, "CONFIG"), arguments.words_from(1));
  candor::TuneOptions options;
  options.run_directory = arguments.text("run");
  options.resume = arguments.flag("resume");
  options.overwrite = arguments.flag("overwrite");
  options.device = arguments.text("device");
  if (arguments.given("threads")) {
    options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  }
  options.json = arguments.flag("json");
  options.color = candor::app::use_color(arguments);
  options.stop_requested = candor::app::stop_requested;
  options.progress = [](const std::string& line) { candor::app::show_progress(line, false); };
  const auto result = candor::tune(config, options);
  std::cout << result.text;
  return result.passed ? 0 : exit_code(candor::ErrorKind::gate);
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("tune", argc, argv, run); }
