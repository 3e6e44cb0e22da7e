// SPDX-License-Identifier: Apache-2.0
#include "core/serve/kserve_tensors.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/utf8.h"
#include "core/serve/refusal.h"
#include "core/serve/rows.h"

namespace candor {
namespace {

static_assert(std::endian::native == std::endian::little, "the binary extension is little-endian");

constexpr std::int64_t kMaxSide = 8192;          // pixels
constexpr std::int64_t kMaxPixels = 16'000'000;  // of one image

struct Kind {
  std::string_view name;
  std::size_t bytes;
  double least, most;  // of integers; equal: any number
};
constexpr double kTwo63 = 9223372036854775808.0;
// In the order of Datatype.
constexpr std::array<Kind, 13> kKinds{{{"BOOL", 1, 0, 1},
                                       {"INT8", 1, -128, 127},
                                       {"INT16", 2, -32768, 32767},
                                       {"INT32", 4, -2147483648.0, 2147483647.0},
                                       {"INT64", 8, -kTwo63, kTwo63},
                                       {"UINT8", 1, 0, 255},
                                       {"UINT16", 2, 0, 65535},
                                       {"UINT32", 4, 0, 4294967295.0},
                                       {"UINT64", 8, 0, 2 * kTwo63},
                                       {"FP16", 2, 0, 0},
                                       {"FP32", 4, 0, 0},
                                       {"FP64", 8, 0, 0},
                                       {"BYTES", 0, 0, 0}}};

const Kind& kind_of(Datatype datatype) { return kKinds[static_cast<std::size_t>(datatype)]; }

std::int64_t count_of(const InputTensor& tensor) {
  return std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1},
                         [](std::int64_t a, std::int64_t b) { return a * b; });
}

bool allowed(InputKind kind, Datatype datatype) {
  if (datatype == Datatype::bytes) return true;
  switch (kind) {
    case InputKind::number:
    case InputKind::category: return datatype != Datatype::boolean;
    case InputKind::image: return datatype == Datatype::uint8;
    case InputKind::text:
    case InputKind::date: return false;
  }
  return false;
}

std::string allowed_names(InputKind kind) {
  std::string all;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (!allowed(kind, static_cast<Datatype>(i))) continue;
    all.append(all.empty() ? "" : ", ").append(kKinds[i].name);
  }
  return all;
}

void check_pixels(const InputTensor& tensor) {
  const auto& shape = tensor.shape;
  if (shape.size() != 4 || shape[3] != 3)
    refuse_input(*tensor.field, "the shape of pixels must be [N, H, W, 3]");
  const bool fits = shape[1] >= 1 && shape[1] <= kMaxSide && shape[2] >= 1 &&
                    shape[2] <= kMaxSide && shape[1] * shape[2] <= kMaxPixels;
  if (!fits)
    refuse_input(*tensor.field,
                 "height and width must be 1 to 8192, and one image at most 16 million pixels");
}

void read_number(JsonReader& reader, InputTensor& tensor) {
  const auto& kind = kind_of(tensor.datatype);
  const double value = reader.number();
  if (kind.least != kind.most) {
    const bool fits = value >= kind.least && value <= kind.most && value == std::floor(value);
    if (!fits) refuse_input(*tensor.field, "a value is no " + std::string(kind.name));
  }
  tensor.values.emplace_back(value);
}

void add_text(std::string_view text, InputTensor& tensor) {
  if (tensor.field->kind == InputKind::image) {
    tensor.values.emplace_back(decode_image_text(text, *tensor.field));
  } else {
    tensor.values.emplace_back(std::string(text));
  }
}

void read_pixel(JsonReader& reader, InputTensor& tensor) {
  const double value = reader.peek() == JsonType::number ? reader.number() : -1.0;
  if (!(value >= 0.0 && value <= 255.0 && value == std::floor(value))) {
    refuse_input(*tensor.field, "a pixel must be an integer from 0 to 255");
  }
  tensor.pixels.push_back(static_cast<std::uint8_t>(value));
}

void read_element(JsonReader& reader, InputTensor& tensor) {
  if (tensor.is_pixels()) return read_pixel(reader, tensor);
  const auto kind = tensor.field->kind;
  const auto type = reader.peek();
  if (type == JsonType::null && is_column(kind)) {
    reader.null();
    tensor.values.emplace_back(std::monostate{});
  } else if (tensor.datatype == Datatype::bytes && type == JsonType::string) {
    add_text(reader.string(), tensor);
  } else if (tensor.datatype != Datatype::bytes && type == JsonType::number) {
    read_number(reader, tensor);
  } else {
    refuse_input(*tensor.field, "expected values of " + std::string(kind_of(tensor.datatype).name) +
                                    ", found " + std::string(name_of(type)));
  }
}

std::size_t elements_of(const InputTensor& tensor) {
  return tensor.is_pixels() ? tensor.pixels.size() : tensor.values.size();
}

void read_nested(JsonReader& reader, InputTensor& tensor, std::size_t count, std::size_t depth) {
  if (depth > tensor.shape.size())
    refuse_input(*tensor.field, "\"data\" is nested deeper than the shape");
  for (reader.enter_array(); reader.next_element();) {
    if (reader.peek() == JsonType::array) {
      read_nested(reader, tensor, count, depth + 1);
      continue;
    }
    if (elements_of(tensor) == count)
      refuse_input(*tensor.field, "\"data\" has more values than the shape holds");
    read_element(reader, tensor);
  }
}

double half_to_double(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

template <class T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

double load_number(Datatype datatype, const char* bytes) {
  switch (datatype) {
    case Datatype::int8: return load<std::int8_t>(bytes);
    case Datatype::int16: return load<std::int16_t>(bytes);
    case Datatype::int32: return load<std::int32_t>(bytes);
    case Datatype::int64: return static_cast<double>(load<std::int64_t>(bytes));
    case Datatype::uint8: return load<std::uint8_t>(bytes);
    case Datatype::uint16: return load<std::uint16_t>(bytes);
    case Datatype::uint32: return load<std::uint32_t>(bytes);
    case Datatype::uint64: return static_cast<double>(load<std::uint64_t>(bytes));
    case Datatype::fp16: return half_to_double(load<std::uint16_t>(bytes));
    case Datatype::fp32: return static_cast<double>(load<float>(bytes));
    case Datatype::fp64: return load<double>(bytes);
    case Datatype::boolean:  // no kind of input allows it
    case Datatype::bytes: break;
  }
  return 0.0;
}

void read_binary_texts(std::string_view bytes, InputTensor& tensor, std::size_t count) {
  constexpr std::size_t kPrefix = sizeof(std::uint32_t);
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = bytes.size() < kPrefix ? bytes.size() : load<std::uint32_t>(bytes.data());
    if (bytes.size() < kPrefix || bytes.size() - kPrefix < length) {
      refuse_input(*tensor.field, "its binary data ends inside a value");
    }
    const auto text = bytes.substr(kPrefix, length);
    if (tensor.field->kind != InputKind::image && find_invalid_utf8(text)) {
      refuse_input(*tensor.field, "a text is not valid UTF-8");
    }
    tensor.values.emplace_back(std::string(text));
    bytes.remove_prefix(kPrefix + length);
  }
  if (!bytes.empty()) refuse_input(*tensor.field, "its binary data is longer than its values");
}

}  // namespace

Datatype datatype_of(std::string_view name) {
  std::string all;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].name == name) return static_cast<Datatype>(i);
    all.append(i == 0 ? "" : ", ").append(kKinds[i].name);
  }
  refuse("a \"datatype\" is not known; known are " + all);
}

std::string_view datatype_name(InputKind kind) {
  return kind == InputKind::number ? "FP64" : "BYTES";
}

Value InputTensor::take(std::int64_t index) {
  if (!is_pixels()) return std::move(values[static_cast<std::size_t>(index)]);
  Pixels image{shape[1], shape[2], {}};
  const auto size = shape[1] * shape[2] * 3;
  image.rgb.assign(pixels.begin() + index * size, pixels.begin() + (index + 1) * size);
  return image;
}

void check_tensor(const InputTensor& tensor, std::int64_t max_rows) {
  if (!allowed(tensor.field->kind, tensor.datatype)) {
    refuse_input(*tensor.field, "datatype " + std::string(kind_of(tensor.datatype).name) +
                                    " is not allowed; allowed are " +
                                    allowed_names(tensor.field->kind));
  }
  const auto& shape = tensor.shape;
  if (shape.empty() || shape.front() < 1)
    refuse_input(*tensor.field, "the shape must begin with a number of rows, at least 1");
  if (shape.front() > max_rows) refuse_rows(max_rows);
  if (tensor.is_pixels()) return check_pixels(tensor);
  if (shape.size() > 2 || (shape.size() == 2 && shape[1] != 1)) {
    refuse_input(*tensor.field, "the shape must be [N] or [N, 1]");
  }
}

void read_json_data(JsonReader& reader, InputTensor& tensor) {
  const auto count = static_cast<std::size_t>(count_of(tensor));
  read_nested(reader, tensor, count, 1);
  if (elements_of(tensor) != count)
    refuse_input(*tensor.field, "\"data\" has fewer values than the shape holds");
}

void read_binary_data(std::string_view bytes, InputTensor& tensor) {
  const auto count = static_cast<std::size_t>(count_of(tensor));
  if (tensor.datatype == Datatype::bytes) return read_binary_texts(bytes, tensor, count);
  const auto width = kind_of(tensor.datatype).bytes;
  if (bytes.size() != count * width)
    refuse_input(*tensor.field, "its binary data does not have the length of its shape");
  if (tensor.is_pixels()) {
    tensor.pixels.assign(bytes.begin(), bytes.end());
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    tensor.values.emplace_back(load_number(tensor.datatype, bytes.data() + i * width));
  }
}

}  // namespace candor
