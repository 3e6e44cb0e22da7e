// SPDX-License-Identifier: Apache-2.0
// Which of the three kinds of data a path is.
#pragma once

#include <filesystem>
#include <string>

namespace candor {

enum class DataKind { table, text, images };

// By what it is, its name and its first lines; something with a target is a table. Throws
// Error{data} for a path that does not exist and for a single image; `command` stands in those
// messages.
DataKind kind_of(const std::filesystem::path& path, bool has_target, const std::string& command);

}  // namespace candor
