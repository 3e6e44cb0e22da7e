// SPDX-License-Identifier: Apache-2.0
// From files to documents: the pieces of text that a language model never looks across.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

struct DocumentRules {
  DocumentUnit unit = DocumentUnit::file;
  std::string field = "text";            // json_lines: of each object
  bool any_bytes = false;                // text that is not UTF-8 is taken as it is
  std::vector<std::string> groups = {};  // json_lines: other fields, whose values are told
};

// What one reading of a file found.
struct DocumentFile {
  std::string sha256;      // of the file as it lies on the disk
  std::int64_t bytes = 0;  // of the same
  std::int64_t documents = 0;
  std::int64_t empty = 0;  // documents without a single byte; they are left out
  // Values of DocumentRules::groups of each document that was not left out; kMissingGroup where a
  // field is missing, null or empty.
  std::vector<std::vector<std::string>> groups;
};

// The string under `field` of the JSON object that `line` is. Throws Error{data} that begins with
// `where`, and ends with `advice` where there is no such field.
std::string text_in_line(std::string_view line, const std::string& field, const std::string& where,
                         const std::string& advice);

// A file itself; of a folder all regular files below it but hidden ones, in byte order of their
// paths. Throws Error{data} when there is nothing at `path`, or a folder without files.
std::vector<std::string> text_files(const std::string& path);

// Calls `take` with each document of the file, in order:
//   file        all of it
//   line        each line, without its end
//   blank_line  what stands between lines that are empty or hold white space only, without the
//               line break at its end
//   json_lines  the string under `field` of the object on each line; blank lines are passed over
// `.gz` is unpacked. One document at a time is in memory, with up to 2 GiB. Throws Error{data} with
// file and byte (of the unpacked content) for text that is not UTF-8, with file and line for a line
// that is no object with that field.
DocumentFile read_documents(const std::string& path, const DocumentRules& rules,
                            const std::function<void(std::string_view)>& take);

}  // namespace candor
