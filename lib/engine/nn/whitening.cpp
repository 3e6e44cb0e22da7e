// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/whitening.h"

#include <torch/torch.h>

namespace candor {
namespace {

constexpr double kEps = 5e-4;               // added to the eigenvalues, of which some are almost 0
constexpr std::int64_t kImagesAtOnce = 20;  // whose patches are in memory together

// Sum of the outer products of the patches of some images, which lie in memory as (N, C, H, W).
at::Tensor outer_products(const at::Tensor& images, std::int64_t side) {
  const auto width = images.size(1) * side * side;
  const auto patches = images.unfold(2, side, 1).unfold(3, side, 1).permute({0, 2, 3, 1, 4, 5});
  const auto rows = patches.reshape({-1, width}).to(at::kDouble);
  return at::mm(rows.t(), rows);
}

}  // namespace

std::int64_t whitening_channels(std::int64_t image_channels, std::int64_t side) {
  return 2 * image_channels * side * side;
}

at::Tensor whitening_filters(const at::Tensor& images, std::int64_t side) {
  const auto channels = images.size(1), width = channels * side * side;
  auto covariance = at::zeros({width, width}, at::kDouble);
  for (const auto& some : images.split(kImagesAtOnce)) {
    covariance.add_(outer_products(some, side));
  }
  covariance.div_(images.size(0) * (images.size(2) - side + 1) * (images.size(3) - side + 1));
  const auto [values, vectors] = at::linalg_eigh(covariance);
  // Either sign of an eigenvector would do; here its largest element is positive.
  const auto largest = vectors.gather(0, vectors.abs().argmax(0, true));
  const auto filters = (vectors * largest.sign() / (values + kEps).sqrt()).t().to(at::kFloat);
  return at::cat({filters, -filters}).reshape({2 * width, channels, side, side});
}

}  // namespace candor
