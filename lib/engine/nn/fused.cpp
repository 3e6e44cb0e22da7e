// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/fused.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "engine/nn/kernels.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool fused(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && !torch::jit::tracer::isTracing();
}

std::int64_t rows_per_thread(std::int64_t width) {
  return std::max<std::int64_t>(1, kernels::kGrain / width);
}

// ---- RMSNorm ---------------------------------------------------------------------------------

// Gradient of the weight is summed in this many blocks of rows, however many threads there are: the
// result does not depend on them.
constexpr std::int64_t kBlocks = 16;

// Gradients of x and of the weight from that of the norm; `dmore` (may be undefined) is added to
// the former. `saved`: x, the weight, 1 / root mean square of each row.
std::pair<at::Tensor, at::Tensor> norm_backward(const variable_list& saved, const at::Tensor& dy,
                                                const at::Tensor& dmore) {
  const auto& x = saved[0];
  const auto width = x.size(-1);
  auto dx = at::empty_like(x);
  const auto rows = x.numel() / std::max<std::int64_t>(1, width);
  const auto partial = at::zeros({kBlocks, width}, x.options());
  const auto block_rows = (rows + kBlocks - 1) / kBlocks;
  const auto* in = x.const_data_ptr<float>();
  const auto* w = saved[1].const_data_ptr<float>();
  const auto* r = saved[2].const_data_ptr<float>();
  const auto* g = dy.const_data_ptr<float>();
  const auto* more = dmore.defined() ? dmore.const_data_ptr<float>() : nullptr;
  auto* out = dx.data_ptr<float>();
  auto* dw = partial.data_ptr<float>();
  parallel_for(0, kBlocks, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto block = first; block < last; ++block) {
      const auto start = std::min(rows, block * block_rows);
      const auto count = std::min(rows, start + block_rows) - start;
      const auto at = start * width;
      kernels::rms_norm_backward(in + at, w, r + start, g + at, more == nullptr ? more : more + at,
                                 out + at, dw + block * width, count, width);
    }
  });
  return {dx, partial.sum(0)};
}

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
    parallel_for(0, rows, rows_per_thread(width), [&](std::int64_t first, std::int64_t last) {
      kernels::rms_norm(in + first * width, w, out + first * width, r + first, last - first, width,
                        static_cast<float>(eps));
    });
    context->save_for_backward({x, weight, inverse});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    auto result = norm_backward(saved, gradients[0].contiguous(), {});
    return {result.first, result.second, {}};
  }
};

// (x + more, its norm).
struct AddRmsNorm : torch::autograd::Function<AddRmsNorm> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x_in,
                               const at::Tensor& more_in, const at::Tensor& weight, double eps) {
    const auto x = x_in.contiguous(), more = more_in.contiguous();
    const auto width = x.size(-1);
    const auto rows = x.numel() / std::max<std::int64_t>(1, width);
    auto sum = at::empty_like(x), y = at::empty_like(x);
    auto inverse = at::empty({rows}, x.options());
    const auto* in = x.const_data_ptr<float>();
    const auto* add = more.const_data_ptr<float>();
    const auto* w = weight.const_data_ptr<float>();
    auto* total = sum.data_ptr<float>();
    auto* out = y.data_ptr<float>();
    auto* r = inverse.data_ptr<float>();
    parallel_for(0, rows, rows_per_thread(width), [&](std::int64_t first, std::int64_t last) {
      const auto at = first * width;
      kernels::add_rms_norm(in + at, add + at, w, total + at, out + at, r + first, last - first,
                            width, static_cast<float>(eps));
    });
    context->save_for_backward({sum, weight, inverse});
    context->set_materialize_grads(false);
    return {sum, y};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto dsum = gradients[0].defined() ? gradients[0].contiguous() : at::Tensor();
    if (!gradients[1].defined()) return {dsum, dsum, {}, {}};
    const auto result = norm_backward(saved, gradients[1].contiguous(), dsum);
    return {result.first, result.first, result.second, {}};
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
  parallel_for(0, x.size(0) * time, rows_per_thread(width),
               [&](std::int64_t first, std::int64_t last) {
                 for (auto row = first; row < last; ++row) {
                   kernels::rotate(in + row * width, c + row % time * half, s + row % time * half,
                                   out + row * width, heads, half, sign);
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
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input) {
    const auto x = input.contiguous();
    const auto width = x.size(-1) / 2, rows = x.numel() / x.size(-1);
    auto sizes = x.sizes().vec();
    sizes.back() = width;
    auto y = at::empty(sizes, x.options());
    const auto* in = x.const_data_ptr<float>();
    auto* out = y.data_ptr<float>();
    parallel_for(0, rows, rows_per_thread(width), [&](std::int64_t first, std::int64_t last) {
      kernels::swiglu(in + 2 * first * width, out + first * width, last - first, width);
    });
    context->save_for_backward({x});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto x = context->get_saved_variables()[0];
    const auto dy = gradients[0].contiguous();
    const auto width = x.size(-1) / 2, rows = x.numel() / x.size(-1);
    auto dx = at::empty_like(x);
    const auto* in = x.const_data_ptr<float>();
    const auto* g = dy.const_data_ptr<float>();
    auto* out = dx.data_ptr<float>();
    parallel_for(0, rows, rows_per_thread(width), [&](std::int64_t first, std::int64_t last) {
      kernels::swiglu_backward(in + 2 * first * width, g + first * width, out + 2 * first * width,
                               last - first, width);
    });
    return {dx};
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

at::Tensor swiglu_plain(const at::Tensor& gate_up) {
  const auto halves = gate_up.chunk(2, -1);
  return at::silu(halves[0]) * halves[1];
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return fused(x) ? RmsNorm::apply(x, weight, eps) : rms_norm_plain(x, weight, eps);
}

at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  return fused(x) ? Rotary::apply(x, cosine, sine) : rotary_plain(x, cosine, sine);
}

AddedNorm add_rms_norm(const at::Tensor& x, const at::Tensor& more, const at::Tensor& weight,
                       double eps) {
  if (fused(x)) {
    const auto both = AddRmsNorm::apply(x, more, weight, eps);
    return {both[0], both[1]};
  }
  const auto sum = x + more;
  return {sum, rms_norm_plain(sum, weight, eps)};
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  return fused(gate_up) ? SwiGlu::apply(gate_up) : swiglu_plain(gate_up);
}

}  // namespace candor
