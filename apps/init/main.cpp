// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include <candor/init.h>

#include "common/run_app.h"
#include "core/base/files.h"

namespace {

namespace fs = std::filesystem;

int run(const candor::app::Arguments& arguments) {
  const auto data = arguments.required(0, "DATA");
  const auto output = arguments.text("output");
  const bool to_stdout = output == "-";
  if (!to_stdout) arguments.check_replaceable(output, "output");
  candor::InitOptions options;
  options.target = arguments.given("target");
  options.test = arguments.given("test");
  if (!to_stdout) options.folder = fs::absolute(output).parent_path().string();
  const auto text = candor::init_config(data, options);
  if (to_stdout) {
    std::cout << text;
    return 0;
  }
  candor::write_file_atomic(output, text);
  if (!arguments.flag("quiet")) {
    std::cerr << output << " written; look through it, then: candor train " << output << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("init", argc, argv, run); }
