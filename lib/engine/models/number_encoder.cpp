// SPDX-License-Identifier: Apache-2.0
#include "engine/models/number_encoder.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "engine/nn/init.h"

namespace candor {

NumberEncoder::NumberEncoder(const NumberEncoderShape& shape, const RandomStream& init)
    : shape_(shape) {
  const auto columns = shape.columns;
  auto inputs = shape.inputs;
  if (shape.frequencies > 0) {
    inputs = 2 * shape.frequencies;
    frequencies_ = register_parameter(
        "frequencies",
        normal_tensor({columns * shape.frequencies}, shape.frequency_scale, init.at(0)));
  }
  const auto bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  weight_ = register_parameter("weight",
                               uniform_tensor({columns * inputs * shape.width}, bound, init.at(1)));
  bias_ = register_parameter("bias", uniform_tensor({columns * shape.width}, bound, init.at(2)));
}

at::Tensor NumberEncoder::forward(const at::Tensor& numbers) const {
  const auto columns = shape_.columns;
  auto x = numbers;
  if (frequencies_.defined()) {
    const auto angle = x * (frequencies_.view({columns, -1}) * (2.0 * std::numbers::pi));
    x = at::cat({angle.cos(), angle.sin()}, 2);
  }
  // One matrix product per column: (E, N, I) x (E, I, d).
  const auto product = at::baddbmm(bias_.view({columns, 1, shape_.width}), x.transpose(0, 1),
                                   weight_.view({columns, -1, shape_.width}));
  return product.relu().transpose(0, 1).flatten(1);
}

}  // namespace candor
