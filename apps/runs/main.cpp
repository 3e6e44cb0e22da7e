// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/runs.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  candor::RunsOptions options;
  if (!arguments.words().empty()) options.folders = arguments.words();
  options.sort = arguments.given("sort");
  options.all = arguments.flag("all");
  options.json = arguments.flag("json");
  options.color = candor::app::use_color(arguments);
  std::cout << candor::list_runs(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("runs", argc, argv, run); }
