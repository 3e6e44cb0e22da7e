// SPDX-License-Identifier: Apache-2.0
#include "engine/models/transformer.h"

#include <torch/torch.h>

#include "core/base/json.h"
#include "engine/checkpoint/weights.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;

namespace {

TransformerConfig small_config() {
  TransformerConfig config;
  config.layers = 2;
  config.heads = 4;
  config.width = 32;
  config.context = 24;
  return config;
}

ModelShape language(std::int64_t vocabulary) {
  ModelShape shape;
  shape.outputs = vocabulary;
  return shape;
}

at::Tensor forward(Transformer& model, const at::Tensor& ids) {
  DropoutStream off;
  return model.forward({{}, ids}, off);
}

at::Tensor some_ids(std::int64_t rows, std::int64_t length, std::int64_t vocabulary) {
  return (torch::arange(rows * length, torch::kInt64) * 7 % vocabulary).view({rows, length});
}

}  // namespace

TEST_CASE("logits equal those of Hugging Face LlamaForCausalLM with its weights", "[models]") {
  const std::string folder = test::source_dir() + "/tests/golden/llama/";
  const auto expected = parse_json_file(folder + "expected.json", ErrorKind::failed);
  for (const std::string name : {"tied", "grouped"}) {
    const auto& fixture = expected.at(name);
    TransformerConfig config;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = fixture["kv_heads"].get<std::int64_t>();
    config.width = 16;
    config.ffn_width = 24;
    config.context = 16;
    config.tie_embeddings = fixture["tied"].get<bool>();
    Transformer model(config, language(23), RandomStream(0, "init"));
    load_state(model, load_tensors(folder + name + ".safetensors"), name);
    const auto ids = torch::tensor(fixture["ids"].get<std::vector<std::vector<std::int64_t>>>()[0],
                                   torch::kInt64);
    const auto other = torch::tensor(
        fixture["ids"].get<std::vector<std::vector<std::int64_t>>>()[1], torch::kInt64);
    const auto logits = forward(model, at::stack({ids, other}));
    const auto wanted = torch::tensor(fixture["logits"].get<std::vector<float>>());
    CHECK(logits.flatten().allclose(wanted, 1e-5, 1e-5));
  }
}

TEST_CASE("weights have the names of Hugging Face", "[models]") {
  auto config = small_config();
  config.layers = 1;
  config.tie_embeddings = false;
  Transformer model(config, language(10), RandomStream(0, "init"));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module_state(model)) names.push_back(name);
  CHECK(names ==
        std::vector<std::string>{
            "lm_head.weight", "model.embed_tokens.weight", "model.layers.0.input_layernorm.weight",
            "model.layers.0.mlp.down_proj.weight", "model.layers.0.mlp.gate_proj.weight",
            "model.layers.0.mlp.up_proj.weight", "model.layers.0.post_attention_layernorm.weight",
            "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.o_proj.weight",
            "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.v_proj.weight",
            "model.norm.weight"});
}

TEST_CASE("the cached steps give the logits of the whole forward", "[models]") {
  auto config = small_config();
  config.kv_heads = 2;
  Transformer model(config, language(50), RandomStream(3, "init"));
  const auto ids = some_ids(2, 12, 50);
  const torch::NoGradGuard guard;
  const auto whole = forward(model, ids);
  KvCache cache;
  auto logits = model.step(ids.slice(1, 0, 5), cache);
  CHECK(logits.allclose(whole.select(1, 4), 1e-5, 1e-5));
  for (std::int64_t t = 5; t < 12; ++t) {
    logits = model.step(ids.slice(1, t, t + 1), cache);
    CHECK(logits.allclose(whole.select(1, t), 1e-5, 1e-5));
  }
  CHECK(cache.length == 12);
}

TEST_CASE("no position sees a later token", "[models]") {
  Transformer model(small_config(), language(50), RandomStream(3, "init"));
  const torch::NoGradGuard guard;
  const auto ids = some_ids(1, 10, 50);
  auto changed = ids.clone();
  changed[0][9] = (changed[0][9] + 1) % 50;
  const auto a = forward(model, ids), b = forward(model, changed);
  CHECK(a.slice(1, 0, 9).equal(b.slice(1, 0, 9)));
  CHECK_FALSE(a.select(1, 9).equal(b.select(1, 9)));
}

TEST_CASE("the feed-forward width is 8/3 of the width, rounded up to 32", "[models]") {
  TransformerConfig config;
  config.width = 128;
  CHECK(feed_forward_width(config) == 352);
  config.width = 96;
  CHECK(feed_forward_width(config) == 256);
  config.ffn_width = 100;
  CHECK(feed_forward_width(config) == 100);
}

TEST_CASE("a token sees no token of another segment", "[models]") {
  Transformer model(small_config(), language(40), RandomStream(3, "init"));
  const torch::NoGradGuard no_gradients;
  const auto ids = some_ids(2, 20, 40);
  auto segments = torch::zeros_like(ids);
  segments.index_put_({0, torch::indexing::Slice(7, torch::indexing::None)}, 1);
  segments.index_put_({0, torch::indexing::Slice(12, torch::indexing::None)}, 2);
  const auto packed_logits = [&](const at::Tensor& of) {
    DropoutStream off;
    return model.forward({.dense = {}, .indices = of, .segments = segments}, off);
  };
  const auto packed = packed_logits(ids);
  // Each piece has the logits that it has alone: its place in the window does not matter.
  for (const auto& [begin, end] : {std::pair{0, 7}, std::pair{7, 12}, std::pair{12, 20}}) {
    const auto alone = forward(model, ids.slice(0, 0, 1).slice(1, begin, end));
    CHECK(packed.slice(0, 0, 1).slice(1, begin, end).allclose(alone, 1e-4, 1e-5));
  }
  CHECK(packed[1].allclose(forward(model, ids)[1], 1e-4, 1e-5));
  // Another first document leaves not a bit of the others changed.
  auto other = ids.clone();
  other.index_put_({0, torch::indexing::Slice(0, 7)}, 1);
  const auto changed = packed_logits(other);
  CHECK(changed.slice(1, 7).equal(packed.slice(1, 7)));
  CHECK_FALSE(changed.equal(packed));
  CHECK_FALSE(forward(model, other)[0].slice(0, 7).allclose(forward(model, ids)[0].slice(0, 7)));
}

namespace {

TransformerConfig with_all_options() {
  auto config = small_config();
  config.qk_norm = true;
  config.feed_forward = FeedForward::relu_squared;
  config.logit_softcap = 2.0;
  config.value_residual = true;
  config.layers = 3;
  return config;
}

}  // namespace

TEST_CASE("with every option the cached steps give the logits of the whole forward", "[models]") {
  auto config = with_all_options();
  config.kv_heads = 2;
  Transformer model(config, language(50), RandomStream(3, "init"));
  const auto ids = some_ids(2, 9, 50);
  const torch::NoGradGuard guard;
  const auto whole = forward(model, ids);
  KvCache cache;
  CHECK(model.step(ids.slice(1, 0, 5), cache).allclose(whole.select(1, 4), 1e-5, 1e-5));
  for (std::int64_t t = 5; t < 9; ++t) {
    const auto logits = model.step(ids.slice(1, t, t + 1), cache);
    CHECK(logits.allclose(whole.select(1, t), 1e-5, 1e-5));
  }
}

TEST_CASE("options add parameters of their own and leave the rest", "[models]") {
  Transformer model(with_all_options(), language(10), RandomStream(0, "init"));
  const auto state = module_state(model);
  CHECK(state.contains("model.layers.0.self_attn.q_norm.weight"));
  CHECK(state.at("model.layers.0.self_attn.k_norm.weight").sizes() == at::IntArrayRef{8});
  CHECK_FALSE(state.contains("model.layers.0.self_attn.value_mix.weight"));
  CHECK(state.contains("model.layers.1.self_attn.value_mix.weight"));
  CHECK_FALSE(state.contains("model.layers.0.mlp.gate_proj.weight"));
  CHECK(state.at("model.layers.0.mlp.up_proj.weight").size(0) == 4 * 32);
}

TEST_CASE("capped logits stay below the cap and keep their order", "[models]") {
  auto config = small_config();
  Transformer plain(config, language(20), RandomStream(1, "init"));
  config.logit_softcap = 0.01;
  Transformer capped(config, language(20), RandomStream(1, "init"));
  const auto ids = some_ids(1, 6, 20);
  const torch::NoGradGuard guard;
  const auto logits = forward(plain, ids), low = forward(capped, ids);
  CHECK(low.abs().max().item<float>() <= 0.01f);
  CHECK(low.allclose(0.01 * (logits / 0.01).tanh(), 1e-5, 1e-7));
}

TEST_CASE("training and evaluation compute the same, whatever lies beside in memory", "[models]") {
  // Weights one after the other in one buffer take the joined products, a loaded model the single
  // ones.
  auto config = small_config();
  Transformer model(config, language(30), RandomStream(2, "init"));
  const auto ids = some_ids(2, 10, 30);
  const auto before = forward(model, ids).detach();
  std::int64_t total = 0;
  for (const auto& parameter : model.parameters()) total += parameter.numel();
  const auto buffer = torch::empty({total});
  std::int64_t offset = 0;
  for (auto parameter : model.parameters()) {
    auto view = buffer.slice(0, offset, offset + parameter.numel()).view(parameter.sizes());
    view.copy_(parameter.detach());
    parameter.set_data(view);
    offset += parameter.numel();
  }
  CHECK(forward(model, ids).allclose(before, 1e-5, 1e-6));
}

TEST_CASE("stochastic depth drops whole rows in training only", "[models]") {
  auto config = small_config();
  config.layers = 1;
  config.stochastic_depth = 0.9;
  Transformer model(config, language(20), RandomStream(1, "init"));
  const auto ids = some_ids(1, 6, 20).expand({32, 6}).contiguous();
  const torch::NoGradGuard guard;
  DropoutStream stream(RandomStream(5, "dropout"));
  const auto trained = model.forward({{}, ids}, stream);
  const auto rows = std::get<0>(at::unique_dim(trained.flatten(1), 0));
  // Attention kept or not, feed-forward kept or not.
  CHECK(rows.size(0) >= 2);
  CHECK(rows.size(0) <= 4);
  CHECK(std::get<0>(at::unique_dim(forward(model, ids).flatten(1), 0)).size(0) == 1);
}

TEST_CASE("layers that are computed again have the same loss and gradients up to rounding",
          "[models]") {
  for (const bool options : {false, true}) {
    auto config = options ? with_all_options() : small_config();
    config.dropout = 0.3;
    config.stochastic_depth = 0.2;
    Transformer kept(config, language(20), RandomStream(1, "init"));
    Transformer again(config, language(20), RandomStream(1, "init"));
    again.set_recomputing(true);
    const auto ids = some_ids(3, 8, 20);
    const auto loss = [&](Transformer& model) {
      DropoutStream dropout(RandomStream(4, "dropout"));
      const auto result = model.forward({{}, ids}, dropout).square().mean();
      result.backward();
      return result.item<double>();
    };
    CHECK(loss(kept) == Approx(loss(again)).epsilon(1e-5));
    const auto names = kept.named_parameters(), others = again.named_parameters();
    for (const auto& item : names) {
      const auto& other = others[item.key()];
      CHECK(item.value().grad().allclose(other.grad(), 1e-4, 1e-7));
    }
  }
}
