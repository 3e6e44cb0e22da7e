// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>

#include "core/base/files.h"
#include "core/base/sha256.h"

namespace candor {
namespace {

constexpr std::size_t kPart = 256u << 10;
constexpr int kGzipOnly = 15 + 16;  // windowBits of zlib.h: the largest window, a gzip header

}  // namespace

struct ByteReader::State {
  std::filesystem::path path;
  ErrorKind kind;
  int file = -1;
  Sha256 hash;
  std::array<char, kPart> input;
  std::string_view pending;  // of `input`, not yet unpacked
  // gzip
  bool gzip = false;
  bool in_member = false;
  bool any_member = false;
  z_stream stream{};
  std::array<char, kPart> output;
};

ByteReader::ByteReader(const std::filesystem::path& path, ErrorKind kind)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->kind = kind;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(kind, path.string() + ": is a folder, but a file is expected");
  }
  state_->file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state_->file < 0) fail_at(kind, path, "cannot be opened");
  state_->gzip = path.extension() == ".gz";
  if (state_->gzip && inflateInit2(&state_->stream, kGzipOnly) != Z_OK) {
    ::close(state_->file);
    throw Error(ErrorKind::failed, path.string() + ": no memory to unpack it");
  }
}

ByteReader::~ByteReader() {
  if (state_->gzip) inflateEnd(&state_->stream);
  ::close(state_->file);
}

void ByteReader::refuse(const std::string& what) const {
  throw Error(state_->kind, state_->path.string() + ": " + what);
}

// Makes `pending` the next bytes of the file; false at its end.
bool ByteReader::fill() {
  auto& state = *state_;
  ssize_t count = 0;
  do {
    count = ::read(state.file, state.input.data(), state.input.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail_at(state.kind, state.path, "cannot be read");
  state.pending = {state.input.data(), static_cast<std::size_t>(count)};
  state.hash.add(state.pending);
  file_bytes_ += count;
  return count > 0;
}

std::string_view ByteReader::read() {
  if (state_->gzip) return inflate();
  return fill() ? state_->pending : std::string_view();
}

std::string_view ByteReader::inflate() {
  auto& state = *state_;
  auto& stream = state.stream;
  while (true) {
    if (state.pending.empty() && !fill()) {
      if (state.in_member || !state.any_member) {
        refuse("the gzip file ends before its time; get it again");
      }
      return {};
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(state.pending.data()));
    stream.avail_in = static_cast<uInt>(state.pending.size());
    stream.next_out = reinterpret_cast<Bytef*>(state.output.data());
    stream.avail_out = static_cast<uInt>(state.output.size());
    state.in_member = true;
    const auto result = ::inflate(&stream, Z_NO_FLUSH);
    state.pending.remove_prefix(state.pending.size() - stream.avail_in);
    if (result == Z_STREAM_END) {
      state.in_member = false;
      state.any_member = true;
      inflateReset(&stream);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      refuse(state.any_member ? "has bytes behind its gzip data that are not gzip, or is damaged"
                              : "is no gzip file, or is damaged; unpack it by other means, or "
                                "rename it when it is plain text");
    }
    const auto made = state.output.size() - stream.avail_out;
    if (made > 0) return {state.output.data(), made};
  }
}

std::string ByteReader::digest() { return state_->hash.hex(); }

}  // namespace candor
