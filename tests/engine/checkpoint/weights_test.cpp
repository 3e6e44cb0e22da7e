// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/weights.h"

#include <torch/torch.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

TEST_CASE("a module's parameters and buffers survive the file bit by bit", "[checkpoint]") {
  const test::TempDir folder;
  torch::nn::BatchNorm2d norm(4), other(4);
  norm->running_mean.normal_();
  norm->weight.data().normal_();
  save_tensors(folder / "w.safetensors", module_state(*norm));
  load_state(*other, load_tensors(folder / "w.safetensors"), "w.safetensors");
  CHECK(other->running_mean.equal(norm->running_mean));
  CHECK(other->weight.equal(norm->weight));
  CHECK(other->num_batches_tracked.equal(norm->num_batches_tracked));
}

TEST_CASE("strided tensors are stored in their logical order", "[checkpoint]") {
  const test::TempDir folder;
  const auto transposed = torch::arange(6, torch::kFloat32).view({2, 3}).t();
  save_tensors(folder / "t.safetensors", {{"t", transposed}});
  CHECK(load_tensors(folder / "t.safetensors").at("t").equal(transposed));
}

TEST_CASE("weights of another architecture are refused by name and shape", "[checkpoint]") {
  torch::nn::Linear linear(3, 2);
  const auto text_of = [&](const TensorMap& tensors) {
    return std::string(
        test::error_of([&] { load_state(*linear, tensors, "model.safetensors"); })->what());
  };
  auto tensors = module_state(*linear);
  tensors["weight"] = torch::zeros({2, 4});
  CHECK(
      text_of(tensors) ==
      "model.safetensors: tensor 'weight' is [2, 4] float32, expected [2, 3] float32; the file is "
      "not of this architecture");
  tensors.erase("weight");
  CHECK(text_of(tensors) ==
        "model.safetensors: tensor 'weight' is missing; the file is not of this architecture");
  tensors["extra"] = torch::zeros({1});
  CHECK(text_of(tensors) ==
        "model.safetensors: unexpected tensor 'extra'; the file is not of this architecture");
}
