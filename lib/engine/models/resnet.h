// SPDX-License-Identifier: Apache-2.0
// Residual networks (He et al. 2015) with torchvision's weight names and initialisation;
// bottlenecks stride in their 3x3 convolution (v1.5).
#pragma once

#include <string>
#include <vector>

#include "engine/models/model.h"
#include "engine/nn/batch_norm.h"
#include "engine/nn/holder.h"

namespace candor {

class ResNet : public Model {
 public:
  ResNet(const ResNetConfig& config, std::int64_t classes, const RandomStream& init);
  at::Tensor forward(const Features& features, DropoutStream& dropout) override;
  bool rows_independent() const override { return false; }  // batch normalisation
  std::int64_t fitting_rows() const override;
  void fit(const Features& rows) override;

 private:
  struct Convolution {
    at::Tensor weight;
    std::int64_t stride = 1, padding = 0;
    BatchNorm norm;
  };
  struct Block {
    std::vector<Convolution> convolutions;  // 2 or 3
    bool projects = false;                  // the shortcut is a convolution
    bool pools = false;                     // halves the image by pooling
    Convolution shortcut;
  };

  // conv and its norm, named `conv` and `norm` below `holder`.
  Convolution make_convolution(Holder& holder, const std::string& conv, const std::string& norm,
                               std::int64_t in, std::int64_t out, std::int64_t kernel,
                               std::int64_t stride);
  Block make_block(Holder& holder, std::int64_t in, std::int64_t width, bool halves);
  at::Tensor apply_stem(const at::Tensor& images);
  at::Tensor apply(const Convolution& convolution, const at::Tensor& x, const at::Tensor& residual,
                   bool relu, bool pool = false);
  // `skipped`: chance that a row takes only the shortcut.
  at::Tensor apply(const Block& block, const at::Tensor& x, double skipped, DropoutStream& dropout);
  at::Tensor logits(const at::Tensor& images, DropoutStream& dropout);
  // With config.mirror the mean over the images and their mirror images.
  at::Tensor logits_of_sides(const at::Tensor& images, DropoutStream& dropout);

  ResNetConfig config_;
  bool bottleneck_;
  RandomStream init_;
  std::uint64_t drawn_ = 0;
  Convolution stem_;
  at::Tensor whitening_;  // of the whitening stem, which has no other weights
  std::vector<Block> blocks_;
  at::Tensor fc_weight_, fc_bias_;
};

}  // namespace candor
