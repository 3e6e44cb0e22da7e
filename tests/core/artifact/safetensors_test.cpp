// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/safetensors.h"

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
std::vector<T> values_of(const TensorView& view) {
  std::vector<T> values(view.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

struct Sample {
  std::vector<float> weight = {1.5f, -2.0f, 0.0f, 3.25f, -0.0f, 1e-38f};
  std::vector<std::int64_t> steps = {-1, INT64_MAX};
  std::vector<std::uint8_t> mask = {1, 0, 255};
  std::vector<float> none;
  std::vector<float> scalar = {42.0f};

  std::vector<NamedTensor> tensors() const {
    return {{"layer.weight", {DType::float32, {2, 3}, bytes_of(weight)}},
            {"mask", {DType::uint8, {3}, bytes_of(mask)}},
            {"steps", {DType::int64, {2}, bytes_of(steps)}},
            {"none", {DType::float32, {0, 7}, bytes_of(none)}},
            {"scalar \"quoted\" \u00fc", {DType::float32, {}, bytes_of(scalar)}}};
  }
};

}  // namespace

TEST_CASE("tensors come back as they were written, in their order", "[artifact]") {
  const test::TempDir folder;
  const Sample sample;
  write_safetensors(folder / "w.safetensors", sample.tensors(),
                    {{"format", "pt"}, {"note", "a\nb"}});
  const Safetensors file(folder / "w.safetensors");
  REQUIRE(file.tensors().size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto expected = sample.tensors()[i];
    const auto& found = file.tensors()[i];
    CHECK(found.name == expected.name);
    CHECK(found.view.dtype == expected.view.dtype);
    CHECK(found.view.shape == expected.view.shape);
    CHECK(values_of<std::byte>(found.view) == values_of<std::byte>(expected.view));
  }
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format", "pt"}, {"note", "a\nb"}});
}

TEST_CASE("a tensor is found by name and can be read as its type even where it lies unaligned",
          "[artifact]") {
  const test::TempDir folder;
  const Sample sample;
  write_safetensors(folder / "w.safetensors", sample.tensors());
  const Safetensors file(folder / "w.safetensors");
  CHECK(file.find("nobody") == nullptr);
  const auto* steps = file.find("steps");  // behind three bytes of mask
  REQUIRE(steps != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(steps->bytes.data()) % alignof(std::int64_t) == 0);
  CHECK(values_of<std::int64_t>(*steps) == sample.steps);
}

TEST_CASE("the data begins at a multiple of 64 bytes", "[artifact]") {
  const test::TempDir folder;
  const Sample sample;
  for (std::size_t count = 0; count <= 5; ++count) {
    auto tensors = sample.tensors();
    tensors.resize(count);
    write_safetensors(folder / "w", tensors);
    const auto bytes = test::slurp(folder / "w");
    const auto header =
        static_cast<unsigned char>(bytes[0]) + 256u * static_cast<unsigned char>(bytes[1]);
    CHECK((8 + header) % 64 == 0);
    CHECK(bytes[8] == '{');
  }
}

TEST_CASE("equal tensors give equal files", "[artifact]") {
  const test::TempDir folder;
  const Sample sample;
  write_safetensors(folder / "a", sample.tensors(), {{"k", "v"}});
  write_safetensors(folder / "b", sample.tensors(), {{"k", "v"}});
  CHECK(test::slurp(folder / "a") == test::slurp(folder / "b"));
}

TEST_CASE("the bytes are those that other readers of the format expect", "[artifact]") {
  const test::TempDir folder;
  const std::vector<float> one = {1.0f};
  write_safetensors(folder / "w", {{"a", {DType::float32, {1}, bytes_of(one)}}});
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  REQUIRE(header.size() == 54);
  CHECK(test::slurp(folder / "w") ==
        std::string("\x38\0\0\0\0\0\0\0", 8) + header + "  " + std::string("\0\0\x80\x3f", 4));
}

TEST_CASE("views stay valid when the file object moves", "[artifact]") {
  const test::TempDir folder;
  const Sample sample;
  write_safetensors(folder / "w", sample.tensors());
  Safetensors first(folder / "w");
  const auto view = *first.find("steps");
  const auto weight = *first.find("layer.weight");
  Safetensors second(std::move(first));
  CHECK(values_of<std::int64_t>(view) == sample.steps);
  Safetensors third(folder / "w");
  third = std::move(second);
  CHECK(values_of<float>(weight) == sample.weight);
  CHECK(third.find("mask") != nullptr);
}

TEST_CASE("what cannot be read back is not written, and nothing is left behind", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "w";
  const std::vector<float> two = {1.0f, 2.0f};
  const TensorView good{DType::float32, {2}, bytes_of(two)};
  const auto fault = [&](const std::vector<NamedTensor>& tensors) {
    const auto error = test::error_of([&] { write_safetensors(path, tensors); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::failed);
    CHECK(std::filesystem::is_empty(folder.path()));
    return std::string(error->what());
  };
  const auto at = path.string() + ": ";
  CHECK(fault({{"a", good}, {"a", good}}) == at + "tensor 'a' has a name already taken");
  CHECK(fault({{"__metadata__", good}}) == at + "tensor '__metadata__' has a name already taken");
  CHECK(fault({{"", good}}) == at + "a tensor has an empty name");
  CHECK(fault({{std::string("a\0", 2), good}}) ==
        at + "tensor 'a\\x00' has a NUL byte in its name");
  CHECK(fault({{"\xff", good}}) == at + "a tensor's name or metadata is not valid UTF-8");
  CHECK(fault({{"a", {DType::float32, {3}, bytes_of(two)}}}) ==
        at + "tensor 'a' has 8 bytes, not what its shape needs");
}

TEST_CASE("a file that cannot be written is an error that names it", "[artifact]") {
  const test::TempDir folder;
  const auto path = folder / "missing/w";
  const auto error = test::error_of([&] { write_safetensors(path, {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(error->what() == path.string() + ": cannot be written: No such file or directory");
}

TEST_CASE("a file that is replaced keeps the views of those who have it open", "[artifact]") {
  const test::TempDir folder;
  const std::vector<float> old_values = {1.0f, 2.0f};
  const std::vector<float> new_values = {3.0f, 4.0f};
  write_safetensors(folder / "w", {{"a", {DType::float32, {2}, bytes_of(old_values)}}});
  const Safetensors open(folder / "w");
  write_safetensors(folder / "w", {{"a", {DType::float32, {2}, bytes_of(new_values)}}});
  CHECK(values_of<float>(*open.find("a")) == old_values);
  CHECK(values_of<float>(*Safetensors(folder / "w").find("a")) == new_values);
}

}  // namespace candor
