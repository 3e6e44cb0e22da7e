// SPDX-License-Identifier: Apache-2.0
// A text, or a corpus of texts, of which nobody has said what one document is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

class TextSource {
 public:
  // `data` is what data.files takes: a file, a folder, or a pattern. JSON lines, by name or
  // content, have the field that corpus_field() finds, or else `text`. Throws Error{data} as
  // text_files() and expand_paths() do.
  explicit TextSource(const std::string& data);

  const std::vector<std::string>& files() const { return files_; }
  // data.field of JSON lines; nothing: a document is a file.
  const std::optional<std::string>& field() const { return field_; }

  // Calls `take` with the file and the text of every document, gzip undone, whatever its bytes.
  // Returns the size of the files as they lie on the disk. Throws Error{data} as read_documents()
  // does.
  std::int64_t read(
      const std::function<void(const std::string& file, std::string_view text)>& take) const;

 private:
  std::vector<std::string> files_;
  std::optional<std::string> field_;
};

}  // namespace candor
