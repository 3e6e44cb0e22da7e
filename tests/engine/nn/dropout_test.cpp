// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/dropout.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "engine/nn/dropout_mask.h"
#include "engine/nn/relu_dropout.h"
#include "engine/tensor/cuda_plugin.h"
#include "engine/tensor/device.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

DropoutStream stream(std::uint64_t step) {
  return DropoutStream(RandomStream(9, "dropout").at(step));
}

}  // namespace

// First in its folder: CUDA must be loaded before anything else asks LibTorch about it.
TEST_CASE("a GPU makes the bits of the CPU's masks", "[nn]") {
  auto device = at::Device(at::kCPU);
  if (test::error_of([&] { device = select_device("cuda"); })) return;  // no GPU, no CUDA libraries
  for (const std::int64_t count : {1, 3, 65, 1000, 70'000'000}) {
    const auto there = torch::empty({count}, at::TensorOptions(at::kFloat).device(device));
    if (!cuda_dropout_mask(there, 0x123456789abcdef0ull, 7, 0.3)) return;  // no plug-in was built
    auto here = torch::empty({count});
    fill_dropout_mask(here.data_ptr<float>(), count, 0x123456789abcdef0ull, 7, 0.3);
    INFO(count);
    CHECK(there.to(at::kCPU).equal(here));
  }
}

TEST_CASE("both ways of making a mask give the same bits", "[nn]") {
  for (const std::int64_t count : {1, 3, 4, 63, 64, 65, 1000}) {
    auto mask = torch::empty({count});
    fill_dropout_mask(mask.data_ptr<float>(), count, 0x123456789abcdef0ull, 7, 0.3);
    CHECK(mask.equal(
        dropout_mask_tensor(count, 0x123456789abcdef0ull, 7, 0.3, at::TensorOptions(at::kFloat))));
  }
}

TEST_CASE("a mask's words are those of the published generator", "[nn]") {
  const auto block = philox({5, 0, 2, 3}, {0x9abcdef0u, 0x12345678u});
  auto mask = torch::empty({24});
  fill_dropout_mask(mask.data_ptr<float>(), 24, 0x123456789abcdef0ull, 2, 0.5);
  for (std::size_t word = 0; word < 4; ++word) {
    const float expected = block[word] >= 0x80000000u ? 2.0f : 0.0f;
    CHECK(mask[static_cast<std::int64_t>(20 + word)].item<float>() == expected);
  }
}

TEST_CASE("the share that is dropped is p and the mean stays", "[nn]") {
  auto source = stream(1);
  const auto y = source.apply(torch::ones({400, 500}), 0.2);
  CHECK(y.eq(0).to(torch::kFloat64).mean().item<double>() == Approx(0.2).margin(0.005));
  CHECK(y.mean().item<double>() == Approx(1.0).margin(0.005));
}

TEST_CASE("steps and calls have masks of their own, the same ones repeat", "[nn]") {
  const auto x = torch::ones({1000});
  auto a = stream(1), b = stream(1), c = stream(2);
  const auto first = a.apply(x, 0.5);
  CHECK(first.equal(b.apply(x, 0.5)));
  CHECK_FALSE(first.equal(c.apply(x, 0.5)));
  CHECK_FALSE(first.equal(a.apply(x, 0.5)));
}

TEST_CASE("masks do not depend on the number of threads", "[nn]") {
  const auto threads = at::get_num_threads();
  const auto draw = [&](int count) {
    at::set_num_threads(count);
    auto source = stream(4);
    return source.apply(torch::ones({100003}), 0.1);
  };
  const auto one = draw(1), two = draw(2);
  at::set_num_threads(threads);
  CHECK(one.equal(two));
}

TEST_CASE("dropout of what ReLU leaves is both in one, with its gradient, to the bit", "[nn]") {
  for (const double p : {0.0, 0.3}) {
    for (const std::int64_t count : {1, 63, 64, 1000}) {
      const auto x = torch::randn({count}).requires_grad_();
      const auto weights = torch::randn({count});
      auto one = stream(1), two = stream(1);
      const auto plain = one.apply(x.relu(), p);
      plain.dot(weights).backward();
      const auto expected = x.grad().clone();
      x.mutable_grad() = at::Tensor();
      const auto both = relu_dropout(x * 1.0, two, p);
      both.dot(weights).backward();
      CHECK(both.equal(plain));
      CHECK(x.grad().equal(expected));
      // The streams have gone on alike.
      CHECK(one.apply(torch::ones({64}), 0.5).equal(two.apply(torch::ones({64}), 0.5)));
    }
  }
}

TEST_CASE("evaluation and p = 0 leave the input as it is", "[nn]") {
  const auto x = torch::rand({10});
  DropoutStream off;
  CHECK(off.apply(x, 0.5).is_same(x));
  auto on = stream(1);
  CHECK(on.apply(x, 0.0).is_same(x));
}
