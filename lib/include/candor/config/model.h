// SPDX-License-Identifier: Apache-2.0
// The three families of models. A part of config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace candor {

enum class Activation { relu, gelu, silu, tanh };
enum class Norm { none, batch, layer };

struct MlpConfig {
  static constexpr const char* kType = "mlp";
  std::vector<std::int64_t> hidden = {256, 128};
  Activation activation = Activation::relu;
  double dropout = 0.0;
  Norm norm = Norm::none;
};

enum class Pooling { last, mean };

// Llama family: RMSNorm, rotary embedding, SwiGLU, grouped-query attention.
struct TransformerConfig {
  static constexpr const char* kType = "transformer";
  std::int64_t layers = 4;
  std::int64_t heads = 4;
  std::optional<std::int64_t> kv_heads;  // empty: as many as heads
  std::int64_t width = 128;
  std::optional<std::int64_t> ffn_width;  // empty: 8/3 width, rounded up to a multiple of 32
  std::int64_t context = 64;              // tokens
  double dropout = 0.0;
  double rope_theta = 10000.0;
  double norm_eps = 1e-5;
  bool tie_embeddings = true;
  // Classification and regression: what the answer is read from; the hidden state of the last
  // token, or the mean of all.
  Pooling pooling = Pooling::last;
};

enum class Block { automatic, basic, bottleneck };
enum class Stem { small, imagenet };

struct ResNetConfig {
  static constexpr const char* kType = "resnet";
  std::optional<std::int64_t> depth;  // 18, 34 or 50; empty: 18, unless blocks is given
  std::optional<std::vector<std::int64_t>>
      blocks;                      // blocks per stage, 1 to 6 stages; excludes depth
  Block block = Block::automatic;  // automatic: bottleneck at depth 50, else basic
  std::int64_t width = 64;         // channels of the first stage
  Stem stem = Stem::imagenet;      // small: 3x3 stride 1, no pooling
};

using ModelConfig = std::variant<MlpConfig, TransformerConfig, ResNetConfig>;

}  // namespace candor
