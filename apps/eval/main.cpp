// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/error.h>
#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto model = arguments.required(0, "MODEL");
  candor::EvaluateOptions options;
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  options.data = arguments.given("data");
  options.split = arguments.text("split");
  options.pairs = arguments.given("pairs");
  options.out = arguments.given("out");
  options.overwrite = arguments.flag("overwrite");
  options.json = arguments.flag("json");
  options.color = candor::app::use_color(arguments);
  options.words = arguments.words_from(1);
  const auto result = candor::evaluate(model, options);
  std::cout << result.text;
  return result.passed ? 0 : exit_code(candor::ErrorKind::gate);
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("eval", argc, argv, run); }
