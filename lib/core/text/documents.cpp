// SPDX-License-Identifier: Apache-2.0
#include "core/text/documents.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <candor/error.h>

#include "core/base/byte_source.h"
#include "core/base/json.h"
#include "core/base/missing_group.h"
#include "core/base/utf8.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPart = 256u << 10;
constexpr std::size_t kLongestDocument = std::size_t{2} << 30;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Json object_of(std::string_view line, const std::string& where) {
  auto json = parse_json(line, where, ErrorKind::data, {.max_bytes = kLongestDocument});
  if (json.is_object()) return json;
  throw Error(ErrorKind::data, where + ": expected a JSON object on each line");
}

std::string text_of(const Json& json, const std::string& field, const std::string& where,
                    const std::string& advice) {
  const auto found = json.find(field);
  if (found == json.end()) {
    throw Error(ErrorKind::data, where + ": the object has no field '" + field + "'; " + advice);
  }
  if (!found->is_string()) {
    throw Error(ErrorKind::data, where + ": field '" + field + "' is not a string, but " +
                                     std::string(found->type_name()));
  }
  return found->get<std::string>();
}

// One file on its way into documents. `buffer` holds the current document (file, blank_line) or the
// current line (line, json_lines).
class Splitter {
 public:
  Splitter(const std::string& path, const DocumentRules& rules,
           const std::function<void(std::string_view)>& take)
      : path_(path), rules_(rules), take_(take) {}

  DocumentFile read() {
    const auto source = open_bytes(path_, ErrorKind::data, true);
    std::vector<char> part(kPart);
    while (const auto count = source->read(part.data(), part.size())) add({part.data(), count});
    finish();
    file_.sha256 = source->digest();
    file_.bytes = static_cast<std::int64_t>(source->bytes_read());
    return file_;
  }

 private:
  void add(std::string_view part) {
    if (rules_.unit == DocumentUnit::file) return append(part);
    while (!part.empty()) {
      const auto end = part.find('\n');
      append(part.substr(0, end));
      if (end == std::string_view::npos) return;
      end_line();
      part.remove_prefix(end + 1);
    }
  }

  void append(std::string_view part) {
    if (buffer_.size() + part.size() > kLongestDocument) {
      throw Error(ErrorKind::data, path_ +
                                       ": a document of more than 2 GiB, which must fit in memory; "
                                       "set data.documents so that the file is cut into shorter "
                                       "ones");
    }
    buffer_ += part;
  }

  // The buffer ends with a line, whose break has been read.
  void end_line() {
    ++line_;
    if (rules_.unit == DocumentUnit::line) return take_buffer(without_return(buffer_));
    if (rules_.unit == DocumentUnit::json_lines) return take_object();
    const auto last = std::string_view(buffer_).substr(line_begin_);
    if (is_blank(last)) return end_paragraph();
    buffer_ += '\n';
    line_begin_ = buffer_.size();
  }

  // The lines before the current one, if there are any.
  void end_paragraph() {
    const auto skipped = buffer_.size() + 1;
    if (line_begin_ > 0) {
      const auto text = std::string_view(buffer_).substr(0, line_begin_ - 1);
      emit(without_return(text), offset_);
    }
    drop_buffer(skipped);
  }

  void take_buffer(std::string_view text) {
    emit(text, offset_);
    drop_buffer(buffer_.size() + 1);
  }

  void drop_buffer(std::size_t bytes) {
    offset_ += bytes;
    buffer_.clear();
    line_begin_ = 0;
  }

  void take_object() {
    const auto line = without_return(buffer_);
    if (!is_blank(line)) {
      check_encoding(line, offset_);
      const auto where = path_ + ":" + std::to_string(line_);
      const auto object = object_of(line, where);
      const auto text =
          text_of(object, rules_.field, where, "data.field names the field that holds the text");
      if (!rules_.groups.empty() && !text.empty()) file_.groups.push_back(groups_of(object, where));
      emit(text, offset_);
    }
    drop_buffer(buffer_.size() + 1);
  }

  std::vector<std::string> groups_of(const Json& json, const std::string& where) const {
    std::vector<std::string> values;
    for (const auto& name : rules_.groups) {
      const auto found = json.find(name);
      if (found == json.end() || found->is_null()) {
        values.emplace_back(kMissingGroup);
      } else if (found->is_string()) {
        values.push_back(found->get<std::string>());
        if (values.back().empty()) values.back() = kMissingGroup;
      } else if (found->is_primitive()) {
        values.push_back(found->dump());
      } else {
        throw Error(ErrorKind::data, where + ": field '" + name +
                                         "' is not a single value; data.groups names fields of "
                                         "strings, numbers or booleans");
      }
    }
    return values;
  }

  void check_encoding(std::string_view text, std::size_t offset) const {
    if (rules_.any_bytes) return;
    const auto bad = find_invalid_utf8(text);
    if (!bad) return;
    throw Error(ErrorKind::data, path_ + ": not valid UTF-8 at byte " +
                                     std::to_string(offset + *bad) +
                                     "; convert the file, or set data.tokenizer.type to bytes");
  }

  void emit(std::string_view text, std::size_t offset) {
    if (text.empty()) {
      ++file_.empty;
      return;
    }
    check_encoding(text, offset);
    ++file_.documents;
    take_(text);
  }

  void finish() {
    if (rules_.unit == DocumentUnit::file) return emit(buffer_, 0);
    if (buffer_.empty()) return;
    ++line_;
    if (rules_.unit == DocumentUnit::line) return take_buffer(without_return(buffer_));
    if (rules_.unit == DocumentUnit::json_lines) return take_object();
    if (line_begin_ < buffer_.size() && !is_blank(std::string_view(buffer_).substr(line_begin_))) {
      return emit(without_return(buffer_), offset_);
    }
    end_paragraph();
  }

  const std::string& path_;
  const DocumentRules& rules_;
  const std::function<void(std::string_view)>& take_;
  DocumentFile file_;
  std::string buffer_;
  std::size_t line_begin_ = 0;  // of the current line in the buffer; blank_line
  std::size_t offset_ = 0;      // of the buffer's first byte in the file
  std::int64_t line_ = 0;
};

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

}  // namespace

std::string text_in_line(std::string_view line, const std::string& field, const std::string& where,
                         const std::string& advice) {
  return text_of(object_of(line, where), field, where, advice);
}

std::vector<std::string> text_files(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorKind::data, path + ": no such file or folder");
  }
  if (!fs::is_directory(status)) return {path};
  std::vector<std::string> files;
  auto entry = fs::recursive_directory_iterator(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(error)) {
      files.push_back(entry->path().string());
    }
  }
  if (error) throw Error(ErrorKind::data, path + ": cannot be listed: " + error.message());
  if (files.empty()) {
    throw Error(ErrorKind::data, path + ": the folder holds no files; a text is expected");
  }
  std::sort(files.begin(), files.end());
  return files;
}

DocumentFile read_documents(const std::string& path, const DocumentRules& rules,
                            const std::function<void(std::string_view)>& take) {
  return Splitter(path, rules, take).read();
}

}  // namespace candor
