// SPDX-License-Identifier: Apache-2.0
// Brightness and colours of a JPEG resized apart.
#include "core/image/planes.h"

#include <candor/error.h>

#include <cstdlib>

#include "core/image/prepare.h"
#include "support/catch.h"
#include "support/encode_jpeg.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::encode_jpeg;
using test::photograph;

namespace {

Planes planes_of(const std::string& bytes, const DecodeWish& wish) {
  Planes planes;
  REQUIRE(decode_planes(bytes, read_image_header(bytes), wish, planes));
  return planes;
}

Pixels prepared(const std::string& bytes, const ImagePreparation& preparation) {
  Pixels out;
  prepare_image(bytes, preparation, {}, out);
  return out;
}

ImagePreparation preparation_of(std::int64_t size, bool scaled) {
  ImagePreparation preparation;
  preparation.size = size;
  preparation.scaled_decoding = preparation.planes = scaled;
  return preparation;
}

struct Difference {
  int largest = 0;
  double mean = 0.0;
};

Difference difference(const Pixels& a, const Pixels& b) {
  REQUIRE(a.rgb.size() == b.rgb.size());
  Difference result;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    const int here = std::abs(int{a.rgb[i]} - int{b.rgb[i]});
    result.largest = std::max(result.largest, here);
    result.mean += here / static_cast<double>(a.rgb.size());
  }
  return result;
}

// Slopes without grain, which no size of colour samples loses.
Pixels slopes(std::int64_t width, std::int64_t height) {
  Pixels image{height, width, {}};
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      for (const auto level : {x * 255 / width, y * 255 / height, 255 - x * 255 / width}) {
        image.rgb.push_back(static_cast<std::uint8_t>(level));
      }
    }
  }
  return image;
}

}  // namespace

TEST_CASE("Planes lie over the picture as its sampling says", "[image]") {
  struct Case {
    test::JpegForm form;
    std::int64_t width, height;
    double across, down;
  };
  for (const auto& one :
       {Case{{90, 1, 1, false}, 45, 37, 1.0, 1.0}, Case{{90, 2, 1, false}, 23, 37, 0.5, 1.0},
        Case{{90, 2, 2, false}, 23, 19, 0.5, 0.5}, Case{{90, 4, 1, true}, 12, 37, 0.25, 1.0}}) {
    CAPTURE(one.form.across, one.form.down);
    const auto planes = planes_of(encode_jpeg(photograph(45, 37), one.form), {});
    REQUIRE(planes.count == 3);
    CHECK(planes.plane[0].width == 45);
    CHECK(planes.plane[0].height == 37);
    CHECK(planes.plane[0].across == 1.0);
    for (const std::size_t i : {1u, 2u}) {
      CHECK(planes.plane[i].width == one.width);
      CHECK(planes.plane[i].height == one.height);
      CHECK(planes.plane[i].across == one.across);
      CHECK(planes.plane[i].down == one.down);
    }
  }
}

TEST_CASE("At half the size colours keep the samples that they have", "[image]") {
  const auto planes = planes_of(encode_jpeg(photograph(64, 48)), {std::nullopt, 32, 24});
  for (const auto& plane : planes.plane) {
    CHECK(plane.width == 32);
    CHECK(plane.height == 24);
    CHECK(plane.across == 0.5);
    CHECK(plane.down == 0.5);
  }
}

TEST_CASE("Planes resized apart give the picture", "[image]") {
  const auto image = slopes(160, 120);
  for (const auto& form : {test::JpegForm{95, 1, 1, false}, test::JpegForm{95, 2, 1, false},
                           test::JpegForm{95, 2, 2, false}, test::JpegForm{95, 2, 2, true}}) {
    const auto bytes = encode_jpeg(image, form);
    for (const std::int64_t size : {15, 40, 100, 160, 250}) {
      CAPTURE(form.across, form.down, form.progressive, size);
      const auto off =
          difference(prepared(bytes, preparation_of(size, true)), resize(image, size, size));
      CHECK(off.mean < 2.0);
      CHECK(off.largest <= 12);
    }
  }
}

TEST_CASE("With as many samples of colour, planes resized apart are RGB resized", "[image]") {
  const auto bytes = encode_jpeg(photograph(90, 70), {90, 1, 1, false});
  for (const auto interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
    for (const std::int64_t size : {50, 64, 90, 130}) {
      CAPTURE(size);
      auto apart = preparation_of(size, true), together = preparation_of(size, false);
      apart.interpolation = together.interpolation = interpolation;
      // Rounding, and colours out of range, which RGB loses before the resize.
      CHECK(difference(prepared(bytes, apart), prepared(bytes, together)).mean < 0.6);
    }
  }
}

TEST_CASE("A grey JPEG becomes three equal channels", "[image]") {
  const auto bytes = test::slurp(test::source_dir() + "/tests/golden/image/grey.jpg");
  REQUIRE(planes_of(bytes, {}).count == 1);
  for (const std::int64_t size : {5, 8, 16, 31}) {
    const auto apart = prepared(bytes, preparation_of(size, true));
    CHECK(difference(apart, prepared(bytes, preparation_of(size, false))).largest <= 3);
    for (std::size_t i = 0; i < apart.rgb.size(); i += 3) {
      REQUIRE(apart.rgb[i] == apart.rgb[i + 1]);
      REQUIRE(apart.rgb[i] == apart.rgb[i + 2]);
    }
  }
}

TEST_CASE("A part of the planes gives what the whole gives there", "[image]") {
  const RandomStream stream(5, "boxes");
  std::uint64_t draw = 0;
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(stream.below(draw++, static_cast<std::uint64_t>(bound)));
  };
  for (const bool progressive : {false, true}) {
    const auto bytes = encode_jpeg(photograph(149, 117), {90, 2, 2, progressive});
    for (int i = 0; i < 40; ++i) {
      const Box box{below(100), below(80), 1 + below(49), 1 + below(37)};
      const std::int64_t size = 1 + below(60);
      CAPTURE(box.x, box.y, box.width, box.height, size);
      const auto part = planes_of(bytes, {box, size, size});
      // At the scale that the box asks for.
      const auto n = static_cast<std::int64_t>(part.plane[0].across * 8);
      const auto whole = planes_of(bytes, {std::nullopt, 149 * n / 8, 117 * n / 8});
      REQUIRE(whole.plane[0].across == part.plane[0].across);
      Pixels of_part, of_whole;
      resize_planes(part, box, size, size, Interpolation::bicubic, of_part);
      resize_planes(whole, box, size, size, Interpolation::bicubic, of_whole);
      CHECK(of_part.rgb == of_whole.rgb);
    }
  }
}

TEST_CASE("Every machine resizes planes to the same bits", "[image]") {
  if (fastest_resize_code() == ResizeCode::portable) return;  // there is one code only
  const RandomStream stream(12, "shapes");
  std::uint64_t draw = 0;
  const auto side = [&](std::uint64_t bound) {
    return 1 + static_cast<std::int64_t>(stream.below(draw++, bound));
  };
  for (int i = 0; i < 60; ++i) {
    const auto image = photograph(side(90), side(90), static_cast<std::uint64_t>(i));
    const auto planes = planes_of(encode_jpeg(image, {80, 1 + i % 2, 1 + i / 2 % 2, false}), {});
    const Box box{0, 0, image.width, image.height};
    const auto height = side(70), width = side(70);
    CAPTURE(image.height, image.width, height, width);
    for (const auto interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
      Pixels one, other;
      resize_planes_with(ResizeCode::portable, planes, box, height, width, interpolation, one);
      resize_planes_with(ResizeCode::avx2, planes, box, height, width, interpolation, other);
      CHECK(one.rgb == other.rgb);
    }
  }
}

TEST_CASE("A turned picture of planes is the turn of the picture", "[image]") {
  const std::string golden = test::source_dir() + "/tests/golden/image/";
  for (int orientation = 2; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const auto bytes = test::slurp(golden + "turned" + std::to_string(orientation) + ".jpg");
    auto apart = preparation_of(8, true), together = preparation_of(8, false);
    apart.upright = together.upright = true;
    const auto off = difference(prepared(bytes, apart), prepared(bytes, together));
    auto stored = apart;
    stored.upright = false;
    CHECK(off.mean < difference(prepared(bytes, stored), prepared(bytes, together)).mean);
    CHECK(off.mean < 6.0);
  }
}

TEST_CASE("Other colours have no planes and are decoded to RGB", "[image]") {
  const auto bytes = test::slurp(test::source_dir() + "/tests/golden/image/cmyk.jpg");
  Planes planes;
  CHECK_FALSE(decode_planes(bytes, read_image_header(bytes), {}, planes));
  const auto size = read_image_header(bytes).width;
  CHECK(prepared(bytes, preparation_of(size, true)).rgb ==
        prepared(bytes, preparation_of(size, false)).rgb);
}

TEST_CASE("A JPEG whose colours are sampled unlike has no planes, and is decoded to RGB",
          "[image]") {
  const auto image = slopes(160, 120);
  for (const auto& [across, down] : {std::pair{4, 1}, {1, 2}, {2, 2}}) {
    auto form = test::JpegForm{95, 1, 1, false};
    form.red_across = across;
    form.red_down = down;
    const auto bytes = encode_jpeg(image, form);
    Planes planes;
    CHECK_FALSE(decode_planes(bytes, read_image_header(bytes), {}, planes));
    for (const std::int64_t size : {16, 100, 160}) {
      const auto made = prepared(bytes, preparation_of(size, true));
      CHECK(difference(made, resize(image, size, size)).mean < 4.0);
    }
  }
}

TEST_CASE("What comes before the end of a part is read, and what is cut off is an error",
          "[image]") {
  const auto bytes = encode_jpeg(photograph(160, 160));
  const auto cut = bytes.substr(0, bytes.size() * 3 / 4);
  const auto header = read_image_header(cut);
  Planes planes;
  CHECK(decode_planes(cut, header, {Box{0, 0, 160, 32}, 0, 0}, planes));
  const auto error = test::error_of([&] { decode_planes(cut, header, {}, planes); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "the image is truncated or damaged (JPEG: Premature end of JPEG file)");
  // The decoder is none the worse.
  CHECK(decode_planes(bytes, read_image_header(bytes), {}, planes));
}
