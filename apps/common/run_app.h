// SPDX-License-Identifier: Apache-2.0
// What every program's main shares: flags, messages, signals, exit codes.
#pragma once

#include <functional>
#include <string>

#include "common/command_line.h"

namespace candor::app {

// Answers --help, --version and what needs no model, and returns true; false when the command
// itself is to run. Throws Error{config} for arguments that it would refuse.
bool answer(const std::string& command, int argc, const char* const* argv);

// `candor --help`.
void answer_overview();

// Parses, answers --help, --version and what needs no model (train --schema, --reference,
// --print-config), else calls `body`. Errors become `error: ...` lines on stderr and the exit code
// of their kind.
int run_app(const std::string& command, int argc, const char* const* argv,
            const std::function<int(const Arguments&)>& body);

// Prints `error: line` for each line of the exception's text, and what Error{stopped} says without
// that label. Returns its exit code.
int report_exception();

// True once SIGINT, SIGTERM, SIGUSR1 or SIGUSR2 has come, in commands whose OnSignal is `ask`. A
// second SIGINT ends the process at once with 130, a second SIGTERM as if nobody caught it.
bool stop_requested();

// One line about progress on stderr: rewritten on a terminal, else every few seconds and at the
// end.
void show_progress(const std::string& line, bool last);

// Whether stdout may use colours: --color, NO_COLOR, TERM and whether it is a terminal.
bool use_color(const Arguments& arguments);

}  // namespace candor::app
