// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/text_source.h"

#include "core/base/expand_paths.h"
#include "core/inspect/data_kind.h"
#include "core/inspect/unknown_table.h"
#include "core/text/documents.h"

namespace candor {

TextSource::TextSource(const std::string& data) {
  for (const auto& path : expand_paths({data})) {
    const auto files = text_files(path);
    files_.insert(files_.end(), files.begin(), files.end());
  }
  const auto head = read_table_head(files_.front()).text;
  if (!is_json_lines(files_.front(), {}) && !looks_like_json_lines(head)) return;
  field_ = corpus_field(head).value_or("text");
}

std::int64_t TextSource::read(
    const std::function<void(const std::string&, std::string_view)>& take) const {
  DocumentRules rules;
  rules.any_bytes = true;
  rules.unit = field_ ? DocumentUnit::json_lines : DocumentUnit::file;
  rules.field = field_.value_or(rules.field);
  std::int64_t bytes = 0;
  for (const auto& file : files_) {
    bytes += read_documents(file, rules, [&](std::string_view text) { take(file, text); }).bytes;
  }
  return bytes;
}

}  // namespace candor
