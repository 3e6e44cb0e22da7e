// SPDX-License-Identifier: Apache-2.0
// Which of the three kinds of data a path is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <candor/config.h>

namespace candor {

enum class DataKind { table, text, images };

// By what it is, its name and its first lines; something with a target is a table, unless it is a
// folder or an archive of images ("photos.tar.xz", "photos.tar.xz#train"). Throws Error{data} for a
// path that does not exist and for a single image; `command` stands in those messages.
DataKind kind_of(const std::filesystem::path& path, bool has_target, const std::string& command);

// The columns of a table (.csv, .tsv) of images: one whose first cells name image files that lie
// where they say, and one of labels, which is called label, class, category or target or is the
// only other one. Nothing: it is no such table.
std::optional<ImageColumns> image_table_columns(const std::filesystem::path& path);

}  // namespace candor
