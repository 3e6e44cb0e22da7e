// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <cmath>

#include "engine/evaluate/score_pairs.h"
#include "engine/models/model.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// An untrained model of the characters "\n", "a", "b", "c" and the unknown one, with weights large
// enough that what it says depends on all that it has read.
ModelFiles model_of_letters(std::int64_t context) {
  TransformerConfig config;
  config.layers = 1;
  config.heads = 2;
  config.width = 16;
  config.context = context;
  TextHost host{train_tokenizer({}, "\nabc"), context};
  ModelFiles files;
  files.name = "letters";
  files.preprocessor = std::make_shared<const Preprocessor>(std::move(host), make_text_stage());
  files.network = std::make_shared<Network>(
      files.preprocessor->stage(),
      make_model(config, model_shape(*files.preprocessor, TextData{}), RandomStream(7, "init")));
  const torch::NoGradGuard guard;
  for (auto& parameter : files.network->model().parameters()) {
    if (decays(parameter)) parameter.mul_(10.0);
  }
  return files;
}

PairScore score(const ModelFiles& model, const std::string& first, const std::string& second) {
  return score_pairs(model, at::kCPU, {{first, second, "", "pairs.csv:2"}}).front();
}

}  // namespace

TEST_CASE("the probabilities of all texts of one length add up to one", "[predict]") {
  const auto model = model_of_letters(8);
  const std::string letters[] = {"\n", "a", "b", "c", "?"};  // the last is unknown
  double sum = 0.0;
  for (const auto& first : letters) {
    for (const auto& second : letters) {
      sum += std::exp(score(model, first + second, "a").first);
    }
  }
  CHECK(sum == Approx(1.0).margin(1e-5));
}

TEST_CASE("a pair has the same scores alone and among others, in either order", "[predict]") {
  const auto model = model_of_letters(8);
  const auto forward = score(model, "abc", "cab");
  const auto backward = score(model, "cab", "abc");
  CHECK(forward.first == backward.second);
  CHECK(forward.second == backward.first);
  CHECK(forward.first != forward.second);
}

TEST_CASE("a text of a pair fits the context", "[predict]") {
  const auto model = model_of_letters(4);
  CHECK_NOTHROW(score(model, "abc", "ab"));
  const auto error = test::error_of([&] { score(model, "ab", "abca"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "pairs.csv:2: a text of the pair has 4 tokens, but the model's context is 4, and a line "
        "break goes before it; shorten the text");
}
