// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "core/base/byte_source.h"
#include "core/base/cache_mark.h"
#include "core/base/mapped_file.h"
#include "core/base/sha256.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "token files are little-endian");

constexpr std::array<char, 8> kMagic = {'C', 'N', 'D', 'R', 'T', 'O', 'K', 'S'};
static_assert(std::string_view(kMagic.data(), kMagic.size()).starts_with(kCacheMark));
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kFlush = 1u << 20;
constexpr std::size_t kDigits = 64;  // of a SHA-256

// Tokens, padded to 8 bytes, then starts, then bytes of documents, then this; so that a file is
// written in one go.
struct Trailer {
  std::array<char, kDigits> key;
  std::array<char, kDigits> digest;  // of all bytes before the trailer, then the fields around it
  std::uint64_t tokens;
  std::uint64_t documents;
  std::uint64_t predicted;
  std::uint64_t bytes;
  std::uint32_t token_bytes;
  std::uint32_t version;
  std::array<char, 8> magic;
};
static_assert(sizeof(Trailer) == 2 * kDigits + 48);
static_assert(sizeof(DocumentBytes) == 16);

std::string_view view(const Trailer& trailer) {
  return {reinterpret_cast<const char*>(&trailer), sizeof trailer};
}

// The digest covers the trailer too, with its own place empty.
std::string digest_of(Sha256& content, Trailer trailer) {
  trailer.digest.fill('0');
  content.add(view(trailer));
  return content.hex();
}

std::size_t width_of(std::int64_t vocabulary) { return vocabulary <= 65536 ? 2 : 4; }

std::size_t padding(std::size_t bytes) { return (8 - bytes % 8) % 8; }

template <class T>
std::string_view view_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::span<const T> span_of(const char* bytes, std::size_t count) {
  return {reinterpret_cast<const T*>(bytes), count};
}

// Reads the file front to back, not through its mapping, which would hold all of it in memory:
// whether the digest is right and every token is one.
template <class T>
bool sound(const fs::path& file, const Trailer& trailer, std::size_t body,
           std::int64_t vocabulary) {
  const auto source = open_raw_bytes(file, ErrorKind::data);
  std::vector<char> buffer(kFlush);
  Sha256 hash;
  std::string pending;  // less than a token
  std::size_t left = body, tokens = static_cast<std::size_t>(trailer.tokens);
  const auto fits = [&](const T& token) { return std::cmp_less(token, vocabulary); };
  while (left > 0) {
    const auto count = source->read(buffer.data(), buffer.size());
    if (count == 0) break;
    const std::string_view part(buffer.data(), std::min(count, left));
    left -= part.size();
    hash.add(part);
    pending += part;
    std::vector<T> piece(std::min(tokens, pending.size() / sizeof(T)));
    std::memcpy(piece.data(), pending.data(), piece.size() * sizeof(T));
    if (!std::all_of(piece.begin(), piece.end(), fits)) return false;
    tokens -= piece.size();
    pending.erase(0, tokens == 0 ? pending.size() : piece.size() * sizeof(T));
  }
  return left == 0 && digest_of(hash, trailer) == std::string_view(trailer.digest.data(), kDigits);
}

}  // namespace

std::int64_t TokenStore::document_of(std::int64_t token) const {
  const auto after =
      std::upper_bound(starts_.begin(), starts_.end(), static_cast<std::uint64_t>(token));
  return after - starts_.begin() - 1;
}

void TokenStore::copy(std::int64_t first, std::int64_t count, std::int64_t* out) const {
  if (wide_.empty()) {
    std::copy_n(narrow_.begin() + first, count, out);
  } else {
    std::copy_n(wide_.begin() + first, count, out);
  }
}

void TokenStore::copy(std::int64_t first, std::int64_t count, std::uint32_t* out) const {
  if (wide_.empty()) {
    std::copy_n(narrow_.begin() + first, count, out);
  } else {
    std::copy_n(wide_.begin() + first, count, out);
  }
}

// Where tokens go: `pending` holds what is not yet in the file, or all of it in memory.
struct TokenWriter::Sink {
  std::string pending;
  Sha256 hash;
  std::optional<DurableFile> file;
  fs::path path;
  std::string key;

  void put(std::string_view bytes) {
    pending += bytes;
    if (file && pending.size() >= kFlush) flush();
  }
  void flush() {
    hash.add(pending);
    file->write(pending);
    pending.clear();
  }
};

TokenWriter::TokenWriter(std::int64_t vocabulary)
    : sink_(std::make_unique<Sink>()), vocabulary_(vocabulary) {}

TokenWriter::TokenWriter(std::int64_t vocabulary, const fs::path& file, const std::string& key)
    : TokenWriter(vocabulary) {
  sink_->path = file;
  sink_->key = key;
  sink_->file.emplace(file, FileAccess::owner);
}

TokenWriter::~TokenWriter() = default;

void TokenWriter::add(std::span<const std::int64_t> ids) {
  constexpr std::size_t kPiece = 4096;
  const auto put = [&]<class T>(T, std::span<const std::int64_t> piece) {
    std::array<T, kPiece> narrowed;
    std::transform(piece.begin(), piece.end(), narrowed.begin(),
                   [](std::int64_t id) { return static_cast<T>(id); });
    sink_->put({reinterpret_cast<const char*>(narrowed.data()), piece.size() * sizeof(T)});
  };
  for (std::size_t at = 0; at < ids.size(); at += kPiece) {
    const auto piece = ids.subspan(at, std::min(kPiece, ids.size() - at));
    if (width_of(vocabulary_) == 2) {
      put(std::uint16_t{}, piece);
    } else {
      put(std::uint32_t{}, piece);
    }
  }
  tokens_ += static_cast<std::int64_t>(ids.size());
}

void TokenWriter::end_document(const DocumentBytes& bytes) {
  const auto count = tokens_ - static_cast<std::int64_t>(starts_.back());
  predicted_ += std::max<std::int64_t>(0, count - 1);
  bytes_ += static_cast<std::int64_t>(bytes.rest);
  document_bytes_.push_back(bytes);
  starts_.push_back(static_cast<std::uint64_t>(tokens_));
}

TokenStore TokenWriter::finish() {
  const auto width = width_of(vocabulary_);
  if (sink_->file) {
    auto& sink = *sink_;
    sink.put(std::string(padding(static_cast<std::size_t>(tokens_) * width), '\0'));
    sink.put(view_of(starts_));
    sink.put(view_of(document_bytes_));
    sink.flush();
    Trailer trailer{};
    std::copy_n(sink.key.begin(), kDigits, trailer.key.begin());
    trailer.tokens = static_cast<std::uint64_t>(tokens_);
    trailer.documents = starts_.size() - 1;
    trailer.predicted = static_cast<std::uint64_t>(predicted_);
    trailer.bytes = static_cast<std::uint64_t>(bytes_);
    trailer.token_bytes = static_cast<std::uint32_t>(width);
    trailer.version = kVersion;
    trailer.magic = kMagic;
    const auto digest = digest_of(sink.hash, trailer);
    std::copy_n(digest.begin(), kDigits, trailer.digest.begin());
    sink.file->write(view(trailer));
    sink.file->commit();
    starts_ = {0};
    auto store = open_token_file(sink.path, sink.key, vocabulary_);
    if (store) return std::move(*store);
    throw Error(ErrorKind::failed, sink.path.string() +
                                       ": what was written does not read back; the disk or another "
                                       "process has changed it");
  }
  struct Held {
    std::string tokens;
    std::vector<std::uint64_t> starts;
    std::vector<DocumentBytes> bytes;
  };
  auto held = std::make_shared<const Held>(
      Held{std::move(sink_->pending), std::move(starts_), std::move(document_bytes_)});
  TokenStore store;
  if (width == 2) {
    store.narrow_ = span_of<std::uint16_t>(held->tokens.data(), static_cast<std::size_t>(tokens_));
  } else {
    store.wide_ = span_of<std::uint32_t>(held->tokens.data(), static_cast<std::size_t>(tokens_));
  }
  store.starts_ = held->starts;
  store.document_bytes_ = held->bytes;
  store.predicted_ = predicted_;
  store.bytes_ = bytes_;
  store.owner_ = std::move(held);
  return store;
}

std::optional<TokenStore> open_token_file(const fs::path& file, const std::string& key,
                                          std::int64_t vocabulary) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  auto mapped = std::make_shared<const MappedFile>(file, ErrorKind::data);
  const auto bytes = mapped->text();
  if (bytes.size() < sizeof(Trailer)) return std::nullopt;
  Trailer trailer;
  std::memcpy(&trailer, bytes.data() + bytes.size() - sizeof trailer, sizeof trailer);
  const auto body = bytes.size() - sizeof trailer;
  const auto width = width_of(vocabulary);
  if (trailer.magic != kMagic || trailer.version != kVersion || trailer.token_bytes != width ||
      std::string_view(trailer.key.data(), kDigits) != key || trailer.tokens > body / width ||
      trailer.documents >= body / 8) {
    return std::nullopt;
  }
  const auto count = static_cast<std::size_t>(trailer.tokens);
  const auto token_bytes = count * width + padding(count * width);
  const auto documents = static_cast<std::size_t>(trailer.documents);
  const auto start_bytes = 8 * (documents + 1);
  if (token_bytes + start_bytes + documents * sizeof(DocumentBytes) != body) return std::nullopt;
  const bool narrow = width == 2;
  if (!(narrow ? sound<std::uint16_t>(file, trailer, body, vocabulary)
               : sound<std::uint32_t>(file, trailer, body, vocabulary))) {
    return std::nullopt;
  }
  TokenStore store;
  if (narrow) {
    store.narrow_ = span_of<std::uint16_t>(bytes.data(), count);
  } else {
    store.wide_ = span_of<std::uint32_t>(bytes.data(), count);
  }
  store.starts_ = span_of<std::uint64_t>(bytes.data() + token_bytes, documents + 1);
  store.document_bytes_ =
      span_of<DocumentBytes>(bytes.data() + token_bytes + start_bytes, documents);
  store.predicted_ = static_cast<std::int64_t>(trailer.predicted);
  store.bytes_ = static_cast<std::int64_t>(trailer.bytes);
  store.owner_ = std::move(mapped);
  return store;
}

}  // namespace candor
