// SPDX-License-Identifier: Apache-2.0
// How the products of activations and weights are computed while training, by the thread that asks.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace candor {

// float32 operands through one of the two libraries that LibTorch holds (which is faster depends on
// the processor; elsewhere than on the CPU they are one), or operands that are rounded to bfloat16.
// Results are float32.
enum class ProductKind { mkl, onednn, bfloat16 };

// Whether LibTorch's own call of oneDNN takes products here: it asks for AVX-512 of any type of
// operand (mkldnn_matmul of LibTorch 2.11, which checks what bfloat16 needs). Where not, onednn is
// mkl.
bool has_onednn_products();

// "mkl", "onednn", "bfloat16"; of another name Error{model} that says what is allowed.
std::string product_kind_name(ProductKind kind);
ProductKind product_kind_of(const std::string& name);

class WorkingWeights;

// Until the end of the scope, layers on this thread compute their products so; `working` holds
// the weights as bfloat16, and may be null. Outside every scope: mkl.
class ProductScope {
 public:
  explicit ProductScope(ProductKind kind, const WorkingWeights* working = nullptr);
  ~ProductScope();
  ProductScope(const ProductScope&) = delete;
  ProductScope& operator=(const ProductScope&) = delete;

 private:
  ProductKind kind_;
  const WorkingWeights* working_;
};

// Of the innermost scope.
ProductKind product_kind();
const WorkingWeights* working_weights();

// a (M, K) times b (K, N), float32 (M, N). With bfloat16, operands of that type are taken as they
// are. Without gradients: for layers that have their own.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, ProductKind kind);

// x (..., C) as (N, C), and back: a matrix of N rows in the shape that `x` has but for its last
// dimension.
at::Tensor as_matrix(const at::Tensor& x);
at::Tensor with_rows_of(const at::Tensor& x, const at::Tensor& matrix);

// An operand as product() of this kind takes it: float32 as it is, or bfloat16.
at::Tensor operand(const at::Tensor& activations, ProductKind kind);
// The same of a weight: with bfloat16 the working copy, where the scope has one.
at::Tensor weight_operand(const at::Tensor& weight, ProductKind kind);

// conv2d without bias, float32, of the kind of the scope; x (N, C, H, W). With gradients.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride,
                    std::int64_t padding);

}  // namespace candor
