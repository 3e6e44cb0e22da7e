// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>
#include <string>

#include <candor/purge.h>

#include "common/run_app.h"

namespace {

// On a terminal the word itself must be typed; anything else deletes nothing.
bool ask(const std::string& list) {
  std::cerr << list << "Type purge to delete these files: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "purge";
}

int run(const candor::app::Arguments& arguments) {
  candor::PurgeOptions options;
  options.json = arguments.flag("json");
  if (arguments.flag("yes")) {
    options.confirm = [](const std::string&) { return true; };
  } else if (isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0) {
    options.confirm = ask;
  }
  std::cout << candor::purge(arguments.required(0, "RUN"), options).text;
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("purge", argc, argv, run); }
