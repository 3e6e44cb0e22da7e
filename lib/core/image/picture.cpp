// SPDX-License-Identifier: Apache-2.0
#include "core/image/picture.h"

#include <cstring>

namespace candor {
namespace {

constexpr std::size_t kUsualBytes = std::size_t{16} << 20;

// Orientations 5 to 8 swap the axes.
bool swaps(int orientation) { return orientation >= 5; }
// Whether the column, the row of the upright picture counts from the far end of the stored axis
// that it lies along.
bool flips_column(int orientation) {
  return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 6;
}
bool flips_row(int orientation) {
  return orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
}

// [first, first + count) counted from the far end of `all`.
std::int64_t from_far_end(std::int64_t first, std::int64_t count, std::int64_t all) {
  return all - first - count;
}

}  // namespace

void Picture::reset(std::int64_t new_width, std::int64_t new_height) {
  const auto bytes = static_cast<std::size_t>(new_width * new_height * kChannels) + kSlack;
  if (bytes > capacity_) {
    bytes_.reset();
    capacity_ = 0;
    bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
    capacity_ = bytes;
  }
  std::memset(bytes_.get() + bytes - kSlack, 0, kSlack);
  width = new_width;
  height = new_height;
  left = top = 0;
  scale = 1.0;
}

void Picture::trim() {
  if (capacity_ <= kUsualBytes) return;
  bytes_.reset();
  capacity_ = 0;
  width = height = 0;
}

void multiply_by_fourth(Picture& picture) {
  auto* pixel = picture.row(0);
  for (auto left = picture.width * picture.height; left > 0; --left, pixel += 4) {
    for (int c = 0; c < 3; ++c) {
      pixel[c] = static_cast<std::uint8_t>((pixel[c] * pixel[3] + 127) / 255);
    }
  }
}

Box stored_box(const Box& box, int orientation, std::int64_t stored_width,
               std::int64_t stored_height) {
  const auto upright_width = swaps(orientation) ? stored_height : stored_width;
  const auto upright_height = swaps(orientation) ? stored_width : stored_height;
  Box turned = box;
  if (flips_column(orientation)) turned.x = from_far_end(box.x, box.width, upright_width);
  if (flips_row(orientation)) turned.y = from_far_end(box.y, box.height, upright_height);
  if (!swaps(orientation)) return turned;
  return {turned.y, turned.x, turned.height, turned.width};
}

void turn_upright(const Picture& stored, int orientation, std::int64_t width, std::int64_t height,
                  Picture& upright) {
  const bool swap = swaps(orientation);
  upright.reset(swap ? stored.height : stored.width, swap ? stored.width : stored.height);
  upright.scale = stored.scale;
  const auto whole_width = swap ? height : width;
  const auto whole_height = swap ? width : height;
  upright.left = swap ? stored.top : stored.left;
  upright.top = swap ? stored.left : stored.top;
  if (flips_column(orientation)) {
    upright.left = from_far_end(upright.left, upright.width, whole_width);
  }
  if (flips_row(orientation)) {
    upright.top = from_far_end(upright.top, upright.height, whole_height);
  }
  for (std::int64_t y = 0; y < upright.height; ++y) {
    const auto v = flips_row(orientation) ? upright.height - 1 - y : y;
    auto* out = upright.row(y);
    for (std::int64_t x = 0; x < upright.width; ++x, out += Picture::kChannels) {
      const auto u = flips_column(orientation) ? upright.width - 1 - x : x;
      const auto* from =
          swap ? stored.row(u) + v * Picture::kChannels : stored.row(v) + u * Picture::kChannels;
      std::memcpy(out, from, Picture::kChannels);
    }
  }
}

}  // namespace candor
