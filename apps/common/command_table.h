// SPDX-License-Identifier: Apache-2.0
// Every command with its flags, as data.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace candor::app {

// A flag: `value` empty means a switch, else the name of its value; `initial` is its default.
struct Flag {
  const char* name;
  const char* value;
  const char* initial;
  const char* help;
};

// How many words besides flags a command takes.
inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

// What the first SIGINT or SIGTERM does: ends the process, as it does everywhere, or makes
// stop_requested() true, for commands that look at it while they work.
enum class OnSignal { end, ask };

struct Command {
  const char* name;
  const char* summary;
  const char* usage;     // behind "candor NAME"
  const char* examples;  // one per line, without "candor"
  std::size_t most_words;
  OnSignal on_signal;
  std::vector<Flag> flags;
};

const std::vector<Command>& command_table();
// Throws Error{config} for a name that is not in the table.
const Command& find_command(const std::string& name);
// Flags that every command has.
const std::vector<Flag>& common_flags();

}  // namespace candor::app
