// SPDX-License-Identifier: Apache-2.0
#include "core/base/unpacker.h"

#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace candor {
namespace {

constexpr std::string_view kGzip = "\x1F\x8B";
constexpr std::string_view kXz(
    "\xFD"
    "7zXZ\0",
    6);

uInt at_most_4_gib(std::size_t count) {
  return static_cast<uInt>(std::min<std::size_t>(count, 1u << 30));
}

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  const char* name() const override { return "gzip"; }
  bool complete() const override { return !inside_; }

  std::size_t unpack(std::string_view& input, char* out, std::size_t room, bool) override {
    if (input.empty()) return 0;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    const auto given = stream_.avail_in = at_most_4_gib(input.size());
    const auto wanted = stream_.avail_out = at_most_4_gib(room);
    inside_ = true;
    const auto status = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(given - stream_.avail_in);
    if (status == Z_STREAM_END) {  // of a member; others may follow
      inside_ = false;
      inflateReset(&stream_);
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      set_damage(stream_.msg != nullptr ? stream_.msg : "no gzip data");
    }
    return wanted - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool inside_ = true;  // of a member; an empty file is none
};

class XzUnpacker final : public Unpacker {
 public:
  XzUnpacker() {
    // xz -9 needs 65 MiB; a file may ask for 4 GiB.
    constexpr std::uint64_t kMostMemory = std::uint64_t{128} << 20;
    if (lzma_stream_decoder(&stream_, kMostMemory, LZMA_CONCATENATED) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }
  ~XzUnpacker() override { lzma_end(&stream_); }
  XzUnpacker(const XzUnpacker&) = delete;
  XzUnpacker& operator=(const XzUnpacker&) = delete;

  const char* name() const override { return "xz"; }
  bool complete() const override { return complete_; }

  std::size_t unpack(std::string_view& input, char* out, std::size_t room, bool last) override {
    if (complete_) return 0;
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    stream_.avail_in = input.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream_.avail_out = room;
    const auto status = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    input.remove_prefix(input.size() - stream_.avail_in);
    complete_ = status == LZMA_STREAM_END;
    if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR) {
      set_fault(status);
    }
    return room - stream_.avail_out;
  }

 private:
  void set_fault(lzma_ret status) {
    switch (status) {
      case LZMA_MEM_ERROR: throw std::bad_alloc();
      case LZMA_MEMLIMIT_ERROR:
        fault_ = "takes more than 128 MiB of memory to unpack; pack it with a smaller dictionary";
        return;
      case LZMA_FORMAT_ERROR: return set_damage("bytes that are no xz data");
      case LZMA_OPTIONS_ERROR: return set_damage("an unknown filter");
      default: set_damage("incorrect data or check");
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_unpacker(std::string_view first_bytes) {
  if (first_bytes.starts_with(kGzip)) return std::make_unique<GzipUnpacker>();
  if (first_bytes.starts_with(kXz)) return std::make_unique<XzUnpacker>();
  return nullptr;
}

}  // namespace candor
