// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <map>

#include "core/base/random.h"
#include "engine/predict/text_generation.h"
#include "support/catch.h"

using namespace candor;

namespace {

at::Tensor logits() { return torch::tensor({0.5f, 2.0f, 1.0f, -1.0f}); }

std::map<std::int64_t, int> draw(const GenerateOptions& options, int count) {
  const RandomStream random(5, "sample");
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < count; ++i) {
    ++counts[sample_token(logits(), options, random.uniform(static_cast<std::uint64_t>(i)))];
  }
  return counts;
}

}  // namespace

TEST_CASE("temperature 0 takes the most probable token", "[predict]") {
  GenerateOptions options;
  options.temperature = 0.0;
  CHECK(sample_token(logits(), options, 0.999) == 1);
}

TEST_CASE("tokens are drawn with the softmax's frequencies", "[predict]") {
  const auto counts = draw({}, 20000);
  const auto p = logits().softmax(0);
  for (std::int64_t i = 0; i < 4; ++i) {
    CHECK(counts.at(i) / 20000.0 == Approx(p[i].item<double>()).margin(0.015));
  }
}

TEST_CASE("top-k and top-p leave only the most probable tokens", "[predict]") {
  GenerateOptions options;
  options.top_k = 2;
  auto counts = draw(options, 2000);
  CHECK(counts.size() == 2);
  CHECK(counts.contains(1));
  CHECK(counts.contains(2));
  options.top_k.reset();
  options.top_p = 0.5;  // the first token alone has 0.6
  counts = draw(options, 200);
  CHECK(counts.size() == 1);
}

TEST_CASE("the last token is reachable and numbers near 1 stay in range", "[predict]") {
  CHECK(sample_token(logits(), {}, 0.0) == 0);
  CHECK(sample_token(logits(), {}, std::nextafter(1.0, 0.0)) == 3);
}
