// SPDX-License-Identifier: Apache-2.0
// Decoding a part, at a smaller scale, the right way up.
#include <candor/error.h>

#include <cstdlib>
#include <cstring>

#include "core/image/exif.h"
#include "core/image/prepare.h"
#include "core/image/resize.h"
#include "support/catch.h"
#include "support/encode_jpeg.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::encode_jpeg;
using test::photograph;

namespace {

Picture decoded(const std::string& bytes, const DecodeWish& wish) {
  Picture picture;
  decode_picture(bytes, read_image_header(bytes), wish, picture);
  return picture;
}

// Largest difference of the pixels of `part` that lie in [left, right) x [top, bottom), in pixels
// at its scale, to those of `whole`; 999 when it does not hold them all.
int difference(const Picture& whole, const Picture& part, const Box& box) {
  int largest = 0;
  for (auto y = box.y; y < box.y + box.height; ++y) {
    for (auto x = box.x; x < box.x + box.width; ++x) {
      const auto row = y - part.top, column = x - part.left;
      if (row < 0 || column < 0 || row >= part.height || column >= part.width) return 999;
      for (int c = 0; c < 3; ++c) {
        largest =
            std::max(largest, std::abs(whole.row(y)[x * 4 + c] - part.row(row)[column * 4 + c]));
      }
    }
  }
  return largest;
}

Pixels prepared(const std::string& bytes, const ImagePreparation& preparation) {
  Pixels out;
  prepare_image(bytes, preparation, {}, out);
  return out;
}

int largest_difference(const Pixels& a, const Pixels& b) {
  REQUIRE(a.rgb.size() == b.rgb.size());
  int largest = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
  }
  return largest;
}

}  // namespace

TEST_CASE("A part of a JPEG has the pixels that the whole has there", "[image]") {
  const RandomStream stream(3, "boxes");
  std::uint64_t draw = 0;
  for (const auto& form : {test::JpegForm{90, 2, 2, false}, test::JpegForm{90, 2, 1, false},
                           test::JpegForm{90, 1, 1, false}, test::JpegForm{90, 2, 2, true}}) {
    const auto bytes = encode_jpeg(photograph(149, 117), form);
    const auto whole = decoded(bytes, {});
    for (int i = 0; i < 60; ++i) {
      Box box;
      box.x = static_cast<std::int64_t>(stream.below(draw++, 149));
      box.y = static_cast<std::int64_t>(stream.below(draw++, 117));
      box.width = 1 + static_cast<std::int64_t>(
                          stream.below(draw++, static_cast<std::uint64_t>(149 - box.x)));
      box.height = 1 + static_cast<std::int64_t>(
                           stream.below(draw++, static_cast<std::uint64_t>(117 - box.y)));
      CAPTURE(form.across, form.down, form.progressive, box.x, box.y, box.width, box.height);
      const auto part = decoded(bytes, {box, 0, 0});
      CHECK(difference(whole, part, box) == 0);
    }
  }
}

TEST_CASE("A JPEG is decoded at the least power of two that is not below the wish", "[image]") {
  const auto bytes = encode_jpeg(photograph(160, 120));
  const auto scale = [&](std::int64_t width, std::int64_t height) {
    return decoded(bytes, {std::nullopt, width, height}).scale;
  };
  CHECK(scale(0, 0) == 1.0);
  CHECK(scale(161, 10) == 1.0);
  CHECK(scale(81, 60) == 1.0);
  CHECK(scale(80, 60) == 0.5);
  CHECK(scale(80, 61) == 1.0);
  CHECK(scale(41, 30) == 0.5);
  CHECK(scale(40, 30) == 0.25);
  CHECK(scale(20, 15) == 0.125);
  CHECK(scale(1, 1) == 0.125);
  const auto half = decoded(bytes, {std::nullopt, 80, 60});
  CHECK(half.width == 80);
  CHECK(half.height == 60);
}

TEST_CASE("A part at a smaller scale has the pixels that the whole has at that scale", "[image]") {
  for (const bool progressive : {false, true}) {
    const auto bytes = encode_jpeg(photograph(301, 203), {90, 2, 2, progressive});
    for (const std::int64_t shrink : {2, 4, 8}) {
      const Box box{40, 48, 160, 96};
      const DecodeWish wish{std::nullopt, 301 / shrink, 203 / shrink};
      const auto whole = decoded(bytes, wish);
      const auto part = decoded(bytes, {box, box.width / shrink, box.height / shrink});
      CAPTURE(progressive, shrink);
      REQUIRE(whole.scale == part.scale);
      const Box inside{box.x / shrink, box.y / shrink, box.width / shrink, box.height / shrink};
      CHECK(difference(whole, part, inside) == 0);
    }
  }
}

TEST_CASE("Scaled decoding changes pixels a little, and only when it is on", "[image]") {
  const auto bytes = encode_jpeg(photograph(160, 120));
  ImagePreparation full;
  full.size = 40;
  auto scaled = full;
  scaled.scaled_decoding = true;
  Pixels expected = resize(decode_image(bytes), 40, 40);
  CHECK(prepared(bytes, full).rgb == expected.rgb);
  const auto faster = prepared(bytes, scaled);
  CHECK(faster.rgb != expected.rgb);
  auto apart = scaled;
  apart.planes = true;
  CHECK(prepared(bytes, apart).rgb != faster.rgb);
  double sum = 0.0;
  for (std::size_t i = 0; i < expected.rgb.size(); ++i) {
    sum += std::abs(int{faster.rgb[i]} - int{expected.rgb[i]});
  }
  CHECK(sum / static_cast<double>(expected.rgb.size()) < 6.0);
}

TEST_CASE("The crop is the largest square in the middle", "[image]") {
  ImagePreparation preparation;
  preparation.size = 20;
  preparation.resize = ResizeMode::crop;
  const auto image = photograph(61, 40);
  Pixels middle{40, 40, {}};
  for (std::int64_t y = 0; y < 40; ++y) {
    const auto* row = image.rgb.data() + (y * 61 + 10) * 3;
    middle.rgb.insert(middle.rgb.end(), row, row + 120);
  }
  const auto expected = resize(middle, 20, 20);
  Pixels out;
  prepare_pixels(image, preparation, out);
  CHECK(out.rgb == expected.rgb);
  preparation.interpolation = Interpolation::bicubic;
  prepare_pixels(image, preparation, out);
  CHECK(out.rgb == resize(middle, 20, 20, Interpolation::bicubic).rgb);
  CHECK(out.rgb != expected.rgb);
}

TEST_CASE("An EXIF orientation is applied or left, as the preparation says", "[image]") {
  const std::string golden = test::source_dir() + "/tests/golden/image/";
  const auto upright = test::slurp(golden + "color.jpg");
  ImagePreparation preparation;
  preparation.size = 8;
  for (int orientation = 2; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const auto bytes = test::slurp(golden + "turned" + std::to_string(orientation) + ".jpg");
    preparation.upright = false;
    CHECK(prepared(bytes, preparation).rgb == prepared(upright, preparation).rgb);
    preparation.upright = true;
    CHECK(prepared(bytes, preparation).rgb == resize(decode_image(bytes), 8, 8).rgb);
    CHECK(prepared(bytes, preparation).rgb != prepared(upright, preparation).rgb);
  }
}

TEST_CASE("A part of a turned picture is the part that is seen there", "[image]") {
  const auto plain = encode_jpeg(photograph(80, 56));
  for (char orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(int{orientation});
    // An APP1 segment after the start of the image: TIFF of one entry, little endian.
    std::string exif("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0", 32);
    exif[24] = orientation;
    std::string segment("\xFF\xE1\0", 3);
    segment += static_cast<char>(exif.size() + 2);
    const auto bytes = plain.substr(0, 2) + segment + exif + plain.substr(2);
    const auto header = read_image_header(bytes);
    REQUIRE(header.orientation == orientation);
    const auto whole = decoded(bytes, {});
    REQUIRE(whole.width == header.upright_width());
    const Box box{9, 14, 21, 17};
    const auto part = decoded(bytes, {box, 0, 0});
    CHECK(difference(whole, part, box) == 0);
    CHECK(part.width * part.height < whole.width * whole.height);
  }
}

TEST_CASE("An EXIF block that is damaged means upright", "[image]") {
  const std::string good("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", 26);
  CHECK(exif_orientation(good) == 6);
  for (std::size_t size = 0; size < 20; ++size) {
    CHECK(exif_orientation(std::string_view(good).substr(0, size)) == 1);
  }
  const auto changed = [&](std::size_t at, char value) {
    auto text = good;
    text[at] = value;
    return exif_orientation(text);
  };
  CHECK(changed(0, 'X') == 1);
  CHECK(changed(2, 43) == 1);
  CHECK(changed(4, '\xFF') == 1);
  CHECK(changed(8, '\xFF') == 6);
  CHECK(changed(12, 4) == 1);
  CHECK(changed(18, 0) == 1);
  CHECK(changed(18, 9) == 1);
  CHECK(exif_orientation(
            std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0", 22)) == 3);
}

TEST_CASE("Every machine resizes to the same bits", "[image]") {
  if (fastest_resize_code() == ResizeCode::portable) return;  // there is one code only
  const RandomStream stream(11, "shapes");
  std::uint64_t draw = 0;
  const auto side = [&](std::uint64_t bound) {
    return 1 + static_cast<std::int64_t>(stream.below(draw++, bound));
  };
  for (int i = 0; i < 60; ++i) {
    const auto image = photograph(side(90), side(90), static_cast<std::uint64_t>(i));
    Picture picture;
    to_picture(image, picture);
    const Box box{0, 0, image.width, image.height};
    const auto height = side(70), width = side(70);
    CAPTURE(image.height, image.width, height, width);
    for (const auto interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
      Pixels one, other;
      resize_with(ResizeCode::portable, picture, box, height, width, interpolation, one);
      resize_with(ResizeCode::avx2, picture, box, height, width, interpolation, other);
      CHECK(one.rgb == other.rgb);
    }
  }
}

TEST_CASE("A very long picture shrinks to a few pixels without losing its brightness", "[image]") {
  const Pixels line{1, 16000, std::vector<std::uint8_t>(48000, 77)};
  for (const auto interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
    CHECK(resize(line, 2, 3, interpolation).rgb == std::vector<std::uint8_t>(18, 77));
  }
  Pixels ramp{1, 8000, {}};
  for (int x = 0; x < 8000; ++x) {
    ramp.rgb.insert(ramp.rgb.end(), 3, static_cast<std::uint8_t>(x * 256 / 8000));
  }
  const auto small = resize(ramp, 1, 4);
  for (const int x : {1, 2}) CHECK(std::abs(small.rgb[x * 3u] - (32 + 64 * x)) <= 1);
}

TEST_CASE("A picture that unpacks to far more than its bytes is refused", "[image]") {
  // Lossless WebP of one colour: 30 bytes or so for any size.
  const auto webp = test::slurp(test::source_dir() + "/tests/golden/image/flat.webp");
  const auto error = test::error_of([&] { read_image_header(webp); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "the image unpacks to " + std::to_string(2000 * 2000 * 3 / webp.size()) +
            " times its bytes; 500 times are allowed above 1000000 pixels");
}

TEST_CASE("An animated WebP is refused", "[image]") {
  const auto webp = test::slurp(test::source_dir() + "/tests/golden/image/animated.webp");
  const auto error = test::error_of([&] { read_image_header(webp); });
  REQUIRE(error);
  CHECK(error->what() == std::string("the image is an animated WebP; still pictures are allowed"));
}
