// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/term_layer.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "engine/nn/init.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Whether a gradient of so many elements is worth being sparse.
bool is_large(std::int64_t elements) { return elements >= std::int64_t{1} << 20; }

at::Tensor bags(const at::Tensor& weight, const at::Tensor& terms, const at::Tensor& weights,
                const at::Tensor& offsets, bool sparse) {
  constexpr std::int64_t kSum = 0;
  return std::get<0>(at::embedding_bag(weight, terms, offsets, /*scale_grad_by_freq=*/false, kSum,
                                       sparse, weights));
}

// Which rows of W the terms of a batch are, rising, and for each term the place of its row.
struct Reached {
  std::vector<std::int64_t> rows;
  std::vector<std::int32_t> places;  // per term
};

// Per row of W: 1 + its place; all 0 between two calls.
std::vector<std::int32_t>& scratch_for(std::int64_t rows) {
  static thread_local std::vector<std::int32_t> places;
  if (places.size() < static_cast<std::size_t>(rows)) places.resize(static_cast<std::size_t>(rows));
  return places;
}

Reached reached_rows(const at::Tensor& terms, std::int64_t all) {
  auto& place = scratch_for(all);
  const auto* term = terms.const_data_ptr<std::int64_t>();
  const auto count = terms.numel();
  Reached reached;
  reached.rows.reserve(static_cast<std::size_t>(count));  // nothing below can fail half-way
  reached.places.resize(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    auto& known = place[static_cast<std::size_t>(term[i])];
    if (known == 0) reached.rows.push_back(term[i]);
    known = 1;
  }
  std::sort(reached.rows.begin(), reached.rows.end());
  for (std::size_t i = 0; i < reached.rows.size(); ++i) {
    place[static_cast<std::size_t>(reached.rows[i])] = static_cast<std::int32_t>(i);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    reached.places[static_cast<std::size_t>(i)] = place[static_cast<std::size_t>(term[i])];
  }
  for (const auto row : reached.rows) place[static_cast<std::size_t>(row)] = 0;
  return reached;
}

// gradient[row_of(i)] += weight of term i * dy[row of the batch]
template <class RowOf>
void add_up(const at::Tensor& dy, const at::Tensor& weights, const at::Tensor& offsets,
            const RowOf& row_of, float* gradient) {
  const auto width = dy.size(1), rows = dy.size(0), count = weights.numel();
  const auto* from = dy.const_data_ptr<float>();
  const auto* w = weights.const_data_ptr<float>();
  const auto* begin = offsets.const_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto end = row + 1 < rows ? begin[row + 1] : count;
    for (auto i = begin[row]; i < end; ++i) {
      auto* into = gradient + row_of(i) * width;
      for (std::int64_t h = 0; h < width; ++h) into[h] += w[i] * from[row * width + h];
    }
  }
}

// LibTorch's own gradient sorts all terms of a batch first; this one walks over them once.
struct TermSum : torch::autograd::Function<TermSum> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight,
                            const at::Tensor& terms, const at::Tensor& weights,
                            const at::Tensor& offsets) {
    context->save_for_backward({terms, weights, offsets});
    context->saved_data["rows"] = weight.size(0);
    return bags(weight, terms, weights, offsets, /*sparse=*/false);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto dy = gradients[0].contiguous();
    const auto rows = context->saved_data["rows"].toInt();
    const bool sparse = is_large(rows * dy.size(1));
    const auto gradient =
        sparse ? sparse_gradient(dy, saved, rows) : dense_gradient(dy, saved, rows);
    return {gradient, {}, {}, {}};
  }

  static at::Tensor dense_gradient(const at::Tensor& dy, const variable_list& saved,
                                   std::int64_t rows) {
    auto gradient = at::zeros({rows, dy.size(1)}, dy.options());
    const auto* term = saved[0].const_data_ptr<std::int64_t>();
    add_up(
        dy, saved[1], saved[2], [&](std::int64_t i) { return term[i]; },
        gradient.data_ptr<float>());
    return gradient;
  }

  static at::Tensor sparse_gradient(const at::Tensor& dy, const variable_list& saved,
                                    std::int64_t rows) {
    const auto reached = reached_rows(saved[0], rows);
    const auto count = static_cast<std::int64_t>(reached.rows.size());
    auto values = at::zeros({count, dy.size(1)}, dy.options());
    add_up(
        dy, saved[1], saved[2],
        [&](std::int64_t i) { return reached.places[static_cast<std::size_t>(i)]; },
        values.data_ptr<float>());
    const auto indices = torch::tensor(reached.rows, torch::kInt64).unsqueeze(0);
    return at::_sparse_coo_tensor_unsafe(indices, values, {rows, dy.size(1)})._coalesced_(true);
  }
};

}  // namespace

TermLayer::TermLayer(std::int64_t terms, std::int64_t width, double bound, const RandomStream& init)
    : weight_(register_parameter("weight", uniform_tensor({terms, width}, bound, init))) {}

bool TermLayer::sparse() const { return is_large(weight_.numel()); }

at::Tensor TermLayer::forward(const at::Tensor& terms, const at::Tensor& weights,
                              const at::Tensor& offsets) const {
  const bool plain = weight_.device().is_cpu() && weight_.scalar_type() == at::kFloat &&
                     at::GradMode::is_enabled() && !torch::jit::tracer::isTracing();
  if (plain) return TermSum::apply(weight_, terms, weights, offsets);
  return bags(weight_, terms, weights, offsets, sparse());
}

}  // namespace candor
