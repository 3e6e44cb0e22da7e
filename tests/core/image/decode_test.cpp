// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <cstdlib>

#include "core/base/json.h"
#include "core/image/decode.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"
#include "support/unhex.h"

using namespace candor;
using test::error_of;
using test::unhex;

namespace {

const std::string kGolden = test::source_dir() + "/tests/golden/image/";

std::string message(std::string_view bytes, const ImageLimits& limits = {}) {
  const auto error = error_of([&] { decode_image(bytes, limits); });
  if (!error) return "accepted";
  return error->kind() == ErrorKind::request ? error->what() : "wrong kind";
}

bool starts_with_damage(const std::string& text) {
  return text.rfind("the image is truncated or damaged (", 0) == 0;
}

// Width and height in the header of a PNG; its checksum is wrong then, which comes later than the
// size.
std::string with_png_size(std::string png, std::uint32_t width, std::uint32_t height) {
  for (int i = 0; i < 4; ++i) {
    png[16 + i] = static_cast<char>(width >> (24 - 8 * i));
    png[20 + i] = static_cast<char>(height >> (24 - 8 * i));
  }
  return png;
}

}  // namespace

TEST_CASE("Every kind of file decodes to the pixels that Pillow reads", "[image]") {
  const auto expected = Json::parse(test::slurp(kGolden + "decode.json"));
  REQUIRE(expected.size() == 29);
  for (const auto& [name, entry] : expected.items()) {
    CAPTURE(name);
    const auto image = decode_image(test::slurp(kGolden + name));
    CHECK(image.height == entry["shape"][0].get<std::int64_t>());
    CHECK(image.width == entry["shape"][1].get<std::int64_t>());
    const auto pixels = unhex(entry["pixels"].get<std::string>());
    REQUIRE(image.rgb.size() == pixels.size());
    int largest = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      largest = std::max(largest, std::abs(int{image.rgb[i]} - int{pixels[i]}));
    }
    // JPEG decoders may differ in the last bit of colour conversion, and halves may round either
    // way.
    const bool lossy = name.ends_with(".jpg") || name == "lossy.webp";
    CHECK(largest <= (lossy ? 2 : 1));
  }
}

TEST_CASE("A truncated file is refused at every length", "[image]") {
  for (const std::string name :
       {"color.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "color.png", "palette.png",
        "interlaced.png", "wide16.png", "lossy.webp", "lossless.webp", "alpha.webp"}) {
    const auto whole = test::slurp(kGolden + name);
    REQUIRE(message(whole) == "accepted");
    for (std::size_t part = 0; part < 16; ++part) {
      CAPTURE(name, part);
      const auto text = message(std::string_view(whole).substr(0, whole.size() * part / 16));
      CHECK(text != "accepted");
      CHECK(text.rfind("the image ", 0) == 0);
    }
    CAPTURE(name);
    CHECK(starts_with_damage(message(std::string_view(whole).substr(0, whole.size() - 1))));
  }
}

TEST_CASE("No single changed byte of a PNG goes unnoticed", "[image]") {
  const auto whole = test::slurp(kGolden + "grey.png");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    CHECK(message(changed) != "accepted");
  }
}

TEST_CASE("Changed bytes of a JPEG are decoded or refused, never more", "[image]") {
  for (const std::string name : {"color_420.jpg", "progressive.jpg", "cmyk.jpg"}) {
    const auto whole = test::slurp(kGolden + name);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      auto changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ 0x55);
      const auto text = message(changed);
      CHECK((text == "accepted" || text.rfind("the image ", 0) == 0));
    }
  }
}

TEST_CASE("What is not an image is refused by name", "[image]") {
  CHECK(message("") == "the image has zero bytes");
  CHECK(message("hello") == "the image is neither JPEG, PNG nor WebP");
  CHECK(message("GIF89a and more") == "the image is neither JPEG, PNG nor WebP");
  CHECK(message(std::string(100, '\0')) == "the image is neither JPEG, PNG nor WebP");
  CHECK(message("\x89PNG\r\n\x1A\n") == "the image is truncated or damaged (PNG: header)");
  CHECK(starts_with_damage(message("\xFF\xD8\xFF")));
  CHECK(message(std::string(11, 'x'), {10, 8, 64}) == "the image has 11 bytes; 10 are allowed");
}

TEST_CASE("A declared size above the limits is refused before pixels are allocated", "[image]") {
  const auto png = test::slurp(kGolden + "color.png");
  CHECK(message(with_png_size(png, 0x7FFFFFFF, 0x7FFFFFFF)) ==
        "the image is 2147483647 x 2147483647 pixels; 1 to 8192 a side and 16000000 in all are "
        "allowed");
  CHECK(message(with_png_size(png, 0, 5)) ==
        "the image is 0 x 5 pixels; 1 to 8192 a side and 16000000 in all are allowed");
  CHECK(message(with_png_size(png, 8000, 8000)) ==
        "the image is 8000 x 8000 pixels; 1 to 8192 a side and 16000000 in all are allowed");
  CHECK(message(with_png_size(png, 16385, 10), kFileLimits) ==
        "the image is 16385 x 10 pixels; 1 to 16384 a side and 64000000 in all are allowed");
  CHECK(message(with_png_size(png, 8001, 8000), kFileLimits) ==
        "the image is 8001 x 8000 pixels; 1 to 16384 a side and 64000000 in all are allowed");
  CHECK(message(std::string((50 << 20) + 1, 'x'), kFileLimits) ==
        "the image has 52428801 bytes; 52428800 are allowed");
  CHECK(message(png, {1000, 13, 1000}) ==
        "the image is 14 x 11 pixels; 1 to 13 a side and 1000 in all are allowed");
  const auto jpeg = test::slurp(kGolden + "color.jpg");
  CHECK(message(jpeg, {1000, 100, 153}) ==
        "the image is 14 x 11 pixels; 1 to 100 a side and 153 in all are allowed");
  CHECK(message(jpeg, {1000, 14, 154}) == "accepted");
}

TEST_CASE("A JPEG of very many scans is refused", "[image]") {
  const auto whole = test::slurp(kGolden + "progressive.jpg");
  const auto scan = whole.rfind("\xFF\xDA");
  REQUIRE(scan != std::string::npos);
  auto bomb = whole.substr(0, whole.size() - 2);
  for (int i = 0; i < 101; ++i) bomb += whole.substr(scan, whole.size() - 2 - scan);
  CHECK(message(bomb + "\xFF\xD9") == "the image has more than 100 scans");
}
