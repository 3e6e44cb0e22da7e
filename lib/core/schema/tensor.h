// SPDX-License-Identifier: Apache-2.0
// Dense tensors of the host, row-major, without Torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace candor {

enum class DType { uint8, int64, float32 };

constexpr std::size_t size_of(DType type) {
  return type == DType::uint8 ? 1 : type == DType::int64 ? 8 : 4;
}
constexpr std::string_view name_of(DType type) {
  return type == DType::uint8 ? "uint8" : type == DType::int64 ? "int64" : "float32";
}

// Borrowed bytes with their type and shape; an empty shape is a scalar.
struct TensorView {
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

}  // namespace candor
