// SPDX-License-Identifier: Apache-2.0
// Changes that came with the second data step, against torchvision where it has them.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "core/base/json.h"
#include "core/image/augment.h"
#include "core/image/color.h"
#include "core/image/geometry.h"
#include "core/image/rand_augment.h"
#include "support/catch.h"
#include "support/encode_jpeg.h"
#include "support/places.h"
#include "support/temp.h"
#include "support/unhex.h"

using namespace candor;
using test::unhex;

namespace {

const Json& fixture() {
  static const auto json =
      Json::parse(test::slurp(test::source_dir() + "/tests/golden/image/augment.json"));
  return json;
}

Pixels picture() {
  return {fixture()["shape"][0], fixture()["shape"][1],
          unhex(fixture()["pixels"].get<std::string>())};
}

// Largest difference, and how many values differ at all.
std::pair<int, std::size_t> differences(const Pixels& image, const Json& expected) {
  const auto pixels = unhex(expected.get<std::string>());
  REQUIRE(image.rgb.size() == pixels.size());
  std::pair<int, std::size_t> found{0, 0};
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const auto difference = std::abs(int{image.rgb[i]} - int{pixels[i]});
    found.first = std::max(found.first, difference);
    found.second += difference != 0;
  }
  return found;
}

const RandomStream kStream(5, "augment");

double black_share(const Pixels& image) {
  std::size_t black = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    black += image.rgb[i] == 0 && image.rgb[i + 1] == 0 && image.rgb[i + 2] == 0;
  }
  return static_cast<double>(black) * 3.0 / static_cast<double>(image.rgb.size());
}

}  // namespace

TEST_CASE("Every operation of RandAugment gives the pixels that torchvision gives", "[image]") {
  std::set<std::string> seen;
  for (const auto& entry : fixture()["operations"]) {
    const auto name = entry["operation"].get<std::string>();
    const auto found =
        std::find(kRandAugmentOperations.begin(), kRandAugmentOperations.end(), name);
    REQUIRE(found != kRandAugmentOperations.end());
    seen.insert(name);
    auto image = picture();
    apply_operation(image, static_cast<std::size_t>(found - kRandAugmentOperations.begin()),
                    entry["magnitude"], entry["negative"]);
    const auto [largest, different] = differences(image, entry["pixels"]);
    CAPTURE(name, entry["magnitude"].get<int>(), entry["negative"].get<bool>(), different);
    CHECK(largest <= 1);  // floats are cut off to bytes, next to a whole number either way
    CHECK(different <= 6);
  }
  CHECK(seen.size() == kRandAugmentOperations.size());
}

TEST_CASE("The hue turns as torchvision turns it", "[image]") {
  for (const auto& entry : fixture()["hues"]) {
    auto image = picture();
    adjust_hue(image, entry["turn"]);
    const auto [largest, different] = differences(image, entry["pixels"]);
    CAPTURE(entry["turn"].get<double>(), different);
    CHECK(largest <= 1);
    CHECK(different <= 10);
  }
}

TEST_CASE("A factor of one changes no colour", "[image]") {
  const auto original = test::photograph(20, 15);
  for (const auto change :
       {adjust_brightness, adjust_contrast, adjust_saturation, adjust_sharpness}) {
    auto image = original;
    change(image, 1.0);
    CHECK(image.rgb == original.rgb);
  }
}

TEST_CASE("Upside down twice, mirrored twice, is as before", "[image]") {
  const auto original = test::photograph(7, 5);
  auto image = original;
  turn_over(image);
  CHECK(image.rgb != original.rgb);
  CHECK(std::equal(image.rgb.begin(), image.rgb.begin() + 21, original.rgb.end() - 21));
  turn_over(image);
  CHECK(image.rgb == original.rgb);
  mirror(image);
  mirror(image);
  CHECK(image.rgb == original.rgb);
}

TEST_CASE("A random part has an area and a shape within its bounds", "[image]") {
  ResizedCropConfig config;
  config.min_area = 0.2;
  config.max_area = 0.6;
  config.max_aspect = 1.5;
  double smallest = 1.0, largest = 0.0;
  std::set<std::int64_t> lefts;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto box = random_part(config, kStream.at(i), 400, 300);
    REQUIRE(box.x >= 0);
    REQUIRE(box.y >= 0);
    REQUIRE(box.x + box.width <= 400);
    REQUIRE(box.y + box.height <= 300);
    const double area = static_cast<double>(box.width * box.height) / 120000.0;
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
    const double aspect = static_cast<double>(box.width) / static_cast<double>(box.height);
    CHECK(aspect < 1.52);
    CHECK(aspect > 1 / 1.52);
    lefts.insert(box.x);
  }
  CHECK(smallest == Approx(0.2).margin(0.01));
  CHECK(largest == Approx(0.6).margin(0.01));
  CHECK(lefts.size() > 100);
}

TEST_CASE("A picture too long for any part gives its middle", "[image]") {
  ResizedCropConfig config;
  config.min_area = 0.9;
  const auto box = random_part(config, kStream, 1000, 30);
  CHECK(box == Box{480, 0, 40, 30});
  CHECK(random_part(config, kStream, 1, 1) == Box{0, 0, 1, 1});
}

TEST_CASE("Erasing paints one black rectangle, as often as asked", "[image]") {
  const Pixels white{40, 50, std::vector<std::uint8_t>(6000, 255)};
  AugmentConfig config;
  config.erase = EraseConfig{};
  config.erase->probability = 0.3;
  int erased = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto share = black_share(augment(white, config, kStream.at(i)));
    if (share == 0.0) continue;
    ++erased;
    CHECK(share > 0.015);
    CHECK(share < 0.35);
  }
  CHECK(std::abs(erased - 300) < 87);  // six standard deviations
}

TEST_CASE("Jitter is the same for the same stream, and leaves the other draws alone", "[image]") {
  const auto image = test::photograph(24, 24);
  AugmentConfig flips;
  flips.flip = flips.vertical_flip = true;
  auto jitters = flips;
  jitters.jitter = JitterConfig{0.4, 0.4, 0.4, 0.1};
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto stream = kStream.at(i);
    const auto changed = augment(image, jitters, stream);
    CHECK(changed.rgb == augment(image, jitters, stream).rgb);
    AugmentConfig only = jitters;
    only.flip = only.vertical_flip = false;
    // Colours change by table and pixel, so that they can be changed before or after the moves.
    CHECK(changed.rgb == augment(augment(image, flips, stream), only, stream).rgb);
    seen.insert({changed.rgb.begin(), changed.rgb.end()});
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("RandAugment takes as many operations as asked, all of them in time", "[image]") {
  const auto image = test::photograph(16, 16);
  std::map<std::string, int> counts;
  for (std::uint64_t i = 0; i < 1400; ++i) {
    Pixels changed = image;
    rand_augment(changed, {1, 9}, kStream.at(i));
    ++counts[{changed.rgb.begin(), changed.rgb.end()}];
  }
  // 14 operations, nine of them in two directions.
  CHECK(counts.size() >= 20);
  CHECK(counts.size() <= 23);
  Pixels twice = image;
  rand_augment(twice, {2, 9}, kStream);
  Pixels once = image;
  rand_augment(once, {1, 9}, kStream);
  CHECK(twice.rgb != image.rgb);
}
