// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// Replaces this process by candor-COMMAND, which lies beside it. Returns only by Error{failed}.
int become(const std::string& command, char** argv);
