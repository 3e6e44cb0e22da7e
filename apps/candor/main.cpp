// SPDX-License-Identifier: Apache-2.0
// The launcher: answers what needs no LibTorch itself and becomes candor-COMMAND for the rest.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <candor/error.h>

#include "common/run_app.h"
#include "core/base/nearest.h"

namespace {

using namespace candor;

bool answers_itself(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--") return false;
    for (const char* flag : {"--help", "--version", "--schema", "--reference", "--print-config"}) {
      if (word == flag) return true;
    }
  }
  return false;
}

int become(const std::string& command, char** argv) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto program = (here / ("candor-" + command)).string();
  execv(program.c_str(), argv);
  throw Error(ErrorKind::failed,
              program + ": cannot be started; build or install it beside candor");
}

int launch(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "--help";
  if (first == "--help" || first == "-h" || first == "help") {
    std::cout << app::overview();
    return 0;
  }
  // --version is the same for every command.
  if (first == "--version") return app::run_app("init", argc, argv, {});
  const auto names = app::command_names();
  if (std::find(names.begin(), names.end(), first) == names.end()) {
    const auto nearest = nearest_name(first, names);
    throw Error(ErrorKind::config, "'" + first + "' is not a command" +
                                       (nearest ? "; did you mean '" + *nearest + "'?" : "") +
                                       " (commands: " + join(names) + ")");
  }
  const std::vector<std::string> words(argv + 2, argv + argc);
  if (answers_itself(words)) return app::run_app(first, argc - 1, argv + 1, {});
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
