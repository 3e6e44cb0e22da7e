// SPDX-License-Identifier: Apache-2.0
// Which of the three kinds of data a path is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <candor/config.h>

namespace candor {

enum class DataKind { table, text, images };

// `data` is what data.files takes: a path, or a pattern, of which the first match is looked at. By
// what it is, its name and its first lines, gzip undone; something with a target is a table, unless
// it is an archive or a folder ("photos.tar.xz", "photos.tar.xz#train"). A folder holds images when
// there is one among its first files, else texts. JSON lines are texts when corpus_field() finds
// their field. Throws Error{data} for a path that does not exist and for a single image; `command`
// stands in those messages.
DataKind kind_of(const std::string& data, bool has_target, const std::string& command);

// Throws Error{config} when a target was named and `kind` has none to name. `data` stands in the
// message.
void check_target(DataKind kind, bool has_target, const std::string& data);

// The columns of a table (.csv, .tsv, also .gz) of images: one whose first cells name image files
// that lie where they say, and one of labels, which is called label, class, category or target or
// is the only other one. Nothing: it is no such table.
std::optional<ImageColumns> image_table_columns(const std::string& path);

// The field that holds the text of each document of JSON lines, by the first lines: `text`, or the
// only key. Nothing: they are no documents but rows, of which one key is a label.
std::optional<std::string> corpus_field(std::string_view lines);

}  // namespace candor
