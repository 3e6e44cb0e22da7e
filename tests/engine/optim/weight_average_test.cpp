// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/weight_average.h"

#include <torch/torch.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Weights as a module has them: contiguous and channels-last ones, statistics, a count.
WeightAverage::Tensors tensors() {
  return {{"big", torch::sin(torch::arange(40000)).view({200, 200})},
          {"conv", torch::cos(torch::arange(8 * 3 * 9))
                       .view({8, 3, 3, 3})
                       .contiguous(at::MemoryFormat::ChannelsLast)},
          {"running_mean", torch::linspace(-1, 1, 5)},
          {"count", torch::zeros({}, torch::kInt64)}};
}

void move(WeightAverage::Tensors& live, int step) {
  for (auto& [name, tensor] : live) {
    if (tensor.is_floating_point()) {
      tensor.mul_(0.9).add_(0.1 * step);
    } else {
      tensor.add_(1);
    }
  }
}

WeightAverage::Tensors copies(const WeightAverage::Tensors& tensors) {
  WeightAverage::Tensors all;
  for (const auto& [name, tensor] : tensors) all[name] = tensor.clone();
  return all;
}

bool equal(const WeightAverage::Tensors& a, const WeightAverage::Tensors& b) {
  for (const auto& [name, tensor] : a) {
    if (!tensor.equal(b.at(name))) return false;
  }
  return a.size() == b.size();
}

}  // namespace

TEST_CASE("an average keeps `decay` of itself, less in its first updates", "[optim]") {
  for (const bool warmup : {true, false}) {
    auto live = tensors();
    WeightAverage average(live, {0.9, warmup});
    CHECK(equal(average.state(), live));
    auto expected = copies(live);
    for (int update = 1; update <= 100; ++update) {
      move(live, update % 7);
      average.update(update);
      const double most = (1.0 + update) / (10.0 + update);
      const double decay = warmup ? std::min(0.9, most) : 0.9;
      for (auto& [name, tensor] : expected) {
        if (!tensor.is_floating_point()) continue;
        tensor.mul_(decay).add_(live.at(name), 1.0 - decay);
      }
    }
    for (const auto& [name, tensor] : average.state()) {
      INFO(name);
      if (name == "count") {
        CHECK(tensor.item<std::int64_t>() == 100);  // copied
      } else {
        CHECK(tensor.allclose(expected.at(name), 1e-4, 1e-5));
      }
    }
    CHECK(average.state().at("conv").is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST_CASE("the average stands in for the weights, which come back bit by bit", "[optim]") {
  auto live = tensors();
  WeightAverage average(live, {});
  move(live, 3);
  average.update(1);
  const auto weights = copies(live), averages = copies(average.state());
  REQUIRE_FALSE(equal(weights, averages));
  {
    const WeightAverage::InPlace in(average);
    CHECK(equal(live, averages));
    CHECK_THROWS(average.update(2));
    CHECK_THROWS(average.state());
    CHECK_THROWS(WeightAverage::InPlace(average));
  }
  CHECK(equal(live, weights));
  CHECK(equal(average.state(), averages));
}

TEST_CASE("a saved average goes on bit by bit", "[optim]") {
  const auto run = [](int before, int after) {
    auto live = tensors();
    auto average = std::make_unique<WeightAverage>(live, EmaConfig{});
    for (int update = 1; update <= before + after; ++update) {
      move(live, update);
      average->update(update);
      if (update != before) continue;
      const auto saved = copies(average->state());
      average = std::make_unique<WeightAverage>(live, EmaConfig{});
      average->load_state(saved, "average.safetensors");
    }
    return copies(average->state());
  };
  CHECK(equal(run(0, 9), run(4, 5)));
}

TEST_CASE("an average of another model is refused", "[optim]") {
  WeightAverage average(tensors(), {});
  const auto fault = [&](const std::function<void(WeightAverage::Tensors&)>& change) {
    auto state = copies(average.state());
    change(state);
    const auto error = test::error_of([&] { average.load_state(state, "a.safetensors"); });
    return error && error->kind() == ErrorKind::model ? std::string(error->what()) : "";
  };
  CHECK(fault([](auto& state) { state.erase("big"); }) ==
        "a.safetensors: tensor 'big' is missing or has another shape or type than the model");
  CHECK(fault([](auto& state) {
          state["conv"] = torch::zeros({8, 3, 3});
        }) ==
        "a.safetensors: tensor 'conv' is missing or has another shape or type than the model");
  CHECK(fault([](auto& state) { state["more"] = torch::zeros({1}); }) ==
        "a.safetensors: has tensors that the model does not have");
  CHECK(fault([](auto&) {}).empty());
}
