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
