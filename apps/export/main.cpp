// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <sstream>

#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  const auto model = arguments.required(0, "MODEL");
  candor::ExportOptions options;
  options.threads = static_cast<int>(arguments.whole("threads", 0, 1024));
  std::istringstream names(arguments.text("format"));
  for (std::string name; std::getline(names, name, ',');) options.formats.push_back(name);
  options.out = arguments.text("out");
  options.require_gates = arguments.flag("require-gates");
  options.overwrite = arguments.flag("overwrite");
  options.json = arguments.flag("json");
  std::cout << candor::export_model(model, options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("export", argc, argv, run); }
