// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/term_layer.h"

#include <torch/torch.h>

#include "support/catch.h"

using namespace candor;

namespace {

struct Rows {
  at::Tensor terms, weights, offsets;
};

// Terms 1, 3 and 1 again; nothing; term 0.
Rows three_rows() {
  return {torch::tensor({1, 3, 1, 0}, torch::kInt64), torch::tensor({0.5f, -2.0f, 1.0f, 4.0f}),
          torch::tensor({0, 3, 3}, torch::kInt64)};
}

// The same rows as a matrix (N, V).
at::Tensor dense(const Rows& rows, std::int64_t terms) {
  auto matrix = torch::zeros({rows.offsets.size(0), terms});
  for (std::int64_t row = 0; row < rows.offsets.size(0); ++row) {
    const auto begin = rows.offsets[row].item<std::int64_t>();
    const auto end = row + 1 < rows.offsets.size(0) ? rows.offsets[row + 1].item<std::int64_t>()
                                                    : rows.terms.numel();
    for (auto i = begin; i < end; ++i) matrix[row][rows.terms[i]] += rows.weights[i];
  }
  return matrix;
}

TermLayer layer_of(std::int64_t terms, std::int64_t width) {
  return {terms, width, 0.5, RandomStream(1, "init")};
}

at::Tensor pass(const TermLayer& layer, const Rows& rows) {
  return layer.forward(rows.terms, rows.weights, rows.offsets);
}

// d / dW of sum(y * g), for a g that tells every element apart.
at::Tensor gradient_of(const TermLayer& layer, const Rows& rows) {
  const auto y = pass(layer, rows);
  const auto g = torch::arange(1, y.numel() + 1, torch::kFloat32).view(y.sizes());
  (y * g).sum().backward();
  auto gradient = layer.weight().grad();
  return gradient.is_sparse() ? gradient.to_dense() : gradient;
}

at::Tensor expected_gradient(const Rows& rows, std::int64_t terms, std::int64_t width) {
  const auto count = rows.offsets.size(0) * width;
  return dense(rows, terms)
      .t()
      .matmul(torch::arange(1, count + 1, torch::kFloat32).view({-1, width}));
}

}  // namespace

TEST_CASE("a term layer is the linear layer of the same rows as a matrix", "[nn]") {
  const auto layer = layer_of(5, 3);
  const auto rows = three_rows();
  const auto expected = dense(rows, 5).matmul(layer.weight());
  CHECK(pass(layer, rows).allclose(expected));
  CHECK(pass(layer, rows)[1].abs().sum().item<float>() == 0.0f);
  const torch::NoGradGuard guard;
  CHECK(pass(layer, rows).allclose(expected));
}

TEST_CASE("rows without any term give zeros", "[nn]") {
  const auto layer = layer_of(5, 3);
  const Rows none = {torch::empty({0}, torch::kInt64), torch::empty({0}),
                     torch::zeros({2}, torch::kInt64)};
  CHECK(pass(layer, none).equal(torch::zeros({2, 3})));
  CHECK(gradient_of(layer, none).equal(torch::zeros({5, 3})));
  const torch::NoGradGuard guard;
  CHECK(pass(layer, none).equal(torch::zeros({2, 3})));
}

TEST_CASE("the gradient of a small term layer is dense, of a large one sparse, and both are right",
          "[nn]") {
  const auto rows = three_rows();
  const auto small = layer_of(5, 3);
  CHECK_FALSE(small.sparse());
  CHECK(gradient_of(small, rows).allclose(expected_gradient(rows, 5, 3)));
  CHECK_FALSE(small.weight().grad().is_sparse());

  constexpr std::int64_t kTerms = 1 << 19;
  const auto large = layer_of(kTerms, 2);
  CHECK(large.sparse());
  CHECK(gradient_of(large, rows).allclose(expected_gradient(rows, kTerms, 2)));
  REQUIRE(large.weight().grad().is_sparse());
  CHECK(large.weight().grad()._nnz() == 3);
  // A second pass adds to the first, and leaves nothing behind that would change a third.
  const auto twice = gradient_of(large, rows);
  CHECK(twice.allclose(2 * expected_gradient(rows, kTerms, 2)));
}

TEST_CASE("first weights of a term layer use all of the bound", "[nn]") {
  const auto weight = layer_of(1000, 16).weight();
  CHECK(weight.abs().max().item<double>() <= 0.5);
  CHECK(weight.abs().max().item<double>() > 0.499);
  CHECK(weight.mean().item<double>() == Approx(0.0).margin(0.01));
}
