// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "core/image/augment.h"
#include "support/catch.h"

using namespace candor;

namespace {

const RandomStream kStream(1, "augment");

// Every pixel differs from every other and none is black.
Pixels numbered(std::int64_t height, std::int64_t width) {
  Pixels image{height, width, {}};
  for (std::int64_t i = 0; i < height * width; ++i) {
    for (const int c : {1, 2, 3}) image.rgb.push_back(static_cast<std::uint8_t>(1 + c * i % 250));
  }
  return image;
}

const std::uint8_t* at(const Pixels& image, std::int64_t y, std::int64_t x) {
  return image.rgb.data() + (y * image.width + x) * 3;
}

// Pixels as a key of sets and maps.
std::string key(const Pixels& image) { return {image.rgb.begin(), image.rgb.end()}; }

Pixels mirror_of(const Pixels& image) {
  Pixels result = image;
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (std::int64_t x = 0; x < image.width; ++x) {
      std::copy_n(at(image, y, image.width - 1 - x), 3,
                  result.rgb.data() + (y * image.width + x) * 3);
    }
  }
  return result;
}

// `image` padded by `pad` and cut at (top, left).
Pixels cropped(const Pixels& image, std::int64_t pad, std::int64_t top, std::int64_t left) {
  Pixels result{image.height, image.width, {}};
  for (std::int64_t y = top - pad; y < top - pad + image.height; ++y) {
    for (std::int64_t x = left - pad; x < left - pad + image.width; ++x) {
      const bool inside = y >= 0 && x >= 0 && y < image.height && x < image.width;
      for (int c = 0; c < 3; ++c) result.rgb.push_back(inside ? at(image, y, x)[c] : 0);
    }
  }
  return result;
}

AugmentConfig moves(std::int64_t crop, bool flip, double rotate) {
  AugmentConfig config;
  config.crop = crop;
  config.flip = flip;
  config.rotate = rotate;
  return config;
}

}  // namespace

TEST_CASE("With everything off an image stays as it is", "[image]") {
  const auto image = numbered(5, 4);
  CHECK(augment(image, {}, kStream).rgb == image.rgb);
}

TEST_CASE("The same stream gives the same image, another stream another", "[image]") {
  const auto config = moves(2, true, 15.0);
  const auto image = numbered(8, 8);
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto changed = augment(image, config, kStream.at(i));
    CHECK(changed.rgb == augment(image, config, kStream.at(i)).rgb);
    CHECK(changed.height == 8);
    CHECK(changed.width == 8);
    seen.insert(key(changed));
  }
  CHECK(seen.size() == 50);
}

TEST_CASE("A flip is the exact mirror image, for about half of the streams", "[image]") {
  for (const std::int64_t width : {1, 4, 5}) {
    const auto image = numbered(3, width);
    const auto mirror = mirror_of(image);
    int mirrored = 0;
    for (std::uint64_t i = 0; i < 400; ++i) {
      const auto changed = augment(image, moves(0, true, 0.0), kStream.at(i));
      REQUIRE((changed.rgb == image.rgb || changed.rgb == mirror.rgb));
      mirrored += changed.rgb == mirror.rgb;
    }
    if (width > 1) CHECK(std::abs(mirrored - 200) < 60);  // six standard deviations
  }
}

TEST_CASE("A crop takes every offset from 0 to twice the padding about equally often", "[image]") {
  const auto image = numbered(6, 7);
  std::map<std::string, int> counts;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    ++counts[key(augment(image, moves(2, false, 0.0), kStream.at(i)))];
  }
  REQUIRE(counts.size() == 25);
  for (std::int64_t top = 0; top < 5; ++top) {
    for (std::int64_t left = 0; left < 5; ++left) {
      CAPTURE(top, left);
      CHECK(std::abs(counts[key(cropped(image, 2, top, left))] - 200) < 84);
    }
  }
}

TEST_CASE("A crop by more than the image leaves black or a shifted corner", "[image]") {
  const auto image = numbered(3, 2);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto stream = kStream.at(i);
    const auto top = static_cast<std::int64_t>(stream.below(1, 19));
    const auto left = static_cast<std::int64_t>(stream.below(2, 19));
    CHECK(augment(image, moves(9, false, 0.0), stream).rgb == cropped(image, 9, top, left).rgb);
  }
}

TEST_CASE("A crop with reflection has the image mirrored at its edge", "[image]") {
  // Columns a b c, moved by any number: c b | a b c | b a, without an end.
  const std::int64_t period[] = {0, 1, 2, 1};
  const auto image = numbered(3, 3);
  auto config = moves(9, false, 0.0);
  config.padding = CropPadding::reflect;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto stream = kStream.at(i);
    const auto top = static_cast<std::int64_t>(stream.below(1, 19));
    const auto left = static_cast<std::int64_t>(stream.below(2, 19));
    const auto changed = augment(image, config, stream);
    CAPTURE(top, left);
    for (std::int64_t y = 0; y < 3; ++y) {
      for (std::int64_t x = 0; x < 3; ++x) {
        const auto* expected =
            at(image, period[(y + top + 12 - 9) % 4], period[(x + left + 3) % 4]);
        CHECK(std::equal(expected, expected + 3, at(changed, y, x)));
      }
    }
  }
  const auto dot = numbered(1, 1);
  CHECK(augment(dot, config, kStream).rgb == dot.rgb);
}

TEST_CASE("Images grow evenly from epoch to epoch", "[image]") {
  const ProgressiveResizeConfig config{20, 6};
  std::vector<std::int64_t> sides;
  for (std::int64_t epoch = 0; epoch < 8; ++epoch) sides.push_back(side_in(config, 32, epoch));
  CHECK(sides == std::vector<std::int64_t>{20, 22, 24, 26, 28, 30, 32, 32});
  CHECK(mean_area(config, 32, 0, 3) == Approx((400.0 + 484.0 + 576.0) / 3072.0));
  CHECK(mean_area(config, 32, 1, 2) == Approx(484.0 / 1024.0));
  CHECK(mean_area(config, 32, 6, 9) == 1.0);
  CHECK(side_in({7, 2}, 224, 0) == 7);
  CHECK(side_in({7, 2}, 224, 1) == 115);
  CHECK(side_in({7, 2}, 224, 2) == 224);
}

TEST_CASE("Switching one change off leaves the draws of the others", "[image]") {
  const auto image = numbered(6, 6);
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto stream = kStream.at(i);
    const auto crop = augment(image, moves(2, false, 0.0), stream);
    const auto both = augment(image, moves(2, true, 0.0), stream);
    CHECK((both.rgb == crop.rgb || both.rgb == mirror_of(crop).rgb));
  }
}

TEST_CASE("A rotation keeps the centre, and brings in black at the corners", "[image]") {
  const Pixels white{9, 9, std::vector<std::uint8_t>(243, 255)};
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto stream = kStream.at(i);
    const auto turned = augment(white, moves(0, false, 45.0), stream);
    const double angle = std::abs(2.0 * stream.uniform(0) - 1.0) * 45.0;
    CHECK(*at(turned, 4, 4) == 255);
    if (angle > 10.0) CHECK(*at(turned, 0, 0) < 255);
    if (angle > 30.0) CHECK(*at(turned, 0, 0) == 0);
  }
}

TEST_CASE("A rotation by its angle is counter-clockwise and bilinear", "[image]") {
  const auto image = numbered(5, 5);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto stream = kStream.at(i);
    // The angle that the stream draws, scaled to a quarter turn, either way.
    const double draw = 2.0 * stream.uniform(0) - 1.0;
    const auto turned = augment(image, moves(0, false, 90.0 / std::abs(draw)), stream);
    Pixels expected = image;
    for (std::int64_t y = 0; y < 5; ++y) {
      for (std::int64_t x = 0; x < 5; ++x) {
        const auto* from = draw > 0 ? at(image, x, 4 - y) : at(image, 4 - x, y);
        std::copy_n(from, 3, expected.rgb.data() + (y * 5 + x) * 3);
      }
    }
    CHECK(turned.rgb == expected.rgb);
  }
}
