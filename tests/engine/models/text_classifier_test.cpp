// SPDX-License-Identifier: Apache-2.0
// The Transformer on whole texts: a class or a value from the pooled states.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/base/json.h"
#include "core/schema/model_inputs.h"
#include "engine/checkpoint/weights.h"
#include "engine/models/transformer.h"
#include "engine/one_thread.h"
#include "engine/optim/optimizer.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;

namespace {

using Text = std::vector<std::int64_t>;

constexpr std::int64_t kVocabulary = 32;

TransformerConfig small_config(Pooling pooling) {
  TransformerConfig config;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.width = 32;
  config.context = 24;
  config.pooling = pooling;
  return config;
}

ModelShape text_shape(std::int64_t outputs, std::int64_t vocabulary = kVocabulary) {
  ModelShape shape;
  shape.outputs = outputs;
  shape.vocabulary = vocabulary;
  return shape;
}

// Weights so large that every token has a say in what comes out.
Transformer small_model(Pooling pooling, std::int64_t outputs = 3) {
  Transformer model(small_config(pooling), text_shape(outputs), RandomStream(3, "init"));
  const torch::NoGradGuard guard;
  for (auto& parameter : model.parameters()) {
    if (decays(parameter)) parameter.mul_(10.0);
  }
  return model;
}

// Rows that end in padding, of the longest text's length and `more`.
at::Tensor padded(const std::vector<Text>& texts, std::int64_t more = 0) {
  std::size_t longest = 0;
  for (const auto& text : texts) longest = std::max(longest, text.size());
  const auto rows = static_cast<std::int64_t>(texts.size());
  auto ids = at::full({rows, static_cast<std::int64_t>(longest) + more}, ModelInputs::kPadding,
                      torch::kInt64);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto& text = texts[static_cast<std::size_t>(row)];
    std::copy(text.begin(), text.end(), ids[row].data_ptr<std::int64_t>());
  }
  return ids;
}

at::Tensor forward(Transformer& model, const at::Tensor& ids) {
  DropoutStream off;
  return model.forward({.dense = {}, .indices = ids}, off);
}

const std::vector<Text> kTexts = {{5, 9, 1, 30, 2, 2, 7}, {4}, {8, 3, 0}, {31, 6, 6, 12, 19}};
constexpr Pooling kBoth[] = {Pooling::last, Pooling::mean};

}  // namespace

TEST_CASE("classes equal those of Hugging Face LlamaForSequenceClassification", "[models]") {
  const auto expected = parse_json_file(test::source_dir() + "/tests/golden/llama/classifier.json",
                                        ErrorKind::failed);
  const auto ids = padded(expected.at("texts").get<std::vector<Text>>());
  for (const auto pooling : kBoth) {
    TransformerConfig config;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.width = 16;
    config.ffn_width = 24;
    config.context = 16;
    config.pooling = pooling;
    Transformer model(config, text_shape(3, 19), RandomStream(0, "init"));
    const torch::NoGradGuard guard;
    double number = 0.0;
    for (auto& [name, tensor] : module_state(model)) {  // in the order of their names
      const auto place = torch::arange(tensor.numel(), torch::kFloat64);
      const auto wave = 0.3 * torch::sin(1.7 * place + 0.9 * number++);
      const double first = decays(tensor) ? 0.0 : 1.0;
      at::Tensor(tensor).copy_((wave + first).view_as(tensor));
    }
    const auto wanted = torch::tensor(
        expected.at(pooling == Pooling::last ? "last" : "mean").get<std::vector<float>>());
    CHECK(forward(model, ids).flatten().allclose(wanted, 1e-5, 1e-5));
  }
}

TEST_CASE("a model of whole texts has a score layer and no head of tokens", "[models]") {
  for (const bool tied : {true, false}) {
    auto config = small_config(Pooling::last);
    config.layers = 1;
    config.tie_embeddings = tied;
    Transformer model(config, text_shape(3), RandomStream(0, "init"));
    CHECK_FALSE(model.language_model());
    std::vector<std::string> names;
    for (const auto& [name, tensor] : module_state(model)) names.push_back(name);
    CHECK(names ==
          std::vector<std::string>{
              "model.embed_tokens.weight", "model.layers.0.input_layernorm.weight",
              "model.layers.0.mlp.down_proj.weight", "model.layers.0.mlp.gate_proj.weight",
              "model.layers.0.mlp.up_proj.weight", "model.layers.0.post_attention_layernorm.weight",
              "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.o_proj.weight",
              "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.v_proj.weight",
              "model.norm.weight", "score.weight"});
    CHECK(module_state(model).at("score.weight").sizes() == std::vector<std::int64_t>{3, 32});
  }
}

TEST_CASE("the score layer is drawn as the other matrices are", "[models]") {
  TransformerConfig config;
  config.layers = 1;
  config.heads = 2;
  config.width = 256;
  Transformer model(config, text_shape(100, 5), RandomStream(1, "init"));
  const auto score = module_state(model).at("score.weight");
  CHECK(std::abs(score.std().item<double>() - 0.02) < 0.0005);
  CHECK(std::abs(score.mean().item<double>()) < 0.0005);
}

TEST_CASE("each text has one row of answers, for classes and for values", "[models]") {
  for (const auto pooling : kBoth) {
    for (const std::int64_t outputs : {1, 2, 7}) {
      auto model = small_model(pooling, outputs);
      for (const auto& texts : {kTexts, std::vector<Text>{{3}}}) {
        CHECK(forward(model, padded(texts)).sizes() ==
              std::vector<std::int64_t>{static_cast<std::int64_t>(texts.size()), outputs});
      }
    }
  }
}

TEST_CASE("pooling reads the last token, or all tokens alike, and never padding", "[models]") {
  const auto ids = padded({{7, 0, 3, 5}, {2}, {}, {6, 4}});
  const auto last =
      torch::tensor({{0., 0., 0., 1.}, {1., 0., 0., 0.}, {0., 0., 0., 0.}, {0., 1., 0., 0.}});
  const auto mean =
      torch::tensor({{.25, .25, .25, .25}, {1., 0., 0., 0.}, {0., 0., 0., 0.}, {.5, .5, 0., 0.}});
  CHECK(pooling_weights(ids, Pooling::last).equal(last.to(torch::kFloat)));
  CHECK(pooling_weights(ids, Pooling::mean).equal(mean.to(torch::kFloat)));
}

// A language model whose head is the identity gives the states themselves.
TEST_CASE("an answer is the score layer on the pooled states", "[models]") {
  const torch::NoGradGuard guard;
  for (const auto pooling : kBoth) {
    auto model = small_model(pooling);
    auto untied = small_config(pooling);
    untied.tie_embeddings = false;
    Transformer states(untied, text_shape(kVocabulary, 0), RandomStream(9, "init"));
    auto weights = module_state(model);
    const auto score = weights.at("score.weight");
    weights.erase("score.weight");
    weights["lm_head.weight"] = torch::eye(kVocabulary);
    load_state(states, weights, "test");
    const auto answers = forward(model, padded(kTexts));
    for (std::size_t row = 0; row < kTexts.size(); ++row) {
      const auto alone = forward(states, padded({kTexts[row]}))[0];  // (T, C)
      const auto pooled = pooling == Pooling::last ? alone[-1] : alone.mean(0);
      CHECK(answers[static_cast<std::int64_t>(row)].allclose(score.mv(pooled), 1e-5, 1e-5));
    }
  }
}

TEST_CASE("an answer does not depend on the padding or the texts beside it", "[models]") {
  const torch::NoGradGuard guard;
  for (const auto pooling : kBoth) {
    auto model = small_model(pooling);
    const auto together = forward(model, padded(kTexts));
    for (const std::int64_t more : {1, 5, 17}) {  // 17 ends at the context
      CHECK(forward(model, padded(kTexts, more)).allclose(together, 1e-5, 1e-5));
    }
    for (std::size_t row = 0; row < kTexts.size(); ++row) {
      const auto alone = forward(model, padded({kTexts[row]}));
      CHECK(alone[0].allclose(together[static_cast<std::int64_t>(row)], 1e-5, 1e-5));
    }
    CHECK_FALSE(together[0].allclose(together[1], 1e-2, 1e-2));
  }
}

TEST_CASE("the mean hears every token, and so does the last state", "[models]") {
  const torch::NoGradGuard guard;
  for (const auto pooling : kBoth) {
    auto model = small_model(pooling);
    const auto before = forward(model, padded(kTexts))[0];
    for (std::size_t place = 0; place < kTexts[0].size(); ++place) {
      auto texts = kTexts;
      texts[0][place] = 17;
      CHECK_FALSE(forward(model, padded(texts))[0].allclose(before, 1e-3, 1e-3));
    }
  }
}

TEST_CASE("a text without tokens has the answer 0", "[models]") {
  for (const auto pooling : kBoth) {
    auto model = small_model(pooling);
    const auto some = forward(model, padded({{}, {4, 5}, {}}));
    CHECK(some[0].equal(torch::zeros(3)));
    CHECK(some[2].equal(torch::zeros(3)));
    CHECK(some[1].allclose(forward(model, padded({{4, 5}}))[0], 1e-5, 1e-5));
    const auto none = forward(model, padded({{}, {}}, 1));
    CHECK(none.equal(torch::zeros({2, 3})));
    none.sum().backward();
    for (const auto& parameter : model.parameters()) {
      CHECK(parameter.grad().isfinite().all().item<bool>());
    }
  }
}

TEST_CASE("every weight learns, and padding teaches nothing", "[models]") {
  for (const auto pooling : kBoth) {
    auto model = small_model(pooling);
    const auto gradients = [&](const at::Tensor& ids) {
      model.zero_grad();
      forward(model, ids).square().sum().backward();
      TensorMap map;
      for (const auto& item : model.named_parameters()) {
        map[item.key()] = item.value().grad().clone();
      }
      return map;
    };
    const auto short_rows = gradients(padded(kTexts));
    const auto long_rows = gradients(padded(kTexts, 9));
    for (const auto& [name, gradient] : short_rows) {
      INFO(name);
      CHECK(gradient.abs().max().item<double>() > 0.0);
      CHECK(gradient.allclose(long_rows.at(name), 1e-3, 1e-3));
    }
    // Token 10 is in no text.
    CHECK(short_rows.at("model.embed_tokens.weight")[10].equal(torch::zeros(32)));
  }
}

TEST_CASE("only a language model goes on from a text", "[models]") {
  auto model = small_model(Pooling::last);
  KvCache cache;
  CHECK_THROWS_WITH(model.step(padded({{1, 2}}), cache),
                    CANDOR_CONTAINS("only a language model goes on from a text"));
  CHECK(Transformer(small_config(Pooling::last), text_shape(5, 0), RandomStream(0, "init"))
            .language_model());
}

namespace {

// Texts of 1 to 10 of 8 tokens, and whether token 3 is among them.
struct Task {
  at::Tensor ids, target;
};

Task draw_task(std::uint64_t number, std::int64_t rows) {
  const auto stream = RandomStream(11, "texts").at(number);
  std::uint64_t position = 0;
  const auto below = [&](std::uint64_t bound) {
    return static_cast<std::int64_t>(stream.below(position++, bound));
  };
  std::vector<Text> texts(static_cast<std::size_t>(rows));
  std::vector<std::int64_t> target;
  for (auto& text : texts) {
    text.resize(static_cast<std::size_t>(1 + below(10)));
    for (auto& token : text) token = below(8);
    target.push_back(std::count(text.begin(), text.end(), 3) > 0);
  }
  return {padded(texts), torch::tensor(target, torch::kInt64)};
}

}  // namespace

TEST_CASE("either pooling learns whether a token occurs", "[models]") {
  const test::OneThread one_thread;
  for (const auto pooling : kBoth) {
    TransformerConfig config;
    config.layers = 1;
    config.heads = 2;
    config.width = 16;
    config.context = 16;
    config.pooling = pooling;
    Transformer model(config, text_shape(2, 8), RandomStream(2, "init"));
    Optimizer optimizer(model, AdamWConfig{});
    for (std::uint64_t step = 0; step < 300; ++step) {
      const auto task = draw_task(step, 32);
      optimizer.zero_gradients();
      at::cross_entropy_loss(forward(model, task.ids), task.target).backward();
      const torch::NoGradGuard guard;
      optimizer.step(0.01);
    }
    const torch::NoGradGuard guard;
    const auto task = draw_task(1000, 400);
    const auto right = forward(model, task.ids).argmax(1).eq(task.target);
    CHECK(right.to(torch::kDouble).mean().item<double>() > 0.95);
    CHECK(task.target.to(torch::kDouble).mean().item<double>() < 0.7);  // no class is all
  }
}
