// SPDX-License-Identifier: Apache-2.0
// The launcher: answers what needs no LibTorch itself and becomes candor-COMMAND for the rest.
#include <algorithm>
#include <string>
#include <vector>

#include <candor/error.h>

#include "common/become.h"
#include "common/run_app.h"
#include "core/base/nearest.h"

namespace {

using namespace candor;

[[noreturn]] void refuse(const std::string& command) {
  const auto names = app::command_names();
  const auto nearest = nearest_name(command, names);
  throw Error(ErrorKind::config, "'" + command + "' is not a command" +
                                     (nearest ? "; did you mean '" + *nearest + "'?" : "") +
                                     " (commands: " + join(names) + ")");
}

int launch(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "--help";
  if (first == "--help" || first == "-h" || first == "help") {
    app::answer_overview();
    return 0;
  }
  // --version is the same for every command.
  if (first == "--version" && app::answer("init", argc, argv)) return 0;
  const auto names = app::command_names();
  if (std::find(names.begin(), names.end(), first) == names.end()) refuse(first);
  if (app::answer(first, argc - 1, argv + 1)) return 0;
  return become(first, argv + 1);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return launch(argc, argv);
  } catch (...) {
    return app::report_exception();
  }
}
