// SPDX-License-Identifier: Apache-2.0
// The tokens of a corpus: in memory, or in a file that is mapped and never read whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/durable_file.h"

namespace candor {

// UTF-8 bytes of a document's text, as it was tokenised.
struct DocumentBytes {
  std::uint64_t first = 0;  // of its first token, which nothing predicts
  std::uint64_t rest = 0;   // of all others
};

// Documents one after the other. Immutable; safe to read from several threads.
class TokenStore {
 public:
  std::int64_t tokens() const { return starts_.empty() ? 0 : start(documents()); }
  std::int64_t documents() const { return static_cast<std::int64_t>(starts_.size()) - 1; }
  // First token of a document; start(documents()) is tokens().
  std::int64_t start(std::int64_t document) const {
    return static_cast<std::int64_t>(starts_[static_cast<std::size_t>(document)]);
  }
  // The document that token `token` belongs to.
  std::int64_t document_of(std::int64_t token) const;
  // Tokens that follow another one of their document.
  std::int64_t predicted() const { return predicted_; }
  // UTF-8 bytes of those tokens, of the text as it was tokenised.
  std::int64_t bytes() const { return bytes_; }
  const DocumentBytes& bytes_of(std::int64_t document) const {
    return document_bytes_[static_cast<std::size_t>(document)];
  }
  // Tokens [first, first + count), widened.
  void copy(std::int64_t first, std::int64_t count, std::int64_t* out) const;
  void copy(std::int64_t first, std::int64_t count, std::uint32_t* out) const;

 private:
  friend class TokenWriter;
  friend std::optional<TokenStore> open_token_file(const std::filesystem::path&, const std::string&,
                                                   std::int64_t);
  std::shared_ptr<const void> owner_;  // of what the spans show
  std::span<const std::uint16_t> narrow_;
  std::span<const std::uint32_t> wide_;
  std::span<const std::uint64_t> starts_;  // one entry more than there are documents
  std::span<const DocumentBytes> document_bytes_;
  std::int64_t predicted_ = 0;
  std::int64_t bytes_ = 0;
};

// Takes documents one by one; two bytes for each token while the vocabulary has at most 65,536
// entries, else four.
class TokenWriter {
 public:
  // Into memory.
  explicit TokenWriter(std::int64_t vocabulary);
  // Into a file (docs/formats.md, "Token cache"), which appears in one step when all is written,
  // with mode 0600; `key` (64 hex digits) says of what it is. An error leaves nothing behind.
  TokenWriter(std::int64_t vocabulary, const std::filesystem::path& file, const std::string& key);
  ~TokenWriter();
  TokenWriter(const TokenWriter&) = delete;
  TokenWriter& operator=(const TokenWriter&) = delete;

  // A part of the current document; `ids` are below the vocabulary.
  void add(std::span<const std::int64_t> ids);
  // Ends the current document.
  void end_document(const DocumentBytes& bytes);
  // Once, at the end. Throws Error{failed} when the file cannot be written, as on a full disk.
  TokenStore finish();

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  std::int64_t vocabulary_;
  std::int64_t tokens_ = 0;
  std::int64_t predicted_ = 0;
  std::int64_t bytes_ = 0;
  std::vector<std::uint64_t> starts_ = {0};
  std::vector<DocumentBytes> document_bytes_;
};

// A file that a TokenWriter made for the same key. Empty when there is none, or when it is of
// something else, of another version, cut, damaged (SHA-256 of all of it) or holds a token that is
// not below `vocabulary`: then it is to be written anew.
std::optional<TokenStore> open_token_file(const std::filesystem::path& file, const std::string& key,
                                          std::int64_t vocabulary);

}  // namespace candor
