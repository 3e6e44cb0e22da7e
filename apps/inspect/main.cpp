// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <candor/inspect.h>

#include "common/run_app.h"
#include "core/base/files.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto data = arguments.required(0, "DATA");
  const auto page = arguments.given("html");
  if (page) arguments.check_replaceable(*page, "html");
  candor::InspectOptions options;
  options.target = arguments.given("target");
  options.test = arguments.given("test");
  options.json = arguments.flag("json");
  options.html = page.has_value();
  options.color = candor::app::use_color(arguments);
  const auto result = candor::inspect(data, options);
  if (page) candor::write_file_atomic(*page, result.html);
  std::cout << result.text;
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("inspect", argc, argv, run); }
