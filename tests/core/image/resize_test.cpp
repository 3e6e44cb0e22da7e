// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <cstdlib>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/image/prepare.h"
#include "core/image/resize.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"
#include "support/unhex.h"

using namespace candor;
using test::error_of;
using test::unhex;

namespace {

Pixels noise(std::int64_t height, std::int64_t width) {
  const RandomStream stream(5, "noise");
  Pixels image{height, width, {}};
  for (std::int64_t i = 0; i < height * width * 3; ++i) {
    image.rgb.push_back(
        static_cast<std::uint8_t>(stream.below(static_cast<std::uint64_t>(i), 256)));
  }
  return image;
}

}  // namespace

TEST_CASE("Resizing agrees with torch's antialiased interpolation", "[image]") {
  const auto fixture =
      Json::parse(test::slurp(test::source_dir() + "/tests/golden/image/resize.json"));
  std::size_t values = 0;
  std::size_t different = 0;
  for (const auto& entry : fixture["cases"]) {
    const Pixels image{entry["in"][0], entry["in"][1], unhex(entry["pixels"].get<std::string>())};
    const auto interpolation =
        entry["mode"] == "bilinear" ? Interpolation::bilinear : Interpolation::bicubic;
    const auto resized = resize(image, entry["out"][0], entry["out"][1], interpolation);
    const auto expected = unhex(entry["resized"].get<std::string>());
    REQUIRE(resized.rgb.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto difference = std::abs(int{resized.rgb[i]} - int{expected[i]});
      REQUIRE(difference <= 1);
      ++values;
      different += difference != 0;
    }
  }
  CHECK(values > 6000);
  CHECK(different * 50 <= values);  // what lies next to a half, in fixed point
}

TEST_CASE("Resizing to the same size changes nothing", "[image]") {
  const auto image = noise(7, 9);
  CHECK(resize(image, 7, 9).rgb == image.rgb);
}

TEST_CASE("A uniform image stays uniform at any size", "[image]") {
  const Pixels image{5, 3, std::vector<std::uint8_t>(45, 201)};
  for (const std::int64_t side : {1, 2, 4, 31}) {
    const auto resized = resize(image, side, 2 * side);
    CHECK(resized.height == side);
    CHECK(resized.width == 2 * side);
    CHECK(resized.rgb == std::vector<std::uint8_t>(static_cast<std::size_t>(6 * side * side), 201));
  }
}

TEST_CASE("Halving averages with the triangle 1 3 3 1", "[image]") {
  Pixels image{1, 8, {}};
  for (const int value : {0, 0, 0, 80, 160, 0, 0, 0}) {
    image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(value));
  }
  const auto halved = resize(image, 1, 4);
  CHECK(halved.rgb == std::vector<std::uint8_t>{0, 0, 0, 50, 50, 50, 70, 70, 70, 0, 0, 0});
}

TEST_CASE("Pixels that do not fill their shape are refused", "[image]") {
  const auto error = error_of([] { resize({2, 2, std::vector<std::uint8_t>(11)}, 4, 4); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::request);
  CHECK(
      error->what() ==
      std::string("the image has 11 bytes of pixels; 2 x 2 x 3 are expected, at least one pixel"));
  CHECK(error_of([] { resize({0, 0, {}}, 4, 4); }));
}

TEST_CASE("Planar order puts one channel after the other", "[image]") {
  std::vector<std::uint8_t> out(6);
  write_planar({1, 2, {1, 2, 3, 4, 5, 6}}, out.data());
  CHECK(out == std::vector<std::uint8_t>{1, 4, 2, 5, 3, 6});
}
