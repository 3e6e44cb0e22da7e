// SPDX-License-Identifier: Apache-2.0
// Input tensors of KServe v2: JSON or binary, read into the values of one column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/signature.h"
#include "core/serve/json_reader.h"

namespace candor {

enum class Datatype {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  fp16,
  fp32,
  fp64,
  bytes
};
// Throws Error{request} for a name that KServe does not have.
Datatype datatype_of(std::string_view name);

// The datatype that the metadata gives for a kind of input.
std::string_view datatype_name(InputKind kind);

// One input tensor of a request whose name, shape and datatype are known.
struct InputTensor {
  const InputField* field = nullptr;
  Datatype datatype = Datatype::fp32;
  std::vector<std::int64_t> shape;
  std::vector<Value> values;         // one per row; or, for pixels,
  std::vector<std::uint8_t> pixels;  // [N, H, W, 3]

  bool is_pixels() const { return field->kind == InputKind::image && datatype == Datatype::uint8; }
  std::int64_t rows() const { return shape.front(); }
  // Row `index` moved out.
  Value take(std::int64_t index);
};

// Checks datatype and shape against the field: [N] or [N, 1], pixels [N, H, W, 3]; N from 1 to
// max_rows.
void check_tensor(const InputTensor& tensor, std::int64_t max_rows);

// Reads "data", flat or nested, exactly as many values as the shape holds.
void read_json_data(JsonReader& reader, InputTensor& tensor);

// Reads the bytes of the binary extension: little-endian numbers, or 4 bytes of length before each
// of BYTES. Takes all of `bytes`.
void read_binary_data(std::string_view bytes, InputTensor& tensor);

}  // namespace candor
