// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/init.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "engine/tensor/parallel.h"

namespace candor {
namespace {

thread_local at::Device init_device = at::kCPU;
thread_local bool skip_init = false;

// Calls write(i, a, b) for every pair of 32-bit words; pair i of the stream makes elements 2i and
// 2i + 1.
template <class Write>
void for_each_pair(std::int64_t count, const RandomStream& stream, const Write& write) {
  parallel_for(0, (count + 1) / 2, 4096, [&](std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) {
      const auto bits = stream.bits(static_cast<std::uint64_t>(i));
      // (0, 1]: a logarithm of 0 is out of the question.
      write(i, (static_cast<double>(bits & 0xFFFFFFFFu) + 1.0) * 0x1p-32,
            (static_cast<double>(bits >> 32) + 1.0) * 0x1p-32);
    }
  });
}

template <class Pair>
at::Tensor filled(at::IntArrayRef shape, const RandomStream& stream, const Pair& pair) {
  if (skip_init || !init_device.is_cpu())
    return at::empty(shape, at::TensorOptions(at::kFloat).device(init_device));
  auto tensor = at::empty(shape, at::kFloat);
  auto* out = tensor.data_ptr<float>();
  const auto count = tensor.numel();
  for_each_pair(count, stream, [&](std::int64_t i, double a, double b) {
    const auto [x, y] = pair(a, b);
    out[2 * i] = static_cast<float>(x);
    if (2 * i + 1 < count) out[2 * i + 1] = static_cast<float>(y);
  });
  return tensor;
}

}  // namespace

InitDevice::InitDevice(at::Device device) : before_(init_device) { init_device = device; }
InitDevice::~InitDevice() { init_device = before_; }

SkipInit::SkipInit() : before_(skip_init) { skip_init = true; }
SkipInit::~SkipInit() { skip_init = before_; }

at::Tensor constant_tensor(at::IntArrayRef shape, double value) {
  return at::full(shape, value, at::TensorOptions(at::kFloat).device(init_device));
}

at::Tensor on_init_device(const at::Tensor& tensor) { return tensor.to(init_device); }

at::Tensor uniform_tensor(at::IntArrayRef shape, double bound, const RandomStream& stream) {
  return filled(shape, stream, [bound](double a, double b) {
    return std::pair((2.0 * a - 1.0) * bound, (2.0 * b - 1.0) * bound);
  });
}

at::Tensor normal_tensor(at::IntArrayRef shape, double deviation, const RandomStream& stream) {
  return filled(shape, stream, [deviation](double a, double b) {
    const auto radius = deviation * std::sqrt(-2.0 * std::log(a));
    const auto angle = 2.0 * std::numbers::pi * b;
    return std::pair(radius * std::cos(angle), radius * std::sin(angle));
  });
}

}  // namespace candor
