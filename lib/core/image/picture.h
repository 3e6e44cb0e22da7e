// SPDX-License-Identifier: Apache-2.0
// A decoded picture on its way to the size that a model sees: four bytes a pixel (red, green, blue,
// one that counts for nothing), which decoders write and the resize reads fastest. Buffers grow and
// stay, so that a thread allocates nothing per image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace candor {

// Part of a picture, in its pixels: columns [x, x + width), rows [y, y + height).
struct Box {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

class Picture {
 public:
  static constexpr std::int64_t kChannels = 4;

  std::int64_t width = 0, height = 0;  // of what is held
  // Held pixel (0, 0) is pixel (left, top) of the whole picture at `scale` (1, 1/2, 1/4 or 1/8).
  std::int64_t left = 0, top = 0;
  double scale = 1.0;

  // Room for width x height pixels, whose values are undefined; the whole picture at scale 1.
  void reset(std::int64_t new_width, std::int64_t new_height);
  // Gives memory back when it is more than a usual photograph needs.
  void trim();

  std::uint8_t* row(std::int64_t y) { return bytes_.get() + y * width * kChannels; }
  const std::uint8_t* row(std::int64_t y) const { return bytes_.get() + y * width * kChannels; }

  // Bytes after the last pixel that may be read, but say nothing.
  static constexpr std::size_t kSlack = 64;

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
};

// Every colour times the fourth byte / 255, rounded: transparency over black, inverted inks times
// inverted black.
void multiply_by_fourth(Picture& picture);

// Turned and mirrored as an EXIF orientation (1 to 8; TIFF 6.0, tag 274) says, into `upright`.
// `width` and `height` are those of the whole stored picture at `stored.scale`.
void turn_upright(const Picture& stored, int orientation, std::int64_t width, std::int64_t height,
                  Picture& upright);

// The part of the stored picture (stored_width x stored_height) that becomes `box` of the upright
// one.
Box stored_box(const Box& box, int orientation, std::int64_t stored_width,
               std::int64_t stored_height);

}  // namespace candor
