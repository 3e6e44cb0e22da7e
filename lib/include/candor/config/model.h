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

// full: every layer has adapters of each member (TabM); mini: only the first one's inputs do
// (TabM-mini). Gorishniy et al. 2025, section 3.
enum class EnsembleKind { full, mini };

// Members that share their weight matrices, trained together; the answer is their mean.
struct EnsembleConfig {
  std::int64_t members = 32;
  EnsembleKind kind = EnsembleKind::full;
};

struct MlpConfig {
  static constexpr const char* kType = "mlp";
  std::vector<std::int64_t> hidden = {256, 128};
  Activation activation = Activation::relu;
  double dropout = 0.0;
  Norm norm = Norm::none;
  bool residual = false;  // a hidden layer adds its input where the widths are equal
  std::optional<EnsembleConfig> ensemble;
};

enum class Pooling { last, mean };
enum class FeedForward { swiglu, relu_squared };

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
  // Off, these four give what Hugging Face LlamaForCausalLM computes.
  bool qk_norm = false;  // RMSNorm of each head's queries and keys, before rotation
  FeedForward feed_forward = FeedForward::swiglu;  // relu_squared: So et al. 2021, section 3
  std::optional<double> logit_softcap;             // c tanh(logits / c); Gemma Team 2024, section 2
  bool value_residual =
      false;  // values of a layer are mixed with the first one's (Zhou et al. 2024)
  double stochastic_depth = 0.0;  // chance that a training batch's row skips the last layer
  // Classification and regression: what the answer is read from; the hidden state of the last
  // token, or the mean of all.
  Pooling pooling = Pooling::last;
};

enum class Block { automatic, basic, bottleneck };
enum class Stem { small, strided, imagenet, whitening };
enum class Downsample { strided, pooled };

struct ResNetConfig {
  static constexpr const char* kType = "resnet";
  std::optional<std::int64_t> depth;  // 18, 34 or 50; empty: 18, unless blocks is given
  std::optional<std::vector<std::int64_t>>
      blocks;                      // blocks per stage, 1 to 6 stages; excludes depth
  Block block = Block::automatic;  // automatic: bottleneck at depth 50, else basic
  std::int64_t width = 64;         // channels of the first stage
  std::optional<std::vector<std::int64_t>>
      widths;  // channels of each stage; empty: width, doubled from stage to stage
  // small, strided: 3x3 of stride 1 or 2, no pooling. whitening: fixed 2x2 filters (Jordan 2024,
  // section 3.2), and the first stage halves the image as the others do.
  Stem stem = Stem::imagenet;
  Downsample downsample = Downsample::strided;  // how a stage halves the image
  double stochastic_depth =
      0.0;              // chance that a training row skips the last block (Huang et al. 2016)
  bool mirror = false;  // answers are the mean over the image and its mirror image
  // Answers are the mean over the image (one half) and the image moved by so many pixels to the
  // upper left and to the lower right (a quarter each), what is missing mirrored at the edge
  // (Jordan 2024, section 3.5); 0: the image alone.
  std::int64_t shift = 0;
};

using ModelConfig = std::variant<MlpConfig, TransformerConfig, ResNetConfig>;

}  // namespace candor
