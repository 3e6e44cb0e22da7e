// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/products.h"

#include <torch/torch.h>

#include <array>
#include <cstddef>

#include <candor/error.h>

#include "engine/nn/working_weights.h"

// Exported by libtorch_cpu, in no header that it ships: what at::mm calls for bfloat16. result =
// beta * result + alpha * mat1 mat2.
namespace at::native {
void mkldnn_matmul(const Tensor& mat1, const Tensor& mat2, const Tensor& result, float beta,
                   float alpha);
}

namespace candor {
namespace {

constexpr std::array<const char*, 3> kNames = {"mkl", "onednn", "bfloat16"};

thread_local ProductKind current_kind = ProductKind::mkl;
thread_local const WorkingWeights* current_working = nullptr;

// Rows or columns that lie side by side, as oneDNN takes them.
bool is_plain(const at::Tensor& matrix) { return matrix.stride(1) == 1 || matrix.stride(0) == 1; }

at::Tensor onednn_product(const at::Tensor& a, const at::Tensor& b) {
  const bool fits = has_onednn_products() && a.device().is_cpu() && a.numel() > 0 &&
                    b.numel() > 0 && is_plain(a) && is_plain(b);
  if (!fits) return at::mm(a, b);
  auto result = at::empty({a.size(0), b.size(1)}, a.options());
  at::native::mkldnn_matmul(a, b, result, 0.0f, 1.0f);
  return result;
}

}  // namespace

bool has_onednn_products() {
  // Asked for one product, since not the processor alone decides: ONEDNN_MAX_CPU_ISA does too.
  static const bool has = [] {
    const torch::NoGradGuard no_gradients;
    const auto one = at::ones({2, 2});
    auto result = at::empty({2, 2});
    try {
      at::native::mkldnn_matmul(one, one, result, 0.0f, 1.0f);
    } catch (const c10::Error&) {
      return false;
    }
    return true;
  }();
  return has;
}

std::string product_kind_name(ProductKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

ProductKind product_kind_of(const std::string& name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<ProductKind>(i);
  }
  throw Error(ErrorKind::model, "matrix products: '" + name + "'; allowed: mkl, onednn, bfloat16");
}

ProductScope::ProductScope(ProductKind kind, const WorkingWeights* working)
    : kind_(current_kind), working_(current_working) {
  current_kind = kind;
  current_working = working;
}

ProductScope::~ProductScope() {
  current_kind = kind_;
  current_working = working_;
}

ProductKind product_kind() { return current_kind; }

const WorkingWeights* working_weights() { return current_working; }

at::Tensor product(const at::Tensor& a, const at::Tensor& b, ProductKind kind) {
  switch (kind) {
    case ProductKind::mkl: return at::mm(a, b);
    case ProductKind::onednn: return onednn_product(a, b);
    case ProductKind::bfloat16: break;
  }
  return at::mm(operand(a, kind), operand(b, kind)).to(at::kFloat);
}

at::Tensor as_matrix(const at::Tensor& x) { return x.dim() == 2 ? x : x.flatten(0, -2); }

at::Tensor with_rows_of(const at::Tensor& x, const at::Tensor& matrix) {
  if (x.dim() == 2) return matrix;
  auto shape = x.sizes().vec();
  shape.back() = matrix.size(1);
  return matrix.view(shape);
}

at::Tensor operand(const at::Tensor& activations, ProductKind kind) {
  return kind == ProductKind::bfloat16 ? activations.to(at::kBFloat16) : activations;
}

at::Tensor weight_operand(const at::Tensor& weight, ProductKind kind) {
  if (kind != ProductKind::bfloat16) return weight;
  const auto working = current_working == nullptr ? at::Tensor() : current_working->find(weight);
  return working.defined() ? working : weight.to(at::kBFloat16);
}

namespace {

// oneDNN's gradient of such a weight is wrong, or it crashes or hangs, with AVX2 and images as
// NHWC: it writes beyond its workspace where there are fewer channels than numbers in a vector
// (uxlfoundation/oneDNN#6035; LibTorch 2.11).
bool has_broken_gradient(const at::Tensor& weight, std::int64_t stride, std::int64_t padding) {
  constexpr std::int64_t kLongestVector = 16;
  return at::GradMode::is_enabled() && weight.size(2) == 1 && weight.size(3) == 1 && stride > 1 &&
         padding == 0 && weight.size(1) < kLongestVector;
}

}  // namespace

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride,
                    std::int64_t padding) {
  if (has_broken_gradient(weight, stride, padding)) {  // the same of the pixels that it reads
    const auto rows = x.slice(2, 0, x.size(2), stride);
    return convolve(rows.slice(3, 0, x.size(3), stride), weight, 1, 0);
  }
  if (current_kind != ProductKind::bfloat16) return at::conv2d(x, weight, {}, stride, padding);
  return at::conv2d(x.to(at::kBFloat16), weight.to(at::kBFloat16), {}, stride, padding)
      .to(at::kFloat);
}

}  // namespace candor
