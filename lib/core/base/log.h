// SPDX-License-Identifier: Apache-2.0
// The library's one logger (spdlog, name "candor"). The library writes to it and never to stdout or
// stderr; programs choose the sinks. Without a program that does, nothing is printed.
#pragma once

#include <memory>

#include <spdlog/spdlog.h>

namespace candor {

spdlog::logger& log();

}  // namespace candor
