// SPDX-License-Identifier: Apache-2.0
#include "core/image/planes.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#include "core/image/resize_passes.h"

namespace candor {
namespace {

constexpr std::size_t kUsualBytes = std::size_t{8} << 20;

// Taps of one axis, made anew only when something about them is new: files of one size follow each
// other.
class AxisTaps {
 public:
  const Taps& of(double start, double length, std::int64_t inputs, std::int64_t outputs,
                 Interpolation interpolation) {
    const Key key{start, length, inputs, outputs, interpolation};
    if (key == key_) return taps_;
    key_ = {};  // should making them fail
    make_taps(start, length, inputs, outputs, interpolation, taps_);
    key_ = key;
    return taps_;
  }

 private:
  struct Key {
    double start = 0.0, length = 0.0;
    std::int64_t inputs = 0, outputs = 0;
    Interpolation interpolation = Interpolation::bilinear;
    friend bool operator==(const Key&, const Key&) = default;
  };
  Key key_;
  Taps taps_;
};

// Everything that a thread keeps from one image to the next; the two colours share their taps.
struct Scratch {
  std::array<AxisTaps, 2> down, across;
  std::vector<std::int16_t> row;  // one output row of a plane, not yet resized across
  std::vector<const std::uint8_t*> inputs;
  std::array<std::vector<std::int16_t>, 3> resized;  // one output row of each plane
};

class PlanesResize {
 public:
  PlanesResize(ResizeCode code, const Planes& planes, const Box& box, std::int64_t height,
               std::int64_t width, Interpolation interpolation)
      : planes_(planes), width_(width), passes_(resize_passes(code)) {
    assert(planes.count == 1 || (planes.plane[1].width == planes.plane[2].width &&
                                 planes.plane[1].height == planes.plane[2].height));
    for (int i = 0; i < planes.count; ++i) {
      const auto& plane = planes.plane[static_cast<std::size_t>(i)];
      const auto axis = static_cast<std::size_t>(std::min(i, 1));
      across_[axis] = &scratch_.across[axis].of(static_cast<double>(box.x) * plane.across,
                                                static_cast<double>(box.width) * plane.across,
                                                plane.width, width, interpolation);
      down_[axis] = &scratch_.down[axis].of(static_cast<double>(box.y) * plane.down,
                                            static_cast<double>(box.height) * plane.down,
                                            plane.height, height, interpolation);
      scratch_.resized[static_cast<std::size_t>(i)].resize(static_cast<std::size_t>(width));
    }
  }

  void write_row(std::int64_t y, std::uint8_t* out) {
    for (int i = 0; i < planes_.count; ++i) resize_row(i, y);
    const auto& rows = scratch_.resized;
    if (planes_.count == 1) return passes_.grey_to_rgb(rows[0].data(), width_, out);
    passes_.to_rgb(rows[0].data(), rows[1].data(), rows[2].data(), width_, out);
  }

 private:
  void resize_row(int number, std::int64_t y) {
    const auto& plane = planes_.plane[static_cast<std::size_t>(number)];
    const auto axis = static_cast<std::size_t>(std::min(number, 1));
    const auto& down = *down_[axis];
    const auto& across = *across_[axis];
    // Taps beyond the row's end have weight 0, but are read.
    scratch_.row.resize(
        std::max(scratch_.row.size(),
                 static_cast<std::size_t>(plane.width + across.count) + Picture::kSlack));
    scratch_.inputs.resize(static_cast<std::size_t>(down.count));
    const auto first = down.first[static_cast<std::size_t>(y)];
    for (std::int64_t k = 0; k < down.count; ++k) {
      scratch_.inputs[static_cast<std::size_t>(k)] =
          plane.row(std::min(first + k, plane.height - 1));
    }
    passes_.down(scratch_.inputs, down.weights.data() + y * down.count, plane.width,
                 scratch_.row.data());
    passes_.across_plane(scratch_.row.data(), across,
                         scratch_.resized[static_cast<std::size_t>(number)].data());
  }

  static Scratch& scratch() {
    thread_local Scratch scratch;
    return scratch;
  }

  const Planes& planes_;
  std::int64_t width_;
  ResizePasses passes_;
  Scratch& scratch_ = scratch();
  std::array<const Taps*, 2> down_{}, across_{};
};

}  // namespace

void Plane::reset(std::int64_t new_stride, std::int64_t rows) {
  stride = new_stride;
  const auto bytes = static_cast<std::size_t>(stride * rows) + Picture::kSlack;
  if (bytes > capacity_) {
    bytes_.reset();
    capacity_ = 0;
    bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
    capacity_ = bytes;
  }
  std::memset(bytes_.get() + bytes - Picture::kSlack, 0, Picture::kSlack);
}

void Plane::trim() {
  if (capacity_ <= kUsualBytes) return;
  bytes_.reset();
  capacity_ = 0;
  width = height = stride = 0;
}

void Planes::trim() {
  for (auto& part : plane) part.trim();
}

void resize_planes_with(ResizeCode code, const Planes& planes, const Box& box, std::int64_t height,
                        std::int64_t width, Interpolation interpolation, Pixels& out) {
  out.height = height;
  out.width = width;
  out.rgb.resize(static_cast<std::size_t>(height * width * 3));
  PlanesResize resize(code, planes, box, height, width, interpolation);
  for (std::int64_t y = 0; y < height; ++y) resize.write_row(y, out.rgb.data() + y * width * 3);
}

void resize_planes(const Planes& planes, const Box& box, std::int64_t height, std::int64_t width,
                   Interpolation interpolation, Pixels& out) {
  resize_planes_with(fastest_resize_code(), planes, box, height, width, interpolation, out);
}

}  // namespace candor
