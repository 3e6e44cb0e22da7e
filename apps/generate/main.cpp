// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <limits>
#include <utility>

#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto model = arguments.required(0, "MODEL");
  candor::TextOptions options;
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  options.prompt = arguments.text("prompt");
  options.max_tokens = arguments.whole("max-tokens", 0, 1000000);
  options.temperature = arguments.number("temperature", 0, 1e6);
  if (arguments.given("top-k")) options.top_k = arguments.whole("top-k", 1, 1000000000);
  options.top_p = arguments.number("top-p", 0, 1);
  options.seed = static_cast<std::uint64_t>(
      arguments.whole("seed", 0, std::numeric_limits<std::int64_t>::max()));
  // With the first piece, so that stdout stays empty when the model cannot be opened.
  bool begun = false;
  const auto begin = [&] {
    if (!std::exchange(begun, true)) std::cout << options.prompt;
  };
  options.sink = [&](const std::string& piece) {
    begin();
    std::cout << piece << std::flush;
    return std::cout.good() && !candor::app::stop_requested();
  };
  candor::generate(model, options);
  begin();
  std::cout << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("generate", argc, argv, run); }
