// SPDX-License-Identifier: Apache-2.0
#include "engine/data/dataset.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace candor {

at::Tensor& reuse(at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type) {
  const bool same = tensor.defined() && tensor.scalar_type() == type && tensor.sizes() == shape;
  const bool free = same && tensor.use_count() == 1 && tensor.storage().use_count() == 1;
  if (!free) tensor = at::empty(shape, type);
  return tensor;
}

void copy_rows(const at::Tensor& from, std::span<const std::int64_t> rows, at::Tensor& into) {
  TORCH_CHECK(from.is_contiguous(), "rows are copied out of contiguous tensors only");
  auto shape = from.sizes().vec();
  shape[0] = static_cast<std::int64_t>(rows.size());
  reuse(into, shape, from.scalar_type());
  const auto elements = from.numel() / std::max<std::int64_t>(1, from.size(0));
  const auto size = elements * static_cast<std::int64_t>(from.element_size());
  if (size == 0) return;  // a table without such columns
  const auto* source = static_cast<const char*>(from.const_data_ptr());
  auto* target = static_cast<char*>(into.data_ptr());
  for (const auto row : rows) {
    std::memcpy(target, source + row * size, static_cast<std::size_t>(size));
    target += size;
  }
}

std::vector<std::vector<std::int64_t>> Dataset::parts(std::int64_t batch_size) const {
  std::vector<std::vector<std::int64_t>> result;
  for (std::int64_t first = 0; first < size(); first += batch_size) {
    auto& part =
        result.emplace_back(static_cast<std::size_t>(std::min(batch_size, size() - first)));
    std::iota(part.begin(), part.end(), first);
  }
  return result;
}

}  // namespace candor
