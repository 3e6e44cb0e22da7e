// SPDX-License-Identifier: Apache-2.0
#include "engine/data/mix_batch.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/image/picture.h"

namespace candor {
namespace {

// log of a Gamma(alpha, 1) variable; the logarithm, since small alphas give what no double holds.
double draw_log_gamma(double alpha, const RandomStream& stream) {
  // Gamma(a) = Gamma(a + 1) * U^(1 / a).
  const double boost = std::log(std::max(stream.uniform(0), 1e-300)) / alpha;
  const double d = alpha + 1.0 - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  for (std::uint64_t at = 1;; at += 2) {
    const double x = stream.at(at).normal(0);
    const double v = std::pow(1.0 + c * x, 3.0);
    if (v <= 0.0) continue;
    const double u = std::max(stream.uniform(at + 1), 1e-300);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return std::log(d * v) + boost;
    }
  }
}

// Images [N, 3, H, W] of a batch, as bytes.
struct Images {
  explicit Images(at::Tensor& tensor)
      : count(tensor.size(0)),
        height(tensor.size(2)),
        width(tensor.size(3)),
        bytes(3 * height * width),
        data(tensor.data_ptr<std::uint8_t>()) {}
  std::uint8_t* at(std::int64_t i) const { return data + i * bytes; }

  // Calls `mix(image, image before it)`, both as they were.
  template <class Mix>
  void with_previous(const Mix& mix) const {
    const std::vector<std::uint8_t> last(at(count - 1), at(count - 1) + bytes);
    for (auto i = count - 1; i > 0; --i) mix(at(i), at(i - 1));
    mix(at(0), last.data());
  }

  std::int64_t count, height, width, bytes;
  std::uint8_t* data;
};

void mixup(const Images& images, double share) {
  constexpr int kBits = 15;
  const int own = static_cast<int>(std::lround(share * (1 << kBits)));
  const int other = (1 << kBits) - own;
  images.with_previous([&](std::uint8_t* image, const std::uint8_t* previous) {
    for (std::int64_t i = 0; i < images.bytes; ++i) {
      const int sum = own * image[i] + other * previous[i] + (1 << (kBits - 1));
      image[i] = static_cast<std::uint8_t>(sum >> kBits);
    }
  });
}

// The rectangle of 1 - share of the area about a point, cut off at the edges.
Box cut_of(const Images& images, double share, const RandomStream& stream) {
  const double half = 0.5 * std::sqrt(1.0 - share);
  const auto span = [&](std::uint64_t at, std::int64_t side, std::int64_t& first,
                        std::int64_t& length) {
    const auto middle =
        static_cast<std::int64_t>(stream.below(at, static_cast<std::uint64_t>(side)));
    const auto reach = static_cast<std::int64_t>(half * static_cast<double>(side));
    first = std::max<std::int64_t>(0, middle - reach);
    length = std::min(side, middle + reach) - first;
  };
  Box box;
  span(1, images.height, box.y, box.height);
  span(2, images.width, box.x, box.width);
  return box;
}

void cut_mix(const Images& images, const Box& box) {
  images.with_previous([&](std::uint8_t* image, const std::uint8_t* previous) {
    for (std::int64_t row = 0; row < 3 * box.height; ++row) {
      const auto plane = row / box.height, y = box.y + row % box.height;
      const auto at = (plane * images.height + y) * images.width + box.x;
      std::copy_n(previous + at, box.width, image + at);
    }
  });
}

}  // namespace

double draw_beta(double alpha, const RandomStream& stream) {
  const double a = draw_log_gamma(alpha, stream.at(0)), b = draw_log_gamma(alpha, stream.at(1));
  return 1.0 / (1.0 + std::exp(b - a));
}

void mix_batch(const AugmentConfig& augment, const RandomStream& stream, Batch& batch) {
  const bool either = augment.mixup || augment.cutmix;
  if (!either || batch.target.size(0) < 2) return;
  const bool cuts = augment.cutmix && (!augment.mixup || stream.below(0, 2) == 1);
  const Images images(batch.inputs.image);
  const double share = draw_beta(cuts ? augment.cutmix->alpha : augment.mixup->alpha, stream.at(1));
  if (cuts) {
    const auto box = cut_of(images, share, stream);
    cut_mix(images, box);
    const auto area = static_cast<double>(box.height * box.width);
    batch.target_share = 1.0 - area / static_cast<double>(images.height * images.width);
  } else {
    mixup(images, share);
    batch.target_share = share;
  }
  batch.second_target = batch.target.roll(1);
}

}  // namespace candor
