// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <limits>

#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  candor::TextOptions options;
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  options.prompt = arguments.text("prompt");
  options.max_tokens = arguments.whole("max-tokens", 0, 1000000);
  options.temperature = arguments.number("temperature");
  if (arguments.flag("top-k")) options.top_k = arguments.whole("top-k", 1, 1000000000);
  options.top_p = arguments.number("top-p");
  options.seed = static_cast<std::uint64_t>(
      arguments.whole("seed", 0, std::numeric_limits<std::int64_t>::max()));
  options.sink = [](const std::string& piece) {
    std::cout << piece << std::flush;
    return std::cout.good() && !candor::app::stop_requested();
  };
  std::cout << options.prompt << std::flush;
  candor::generate(arguments.required(0, "MODEL"), options);
  std::cout << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("generate", argc, argv, run); }
