// SPDX-License-Identifier: Apache-2.0
// The texts that a command is given: a file, gzip and xz undone, or stdin.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/byte_source.h"

namespace candor::app {

// "-" is stdin. Throws Error{data} as open_bytes() does.
std::unique_ptr<ByteSource> open_text(const std::string& path);

// Calls `each` with every line, without its end.
void each_line(ByteSource& bytes, const std::function<void(std::string_view)>& each);

}  // namespace candor::app
