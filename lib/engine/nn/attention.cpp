// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/attention.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include "engine/nn/kernels.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Queries, keys or values (B, H, T, D) of packed (B, T, 3, H, D).
at::Tensor part(const at::Tensor& packed, std::int64_t index) {
  return packed.select(2, index).transpose(1, 2);
}

struct RotaryAttention : torch::autograd::Function<RotaryAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& cosine, const at::Tensor& sine, std::int64_t heads) {
    const auto x = input.contiguous();
    const auto batch = x.size(0), time = x.size(1), width = x.size(2) / 3;
    const auto half = width / heads / 2;
    auto packed = at::empty({batch, time, 3, heads, 2 * half}, x.options());
    const auto* in = x.const_data_ptr<float>();
    auto* out = packed.data_ptr<float>();
    const auto* c = cosine.const_data_ptr<float>();
    const auto* s = sine.const_data_ptr<float>();
    parallel_for(0, batch * time, 64, [&](std::int64_t first, std::int64_t last) {
      for (auto row = first; row < last; ++row) {
        const auto at = row * 3 * width, angle = row % time * half;
        kernels::rotate(in + at, c + angle, s + angle, out + at, 2 * heads, half, 1.0f);
        std::copy(in + at + 2 * width, in + at + 3 * width, out + at + 2 * width);
      }
    });
    const auto [mixed, logsumexp] = at::_scaled_dot_product_flash_attention_for_cpu(
        part(packed, 0), part(packed, 1), part(packed, 2), 0.0, /*is_causal=*/true);
    context->save_for_backward({packed, mixed, logsumexp, cosine, sine});
    return mixed.transpose(1, 2).flatten(2);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& packed = saved[0];
    const auto batch = packed.size(0), time = packed.size(1), heads = packed.size(3);
    const auto half = packed.size(4) / 2, width = heads * 2 * half;
    const auto dy = gradients[0].unflatten(-1, {heads, 2 * half}).transpose(1, 2);
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        dy, part(packed, 0), part(packed, 1), part(packed, 2), saved[1], saved[2], 0.0, true);
    const auto q = dq.transpose(1, 2).contiguous(), k = dk.transpose(1, 2).contiguous(),
               v = dv.transpose(1, 2).contiguous();
    auto dx = at::empty({batch, time, 3 * width}, packed.options());
    const float* from[] = {q.const_data_ptr<float>(), k.const_data_ptr<float>(),
                           v.const_data_ptr<float>()};
    auto* out = dx.data_ptr<float>();
    const auto* c = saved[3].const_data_ptr<float>();
    const auto* s = saved[4].const_data_ptr<float>();
    parallel_for(0, batch * time, 64, [&](std::int64_t first, std::int64_t last) {
      for (auto row = first; row < last; ++row) {
        const auto angle = row % time * half, at = row * width;
        auto* to = out + 3 * at;
        kernels::rotate(from[0] + at, c + angle, s + angle, to, heads, half, -1.0f);
        kernels::rotate(from[1] + at, c + angle, s + angle, to + width, heads, half, -1.0f);
        std::copy(from[2] + at, from[2] + at + width, to + 2 * width);
      }
    });
    return {dx, {}, {}, {}};
  }
};

}  // namespace

at::Tensor rotary_attention(const at::Tensor& packed, const at::Tensor& cosine,
                            const at::Tensor& sine, std::int64_t heads) {
  return RotaryAttention::apply(packed, cosine, sine, heads);
}

bool has_rotary_attention(const at::Tensor& packed) {
  return packed.device().is_cpu() && packed.scalar_type() == at::kFloat &&
         !torch::jit::tracer::isTracing();
}

}  // namespace candor
