// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/compare.h>

#include "common/run_app.h"
#include "core/base/files.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  arguments.required(0, "RUN");
  const auto page = arguments.given("out");
  if (page) arguments.check_replaceable(*page, "out");
  candor::CompareOptions options;
  options.metric = arguments.given("metric");
  options.positive = arguments.given("positive");
  if (arguments.given("threshold"))
    options.threshold = arguments.number("threshold", -1e300, 1e300);
  options.ranking = arguments.flag("ranking");
  options.all_pairs = arguments.flag("all-pairs");
  options.html = page.has_value();
  options.json = arguments.flag("json");
  options.color = candor::app::use_color(arguments);
  const auto result = candor::compare_runs(arguments.words(), options);
  if (page) candor::write_file_atomic(*page, result.html);
  std::cout << result.text;
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("compare", argc, argv, run); }
