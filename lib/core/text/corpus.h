// SPDX-License-Identifier: Apache-2.0
// A corpus on the disk, read front to back as often as it takes; never in memory as a whole.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/documents.h"

namespace candor {

enum class CorpusPart : std::uint8_t { train, validation, test };

// One path of a config: a file, or a folder with all its files.
struct CorpusEntry {
  std::string path;
  std::vector<std::string> files;
  // Of a file its own; of a folder that of the lines "PATH SHA256", paths relative to the folder.
  std::string sha256;
  std::int64_t bytes = 0;  // of all files, as they lie on the disk
};

class Corpus {
 public:
  // Reads everything once: hashes files and documents. `clean` (may be empty) is what happens to a
  // text before anything else. Throws Error{data} as text_files() and read_documents() do, and when
  // no document is left.
  using Clean = std::function<std::string(std::string_view)>;
  Corpus(const std::vector<std::string>& paths, DocumentRules rules, Clean clean = {});

  const std::vector<CorpusEntry>& entries() const { return entries_; }
  std::int64_t documents() const { return static_cast<std::int64_t>(keys_.size()); }
  std::int64_t empty_documents() const { return empty_; }
  // A hash of each document's text, so that equal documents have equal keys.
  std::span<const std::uint64_t> keys() const { return keys_; }
  // Values of the rules' groups of each document; empty without groups.
  const std::vector<std::vector<std::string>>& document_groups() const { return groups_; }
  // Of the only document, when there is one only: how many bytes.
  std::int64_t first_document_bytes() const { return first_bytes_; }
  // SHA-256 over the entries' digests, in order.
  std::string digest() const;

  // All documents once more, in the same order, with their numbers. Throws Error{data} when a file
  // is not what the first reading found.
  void read(const std::function<void(std::int64_t, std::string_view)>& take) const;

 private:
  void survey(CorpusEntry& entry);
  void require_group_fields() const;

  DocumentRules rules_;
  Clean clean_;
  std::vector<CorpusEntry> entries_;
  std::vector<std::vector<std::string>> digests_;  // [entry][file]
  std::vector<std::uint64_t> keys_;
  std::vector<std::vector<std::string>> groups_;
  std::int64_t empty_ = 0;
  std::int64_t first_bytes_ = 0;
};

// The part of each document: those with the smallest of the keys (drawn anew by `split.seed`) test,
// the next ones validate. So many of them as the fractions say, rounded; documents with the same
// text stay together, with the first of them. The test documents depend on neither the validation
// fraction nor the order of the documents.
std::vector<CorpusPart> split_documents(std::span<const std::uint64_t> keys,
                                        const SplitConfig& split);

}  // namespace candor
