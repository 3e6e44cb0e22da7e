// SPDX-License-Identifier: Apache-2.0
// A name from a file that may be hostile, for an error text: one line, printable, bounded.
#pragma once

#include <string>
#include <string_view>

namespace candor {

// 'name' with the bytes of hidden characters (printable.h) as \xNN, and at most 64 bytes of it.
std::string quote(std::string_view name);

}  // namespace candor
