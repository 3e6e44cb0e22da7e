// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include "core/image/decode_formats.h"

namespace candor {
namespace {

constexpr unsigned kEighths = 8;

// libjpeg reports errors by longjmp, which runs no destructors: read() and what it calls hold plain
// values only. One decoder a thread lives as long as the thread.
class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    errors_.output_message = [](j_common_ptr) {};
    ready_ = create();
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // False: damaged, as text() says.
  bool read(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
            Picture& picture) {
    if (!ready_) return false;
    jpeg_abort_decompress(&info_);  // whatever the last picture left
    if (setjmp(jump_) != 0) return false;
    open(bytes, header);
    choose_output(wish);
    jpeg_start_decompress(&info_);
    read_rows(wish, picture);
    finish();
    return true;
  }

  enum class Result { done, damaged, other_colors };
  // Grey, and YCbCr whose two colours are sampled alike, as they are stored; of the wish all
  // columns, and the rows up to the box's end.
  Result read_planes(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                     Planes& planes) {
    if (!ready_) return Result::damaged;
    jpeg_abort_decompress(&info_);
    if (setjmp(jump_) != 0) return Result::damaged;
    open(bytes, header);
    if (!has_planes()) return Result::other_colors;
    info_.out_color_space = info_.jpeg_color_space;
    info_.raw_data_out = TRUE;
    choose_scale(wish);
    jpeg_start_decompress(&info_);
    make_room(planes);
    read_raw(wish, planes);
    finish();
    return Result::done;
  }
  const char* text() const { return text_.data(); }

 private:
  static JpegDecoder& self(j_common_ptr info) {
    return *static_cast<JpegDecoder*>(info->client_data);
  }
  [[noreturn]] static void on_error(j_common_ptr info) {
    auto& decoder = self(info);
    info->err->format_message(info, decoder.text_.data());
    std::longjmp(decoder.jump_, 1);
  }
  // A warning ends it too: the library fills what a truncated file lacks with grey.
  static void on_message(j_common_ptr info, int level) {
    if (level < 0) on_error(info);
  }

  bool create() {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&info_);
    return true;
  }

  [[noreturn]] void fail(const char* text) {
    std::snprintf(text_.data(), text_.size(), "%s", text);
    std::longjmp(jump_, 1);
  }

  void open(std::string_view bytes, const ImageHeader& header) {
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info_, TRUE);
    if (info_.image_width != header.width || info_.image_height != header.height) {
      fail("two frame headers that differ");
    }
  }

  // What lies behind the last row that was read does not count.
  void finish() {
    if (info_.output_scanline >= info_.output_height) {
      jpeg_finish_decompress(&info_);
    } else {
      jpeg_abort_decompress(&info_);
    }
  }

  bool inks() const { return info_.num_components == 4; }

  void choose_output(const DecodeWish& wish) {
    info_.out_color_space = inks() ? JCS_CMYK : JCS_EXT_RGBX;
    choose_scale(wish);
  }

  void choose_scale(const DecodeWish& wish) {
    info_.scale_num = eighths(wish);
    info_.scale_denom = kEighths;
  }

  unsigned eighths(const DecodeWish& wish) const {
    if (wish.width == 0) return kEighths;
    const auto width = wish.box ? wish.box->width : std::int64_t{info_.image_width};
    const auto height = wish.box ? wish.box->height : std::int64_t{info_.image_height};
    for (const unsigned n : {1u, 2u, 4u}) {
      if (width * n >= wish.width * kEighths && height * n >= wish.height * kEighths) return n;
    }
    return kEighths;
  }

  bool has_planes() const {
    if (info_.jpeg_color_space == JCS_GRAYSCALE) return info_.num_components == 1;
    if (info_.jpeg_color_space != JCS_YCbCr || info_.num_components != 3) return false;
    const auto &blue = info_.comp_info[1], &red = info_.comp_info[2];
    return blue.h_samp_factor == red.h_samp_factor && blue.v_samp_factor == red.v_samp_factor;
  }

  // Version 7 of the library's interface, which Ubuntu has, splits each size by axis.
#if JPEG_LIB_VERSION >= 70
  static int block_width(const jpeg_component_info& part) { return part.DCT_h_scaled_size; }
  static int block_height(const jpeg_component_info& part) { return part.DCT_v_scaled_size; }
  int row_blocks_height() const { return info_.min_DCT_v_scaled_size; }
#else
  static int block_width(const jpeg_component_info& part) { return part.DCT_scaled_size; }
  static int block_height(const jpeg_component_info& part) { return part.DCT_scaled_size; }
  int row_blocks_height() const { return info_.min_DCT_scaled_size; }
#endif

  // Rows of a component that the library gives at once.
  static std::int64_t rows_at_once(const jpeg_component_info& part) {
    return std::int64_t{part.v_samp_factor} * block_height(part);
  }

  void make_room(Planes& planes) const {
    planes.count = info_.num_components;
    for (int i = 0; i < planes.count; ++i) {
      const auto& part = info_.comp_info[i];
      auto& plane = planes.plane[static_cast<std::size_t>(i)];
      plane.reset(std::int64_t{part.width_in_blocks} * block_width(part),
                  std::int64_t{info_.total_iMCU_rows} * rows_at_once(part));
      plane.width = part.downsampled_width;
      plane.height = part.downsampled_height;
      plane.across = share(part.h_samp_factor * block_width(part), info_.max_h_samp_factor);
      plane.down = share(part.v_samp_factor * block_height(part), info_.max_v_samp_factor);
    }
  }

  static double share(int samples, int most) { return samples / (double{kEighths} * most); }

  void read_raw(const DecodeWish& wish, Planes& planes) {
    constexpr int kMostParts = 3, kMostRows = 64;  // 4 blocks of at most 16 rows
    JSAMPROW rows[kMostParts][kMostRows];
    JSAMPARRAY parts[kMostParts];
    const auto lines = static_cast<JDIMENSION>(info_.max_v_samp_factor * row_blocks_height());
    const auto needed = rows_needed(wish);
    for (std::int64_t group = 0; info_.output_scanline < needed; ++group) {
      for (int i = 0; i < planes.count; ++i) {
        auto& plane = planes.plane[static_cast<std::size_t>(i)];
        const auto count = rows_at_once(info_.comp_info[i]);
        for (std::int64_t k = 0; k < count; ++k) rows[i][k] = plane.row(group * count + k);
        parts[i] = rows[i];
      }
      if (jpeg_read_raw_data(&info_, parts, lines) == 0) fail("rows are missing");
    }
  }

  JDIMENSION rows_needed(const DecodeWish& wish) const {
    if (!wish.box) return info_.output_height;
    const auto end = (wish.box->y + wish.box->height) * std::int64_t{info_.scale_num};
    return std::min(info_.output_height, static_cast<JDIMENSION>((end + kEighths - 1) / kEighths));
  }

  // The box in output pixels, with what the smooth upsampling of colour needs around it so that its
  // pixels are those that the whole picture has.
  Box output_box(const DecodeWish& wish) const {
    constexpr std::int64_t kMargin = 2;
    const auto whole_width = std::int64_t{info_.output_width};
    const auto whole_height = std::int64_t{info_.output_height};
    if (!wish.box) return {0, 0, whole_width, whole_height};
    const std::int64_t n = info_.scale_num;
    const auto low = [&](std::int64_t at) {
      return std::max<std::int64_t>(0, at * n / kEighths - kMargin);
    };
    const auto high = [&](std::int64_t end, std::int64_t whole) {
      return std::min(whole, (end * n + kEighths - 1) / kEighths + kMargin);
    };
    const auto x = low(wish.box->x), y = low(wish.box->y);
    return {x, y, high(wish.box->x + wish.box->width, whole_width) - x,
            high(wish.box->y + wish.box->height, whole_height) - y};
  }

  void read_rows(const DecodeWish& wish, Picture& picture) {
    const auto box = output_box(wish);
    auto left = static_cast<JDIMENSION>(box.x);
    auto width = static_cast<JDIMENSION>(box.width);
    if (width < info_.output_width) jpeg_crop_scanline(&info_, &left, &width);
    picture.reset(info_.output_width, box.height);
    picture.left = left;
    picture.top = box.y;
    picture.scale = static_cast<double>(info_.scale_num) / kEighths;
    const auto first = static_cast<JDIMENSION>(box.y);
    if (first > 0 && jpeg_skip_scanlines(&info_, first) != first) fail("rows are missing");
    for (std::int64_t y = 0; y < box.height; y += read_some(picture, y)) {
    }
    // Adobe stores inks inverted, and nobody else writes four-colour JPEG.
    if (inks()) multiply_by_fourth(picture);
  }

  std::int64_t read_some(Picture& picture, std::int64_t y) {
    constexpr std::int64_t kMost = 8;
    JSAMPROW rows[kMost];
    const auto count = std::min(kMost, picture.height - y);
    for (std::int64_t i = 0; i < count; ++i) rows[i] = picture.row(y + i);
    const auto read = jpeg_read_scanlines(&info_, rows, static_cast<JDIMENSION>(count));
    if (read == 0) fail("rows are missing");
    return read;
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_{};
  std::array<char, JMSG_LENGTH_MAX> text_{};
  bool ready_ = false;
};

JpegDecoder& thread_decoder() {
  thread_local JpegDecoder decoder;
  return decoder;
}

}  // namespace

void decode_jpeg(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                 Picture& picture) {
  auto& decoder = thread_decoder();
  if (decoder.read(bytes, header, wish, picture)) return;
  refuse_damaged(std::string("JPEG: ") + decoder.text());
}

bool decode_jpeg_planes(std::string_view bytes, const ImageHeader& header, const DecodeWish& wish,
                        Planes& planes) {
  auto& decoder = thread_decoder();
  const auto result = decoder.read_planes(bytes, header, wish, planes);
  if (result == JpegDecoder::Result::damaged) {
    refuse_damaged(std::string("JPEG: ") + decoder.text());
  }
  return result == JpegDecoder::Result::done;
}

}  // namespace candor
