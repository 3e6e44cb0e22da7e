// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "core/image/decode_formats.h"
#include "core/image/exif.h"

namespace candor {
namespace {

constexpr std::size_t kHeaderBytes = 33;  // signature, and the whole IHDR chunk
constexpr std::size_t kChunkHeader = 8;   // size, name
constexpr std::size_t kChunkFrame = 12;   // and checksum

std::int64_t big_endian(std::string_view bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value * 256 + static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// An eXIf chunk that comes before the pixels.
int orientation_of(std::string_view bytes) {
  for (auto at = kHeaderBytes; at + kChunkHeader <= bytes.size();) {
    const auto size = static_cast<std::size_t>(big_endian(bytes, at));
    const auto name = bytes.substr(at + 4, 4);
    if (name == "eXIf") return exif_orientation(bytes.substr(at + kChunkHeader, size));
    if (name == "IDAT") break;
    at += kChunkFrame + size;
  }
  return 1;
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

  void read(Picture& picture) {
    if (info_ == nullptr) refuse_image("cannot be decoded: no memory for a PNG decoder");
    if (!read_header()) refuse();
    picture.reset(width_, height_);
    for (std::int64_t y = 0; y < height_; ++y) rows_.push_back(picture.row(y));
    if (!read_rows()) refuse();
    if (transparent_) multiply_by_fourth(picture);  // over black
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

  [[noreturn]] void refuse() const { refuse_damaged(std::string("PNG: ") + error_); }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, on_read);
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    skip_metadata();
    png_read_info(png_, info_);
    width_ = png_get_image_width(png_, info_);
    height_ = png_get_image_height(png_, info_);
    transparent_ = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0 ||
                   png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    to_8_bit_rgbx();
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != static_cast<std::size_t>(width_ * Picture::kChannels)) {
      png_error(png_, "rows of another size");
    }
    return true;
  }

  // Colour profiles and texts are not used, and may unpack to far more than they are.
  void skip_metadata() {
    static const png_byte kChunks[] = "iCCP\0iTXt\0tEXt\0zTXt\0sPLT\0hIST\0eXIf";
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kChunks, 7);
  }

  void to_8_bit_rgbx() {
    png_set_scale_16(png_);
    png_set_expand(png_);  // palettes, fewer than 8 bits, and transparent colours
    png_set_gray_to_rgb(png_);
    png_set_filler(png_, 0xFF, PNG_FILLER_AFTER);
    png_set_interlace_handling(png_);
  }

  bool read_rows() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  std::string_view rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char error_[128] = {};
  std::int64_t width_ = 0;
  std::int64_t height_ = 0;
  bool transparent_ = false;
  std::vector<png_bytep> rows_;
};

}  // namespace

ImageHeader read_png_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) refuse_damaged("PNG: header");
  if (bytes.substr(12, 4) != "IHDR") refuse_damaged("PNG: no IHDR");
  ImageHeader header;
  header.format = ImageFormat::png;
  header.width = big_endian(bytes, 16);
  header.height = big_endian(bytes, 20);
  header.orientation = orientation_of(bytes);
  return header;
}

void decode_png(std::string_view bytes, Picture& picture) { PngReader(bytes).read(picture); }

}  // namespace candor
