// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/whitening.h"

#include <torch/torch.h>

#include "support/catch.h"

using namespace candor;

namespace {

// Images whose neighbours are alike and whose channels go together, as those of photographs.
at::Tensor smooth_images() {
  const auto noise = torch::randn({40, 3, 20, 20});
  return at::avg_pool2d(noise, 3, 1) * 3 + torch::randn({40, 1, 18, 18});
}

// Mean outer product of the answers of all places.
at::Tensor covariance(const at::Tensor& answers) {
  const auto rows = answers.permute({0, 2, 3, 1}).reshape({-1, answers.size(1)});
  return at::mm(rows.t(), rows) / rows.size(0);
}

}  // namespace

TEST_CASE("whitened patches are uncorrelated and have the variance 1", "[nn]") {
  torch::manual_seed(3);
  const auto images = smooth_images();
  const auto filters = whitening_filters(images, 2);
  REQUIRE(filters.sizes() == at::IntArrayRef{whitening_channels(3, 2), 3, 2, 2});
  const auto half = filters.slice(0, 0, 12);
  CHECK(filters.slice(0, 12).equal(-half));
  const auto before = covariance(at::conv2d(images, torch::eye(12).view({12, 3, 2, 2})));
  CHECK((before - before.diag().diag()).abs().max().item<double>() > 0.5);
  CHECK(covariance(at::conv2d(images, half)).allclose(torch::eye(12), 1e-2, 1e-2));
}

TEST_CASE("whitening takes images that are all alike, and any layout", "[nn]") {
  torch::manual_seed(3);
  CHECK(whitening_filters(torch::zeros({2, 3, 4, 4}), 2).isfinite().all().item<bool>());
  const auto images = smooth_images();
  CHECK(whitening_filters(images.contiguous(at::MemoryFormat::ChannelsLast), 2)
            .allclose(whitening_filters(images, 2), 1e-4, 1e-5));
}
