// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/error.h>
#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto model = arguments.required(0, "MODEL");
  candor::PredictOptions options;
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  const auto input = arguments.given("input");
  if (!input) {
    throw candor::Error(candor::ErrorKind::config,
                        "--input is missing: a file, a folder of images, or - for stdin");
  }
  options.input = *input;
  options.output = arguments.text("output");
  options.input_format = arguments.text("input-format");
  options.output_format = arguments.text("output-format");
  options.batch_size = arguments.whole("batch-size", 1, 1048576);
  options.overwrite = arguments.flag("overwrite");
  candor::predict(model, options, std::cin, std::cout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("predict", argc, argv, run); }
