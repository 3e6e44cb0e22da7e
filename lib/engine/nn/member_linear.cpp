// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/member_linear.h"

#include <torch/torch.h>

#include "engine/nn/linear.h"

namespace candor {
namespace {

// (N K, width) as (N, K, width).
at::Tensor by_member(const at::Tensor& x, std::int64_t members) {
  return x.unflatten(0, at::IntArrayRef{-1, members});
}

std::int64_t width_of(const MemberLinear& layer) {
  return layer.s.defined() ? layer.s.size(1) : layer.weight.size(0);
}

// x * s + b for x (N, K, out) or (N, 1, out).
at::Tensor scale_and_shift(const MemberLinear& layer, const at::Tensor& x) {
  const auto bias = layer.bias.view({-1, width_of(layer)});  // (K, out) or (1, out)
  return layer.s.defined() ? at::addcmul(bias, x, layer.s) : x + bias;
}

}  // namespace

at::Tensor member_inputs(const MemberLinear& layer, std::int64_t members, const at::Tensor& x,
                         const at::Tensor& added) {
  auto matrix = layer.weight.unsqueeze(0);
  if (layer.r.defined()) matrix = matrix * layer.r.unsqueeze(1);
  if (layer.s.defined()) matrix = matrix * layer.s.unsqueeze(2);
  const auto out = layer.weight.size(0);
  matrix = matrix.expand({members, out, -1}).flatten(0, 1);
  const auto bias = layer.bias.view({-1, out}).expand({members, out}).flatten();
  auto y = linear_layer(x, matrix, bias);
  if (added.defined()) {
    const auto shared = added.unsqueeze(1);
    y = y.unflatten(1, at::IntArrayRef{members, out});
    y = layer.s.defined() ? at::addcmul(y, shared, layer.s) : y + shared;
  }
  return y.view({-1, out});
}

at::Tensor member_sums(const MemberLinear& layer, std::int64_t members, const at::Tensor& added) {
  const auto out = width_of(layer);
  return scale_and_shift(layer, added.unsqueeze(1).expand({-1, members, out})).view({-1, out});
}

at::Tensor member_linear(const MemberLinear& layer, std::int64_t members, const at::Tensor& x) {
  const auto own = layer.bias.numel() != layer.weight.size(0) || layer.s.defined();
  const auto in = layer.r.defined() ? (by_member(x, members) * layer.r).flatten(0, 1) : x;
  if (!own) return linear_layer(in, layer.weight, layer.bias);
  return scale_and_shift(layer, by_member(linear_layer(in, layer.weight), members)).flatten(0, 1);
}

at::Tensor member_heads(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto members = weight.size(0), out = weight.size(2);
  return at::baddbmm(bias.view({members, 1, out}), by_member(x, members).transpose(0, 1), weight)
      .transpose(0, 1);
}

}  // namespace candor
