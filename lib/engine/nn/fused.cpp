// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/fused.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>

#include "engine/nn/kernels.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kGrain = 16384;  // elements that are worth a thread

bool fused(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && !torch::jit::tracer::isTracing();
}

std::int64_t rows_per_thread(std::int64_t width) {
  return std::max<std::int64_t>(1, kGrain / width);
}

// ---- RMSNorm ---------------------------------------------------------------------------------

// Gradient of the weight is summed in this many blocks of rows, however many threads there are: the
// result does not depend on them.
constexpr std::int64_t kBlocks = 16;

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, double eps) {
    const auto x = input.contiguous();
    const auto width = x.size(-1);
    const auto rows = x.numel() / std::max<std::int64_t>(1, width);
    auto y = at::empty_like(x);
    auto inverse = at::empty({rows}, x.options());
    const auto* in = x.const_data_ptr<float>();
    const auto* w = weight.const_data_ptr<float>();
    auto* out = y.data_ptr<float>();
    auto* r = inverse.data_ptr<float>();
    at::parallel_for(0, rows, rows_per_thread(width), [&](std::int64_t first, std::int64_t last) {
      kernels::rms_norm(in + first * width, w, out + first * width, r + first, last - first, width,
                        static_cast<float>(eps));
    });
    context->save_for_backward({x, weight, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto dy = gradients[0].contiguous();
    const auto width = x.size(-1);
    auto dx = at::empty_like(x);
    const auto rows = x.numel() / std::max<std::int64_t>(1, width);
    const auto partial = at::zeros({kBlocks, width}, x.options());
    const auto block_rows = (rows + kBlocks - 1) / kBlocks;
    const auto* in = x.const_data_ptr<float>();
    const auto* w = saved[1].const_data_ptr<float>();
    const auto* r = saved[2].const_data_ptr<float>();
    const auto* g = dy.const_data_ptr<float>();
    auto* out = dx.data_ptr<float>();
    auto* dw = partial.data_ptr<float>();
    at::parallel_for(0, kBlocks, 1, [&](std::int64_t first, std::int64_t last) {
      for (auto block = first; block < last; ++block) {
        const auto start = std::min(rows, block * block_rows);
        const auto count = std::min(rows, start + block_rows) - start;
        kernels::rms_norm_backward(in + start * width, w, r + start, g + start * width,
                                   out + start * width, dw + block * width, count, width);
      }
    });
    return {dx, partial.sum(0), {}};
  }
};

// ---- rotary ----------------------------------------------------------------------------------

// `sign` -1 rotates back, which is the gradient.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine,
                  float sign) {
  TORCH_CHECK(cosine.size(0) == x.size(1) && sine.size(0) == x.size(1) && cosine.is_contiguous() &&
                  sine.is_contiguous(),
              "one contiguous row of angles per position");
  auto y = at::empty_like(x);
  const auto time = x.size(1), heads = x.size(2), half = x.size(3) / 2;
  const auto* in = x.const_data_ptr<float>();
  auto* out = y.data_ptr<float>();
  const auto* c = cosine.const_data_ptr<float>();
  const auto* s = sine.const_data_ptr<float>();
  const auto width = heads * 2 * half;
  at::parallel_for(0, x.size(0) * time, rows_per_thread(width),
                   [&](std::int64_t first, std::int64_t last) {
                     for (auto row = first; row < last; ++row) {
                       kernels::rotate(in + row * width, c + row % time * half,
                                       s + row % time * half, out + row * width, heads, half, sign);
                     }
                   });
  return y;
}

struct Rotary : torch::autograd::Function<Rotary> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine,
                            const at::Tensor& sine) {
    context->saved_data["cosine"] = cosine;
    context->saved_data["sine"] = sine;
    return rotate(x.contiguous(), cosine, sine, 1.0f);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {rotate(gradients[0].contiguous(), context->saved_data["cosine"].toTensor(),
                   context->saved_data["sine"].toTensor(), -1.0f),
            {},
            {}};
  }
};

// ---- SwiGLU ----------------------------------------------------------------------------------

struct SwiGlu : torch::autograd::Function<SwiGlu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_in,
                            const at::Tensor& up_in) {
    const auto gate = gate_in.contiguous(), up = up_in.contiguous();
    auto y = at::empty_like(gate);
    const auto* g = gate.const_data_ptr<float>();
    const auto* u = up.const_data_ptr<float>();
    auto* out = y.data_ptr<float>();
    at::parallel_for(0, gate.numel(), kGrain, [&](std::int64_t first, std::int64_t last) {
      kernels::swiglu(g + first, u + first, out + first, last - first);
    });
    context->save_for_backward({gate, up});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto dy = gradients[0].contiguous();
    auto dgate = at::empty_like(saved[0]), dup = at::empty_like(saved[1]);
    const auto* g = saved[0].const_data_ptr<float>();
    const auto* u = saved[1].const_data_ptr<float>();
    const auto* d = dy.const_data_ptr<float>();
    auto* dg = dgate.data_ptr<float>();
    auto* du = dup.data_ptr<float>();
    at::parallel_for(0, dy.numel(), kGrain, [&](std::int64_t first, std::int64_t last) {
      kernels::swiglu_backward(g + first, u + first, d + first, dg + first, du + first,
                               last - first);
    });
    return {dgate, dup};
  }
};

}  // namespace

at::Tensor rms_norm_plain(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return x * (x.square().mean(-1, /*keepdim=*/true) + eps).rsqrt() * weight;
}

at::Tensor rotary_plain(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  const auto halves = x.chunk(2, -1);
  const auto c = cosine.unsqueeze(1), s = sine.unsqueeze(1);  // (T, 1, D / 2)
  return at::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
}

at::Tensor swiglu_plain(const at::Tensor& gate, const at::Tensor& up) {
  return at::silu(gate) * up;
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return fused(x) ? RmsNorm::apply(x, weight, eps) : rms_norm_plain(x, weight, eps);
}

at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  return fused(x) ? Rotary::apply(x, cosine, sine) : rotary_plain(x, cosine, sine);
}

at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) {
  return fused(gate) ? SwiGlu::apply(gate, up) : swiglu_plain(gate, up);
}

}  // namespace candor
