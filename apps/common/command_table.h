// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace candor::app {

// A flag: `value` empty means a switch, else the name of its value; `initial` is its default.
struct Flag {
  const char* name;
  const char* value;
  const char* initial;
  const char* help;
};

struct Command {
  const char* name;
  const char* summary;
  const char* usage;     // behind "candor NAME"
  const char* examples;  // one per line, without "candor"
  std::vector<Flag> flags;
};

const std::vector<Command>& command_table();
// Flags that every command has.
const std::vector<Flag>& common_flags();

}  // namespace candor::app
