// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/image/decode_formats.h"

namespace candor {
namespace {

constexpr std::size_t kHeaderBytes = 33;  // signature, and the whole IHDR chunk

std::int64_t big_endian(std::string_view bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value * 256 + static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// Before libpng allocates anything.
void check_header(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.size() < kHeaderBytes) refuse_image("is truncated or damaged (PNG: header)");
  if (bytes.substr(12, 4) != "IHDR") refuse_image("is truncated or damaged (PNG: no IHDR)");
  check_image_size(big_endian(bytes, 16), big_endian(bytes, 20), limits);
}

// libpng reports errors by longjmp, which runs no destructors. So everything with a destructor
// lives in this object, outside the two functions that call setjmp; these hold plain values only.
class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  Pixels read() {
    if (info_ == nullptr) refuse_image("cannot be decoded: no memory for a PNG decoder");
    if (!read_header()) refuse_damaged();
    pixels_.resize(stride_ * height_);
    for (std::size_t y = 0; y < height_; ++y) rows_.push_back(pixels_.data() + y * stride_);
    if (!read_rows()) refuse_damaged();
    if (channels_ == 4) over_black();
    return {static_cast<std::int64_t>(height_), static_cast<std::int64_t>(width_),
            std::move(pixels_)};
  }

 private:
  static void on_read(png_structp png, png_bytep out, std::size_t count) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader.rest_.size()) png_error(png, "the file ends early");
    std::memcpy(out, reader.rest_.data(), count);
    reader.rest_.remove_prefix(count);
  }
  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader.error_, text, sizeof(reader.error_) - 1);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}  // what matters is made an error below

  [[noreturn]] void refuse_damaged() const {
    refuse_image(std::string("is truncated or damaged (PNG: ") + error_ + ")");
  }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, on_read);
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    skip_metadata();
    png_read_info(png_, info_);
    to_8_bit_rgb();
    png_read_update_info(png_, info_);
    width_ = png_get_image_width(png_, info_);
    height_ = png_get_image_height(png_, info_);
    channels_ = png_get_channels(png_, info_);
    stride_ = png_get_rowbytes(png_, info_);
    return true;
  }

  // Colour profiles and texts are not used, and may unpack to far more than they are.
  void skip_metadata() {
    static const png_byte kChunks[] = "iCCP\0iTXt\0tEXt\0zTXt\0sPLT\0hIST\0eXIf";
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kChunks, 7);
  }

  void to_8_bit_rgb() {
    png_set_scale_16(png_);
    png_set_expand(png_);  // palettes, fewer than 8 bits, and transparent colours
    png_set_gray_to_rgb(png_);
    png_set_interlace_handling(png_);
  }

  bool read_rows() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  void over_black() {
    auto* out = pixels_.data();
    for (std::size_t i = 0; i < pixels_.size(); i += 4) {
      const unsigned alpha = pixels_[i + 3];
      for (std::size_t c = 0; c < 3; ++c) {
        *out++ = static_cast<std::uint8_t>((pixels_[i + c] * alpha + 127) / 255);
      }
    }
    pixels_.resize(width_ * height_ * 3);
  }

  std::string_view rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char error_[128] = {};
  std::size_t width_ = 0;
  std::size_t height_ = 0;
  std::size_t channels_ = 0;
  std::size_t stride_ = 0;
  std::vector<std::uint8_t> pixels_;
  std::vector<png_bytep> rows_;
};

}  // namespace

Pixels decode_png(std::string_view bytes, const ImageLimits& limits) {
  check_header(bytes, limits);
  return PngReader(bytes).read();
}

}  // namespace candor
